"""The rows of every plain resource in one table; agents and numbers have tables of their own.

Keys of a body that begin with an underscore are the platform's own and never part of an answer; ``_due``
among them is the moment at which time will change the object.
"""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING, Any

from reconciler.emulator.database import counted
from reconciler.emulator.exchange import encode
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]

DUE = "_due"
NAMESPACE = uuid.UUID("6f0a4c1e-0000-4000-8000-000000000000")
_OWN_TABLES = {
    "agents": "SELECT 1 FROM agents WHERE id = ?",
    "phone_numbers": "SELECT 1 FROM phone_numbers WHERE id = ?",
    "calls": "SELECT 1 FROM calls WHERE id = ?",
}


def fresh_uuid(scene: Scene, name: str) -> str:
    """A UUID that this account never gave before; the same account gives the same ones again."""
    return str(uuid.uuid5(NAMESPACE, f"{name}/{counted(scene.database, name)}"))


def insert(scene: Scene, table: str, key: str, body: Body, parent: str = "") -> None:
    """Add a row; ``key`` is the id as text, ``parent`` is ``table/id`` of what it lives and dies with."""
    scene.database.execute(
        "INSERT INTO objects (resource, key, parent, body, due) VALUES (?, ?, ?, ?, ?)",
        (table, key, parent, encode(body), body.get(DUE)),
    )


def save(scene: Scene, table: str, key: str, body: Body) -> None:
    """Write a row back."""
    scene.database.execute(
        "UPDATE objects SET body = ?, due = ? WHERE resource = ? AND key = ?",
        (encode(body), body.get(DUE), table, key),
    )


def find(scene: Scene, table: str, key: object, parent: str | None = None) -> Body | None:
    """The row of that id, if it is here and below that parent."""
    row = scene.database.execute(
        "SELECT body, parent FROM objects WHERE resource = ? AND key = ?", (table, str(key))
    ).fetchone()
    if row is None or (parent is not None and row[1] != parent):
        return None
    found: Body = json.loads(row[0])
    return found


def every(scene: Scene, table: str, parent: str | None = None, *, newest_first: bool = False) -> list[Body]:
    """All rows, or those of one parent, in the order they were made or the reverse."""
    where, values = ("", [table]) if parent is None else (" AND parent = ?", [table, parent])
    direction = "DESC" if newest_first else "ASC"
    rows = scene.database.execute(
        f"SELECT body FROM objects WHERE resource = ?{where} ORDER BY sequence {direction}",  # noqa: S608 - own words
        values,
    )
    return [json.loads(row[0]) for row in rows]


def remove(scene: Scene, table: str, key: object) -> None:
    """Take a row away, and what lives below it."""
    scene.database.execute("DELETE FROM objects WHERE resource = ? AND key = ?", (table, str(key)))
    remove_below(scene.database, table, key)


def remove_below(database: sqlite3.Connection, table: str, key: object) -> None:
    """Take away what lives below something that is gone."""
    below = database.execute("SELECT resource, key FROM objects WHERE parent = ?", (f"{table}/{key}",)).fetchall()
    for resource, child in below:
        database.execute("DELETE FROM objects WHERE resource = ? AND key = ?", (resource, child))
        remove_below(database, resource, child)


def below(scene: Scene, parent: str) -> int:
    """How many rows live below ``table/id``."""
    return int(scene.database.execute("SELECT count(*) FROM objects WHERE parent = ?", (parent,)).fetchone()[0])


def exists(scene: Scene, table: str, key: object) -> bool:
    """Whether there is such an object, of a plain resource or of one with a table of its own."""
    if table in _OWN_TABLES:
        return scene.database.execute(_OWN_TABLES[table], (key,)).fetchone() is not None
    return find(scene, table, key) is not None


def overdue(database: sqlite3.Connection, now: datetime) -> tuple[str, str, str] | None:
    """What time changes next, as table, id and moment; None when nothing is due yet."""
    row = database.execute(
        "SELECT resource, key, due FROM objects WHERE due <= ? ORDER BY due, sequence LIMIT 1", (stamp(now),)
    ).fetchone()
    return (row[0], row[1], row[2]) if row else None


def count(database: sqlite3.Connection, table: str) -> int:
    """How many rows."""
    return int(database.execute("SELECT count(*) FROM objects WHERE resource = ?", (table,)).fetchone()[0])
