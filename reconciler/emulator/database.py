"""The whole platform in one SQLite file that several processes may share.

Every request is one ``BEGIN IMMEDIATE`` transaction, so threads and processes take turns. Durability
against a power cut is given up for speed; a killed process loses nothing that was committed.
"""

from __future__ import annotations

import json
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import encode

if TYPE_CHECKING:
    from collections.abc import Iterator

MEMORY = ":memory:"
BUSY_SECONDS = 60.0

TABLES = (
    "CREATE TABLE IF NOT EXISTS documents (key TEXT PRIMARY KEY, body TEXT NOT NULL) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS agents (id INTEGER PRIMARY KEY AUTOINCREMENT, body TEXT NOT NULL,"
        " draft TEXT NOT NULL)"
    ),
    # Which objects are attached to which agents, live.
    "CREATE TABLE IF NOT EXISTS attached (key TEXT, agent_id INTEGER, PRIMARY KEY (key, agent_id)) WITHOUT ROWID",
    (
        "CREATE TABLE IF NOT EXISTS agent_versions (id INTEGER PRIMARY KEY, agent_id INTEGER NOT NULL,"
        " body TEXT NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS versions_by_agent ON agent_versions (agent_id)",
    (
        "CREATE TABLE IF NOT EXISTS phone_numbers (id INTEGER PRIMARY KEY AUTOINCREMENT,"
        " number TEXT NOT NULL UNIQUE, body TEXT NOT NULL, carrier TEXT NOT NULL)"
    ),
    (
        "CREATE TABLE IF NOT EXISTS calls (id INTEGER PRIMARY KEY AUTOINCREMENT, idempotency_key TEXT UNIQUE,"
        " request TEXT NOT NULL, body TEXT NOT NULL, outcome TEXT NOT NULL, agent_id INTEGER,"
        " direction TEXT NOT NULL, status TEXT NOT NULL, from_number TEXT NOT NULL, to_number TEXT NOT NULL,"
        " start_time TEXT NOT NULL, is_test INTEGER NOT NULL, ends TEXT)"
    ),
    "CREATE INDEX IF NOT EXISTS calls_under_way ON calls (ends) WHERE status = 'in_progress'",
    (
        "CREATE TABLE IF NOT EXISTS transactions (id INTEGER PRIMARY KEY, kind TEXT NOT NULL,"
        " amount_cents INTEGER NOT NULL, created_at TEXT NOT NULL, body TEXT NOT NULL)"
    ),
    # Every plain resource; ``key`` is the id as text, ``due`` when time will change it.
    (
        "CREATE TABLE IF NOT EXISTS objects (sequence INTEGER PRIMARY KEY AUTOINCREMENT, resource TEXT NOT NULL,"
        " key TEXT NOT NULL, parent TEXT NOT NULL, body TEXT NOT NULL, due TEXT, UNIQUE (resource, key))"
    ),
    "CREATE INDEX IF NOT EXISTS objects_by_parent ON objects (parent) WHERE parent <> ''",
    "CREATE INDEX IF NOT EXISTS objects_by_due ON objects (due) WHERE due IS NOT NULL",
    (
        "CREATE TABLE IF NOT EXISTS deliveries (id INTEGER PRIMARY KEY AUTOINCREMENT, endpoint_id TEXT NOT NULL,"
        " source TEXT NOT NULL, event_type TEXT NOT NULL, call_id INTEGER, agent_id INTEGER, url TEXT NOT NULL,"
        " payload TEXT NOT NULL, tries INTEGER, status TEXT NOT NULL, attempts INTEGER NOT NULL,"
        " http_status INTEGER, failure_category TEXT, created TEXT NOT NULL, last_attempt TEXT, due TEXT)"
    ),
    "CREATE INDEX IF NOT EXISTS deliveries_by_due ON deliveries (due) WHERE due IS NOT NULL",
    (
        "CREATE TABLE IF NOT EXISTS campaign_contacts (id INTEGER PRIMARY KEY AUTOINCREMENT, campaign TEXT NOT NULL,"
        " phone_number TEXT NOT NULL, variables TEXT NOT NULL, status TEXT NOT NULL, attempts INTEGER NOT NULL,"
        " last_outcome TEXT NOT NULL, next_attempt TEXT, call_id INTEGER, created TEXT NOT NULL, updated TEXT NOT NULL)"
    ),
    "CREATE INDEX IF NOT EXISTS contacts_by_status ON campaign_contacts (campaign, status, next_attempt)",
    "CREATE TABLE IF NOT EXISTS counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID",
    "CREATE TABLE IF NOT EXISTS faults (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS journal (id INTEGER PRIMARY KEY, body TEXT NOT NULL)",
)
NAMES = (
    "documents",
    "agents",
    "agent_versions",
    "attached",
    "phone_numbers",
    "calls",
    "transactions",
    "objects",
    "counters",
    "deliveries",
    "campaign_contacts",
    "faults",
    "journal",
)
# The first id of each table, so that an id of one kind is never mistaken for one of another.
FIRST_IDS = {"agents": 1001, "phone_numbers": 501, "calls": 70001}


class Database:
    """One SQLite file, or ``":memory:"``; safe for threads and for processes."""

    def __init__(self, path: Path | str) -> None:
        if str(path) != MEMORY:
            Path(path).parent.mkdir(parents=True, exist_ok=True)
        self._lock = threading.Lock()
        self._connection = sqlite3.connect(path, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous = OFF")
        with self.transaction() as connection:
            for table in TABLES:
                connection.execute(table)

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """Everything or nothing, one at a time across threads and processes; it does not nest."""
        with self._lock:
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise
            self._connection.execute("COMMIT")

    def close(self) -> None:
        """Let go of the file; closing twice is harmless."""
        with self._lock:
            self._connection.close()


def empty(connection: sqlite3.Connection) -> None:
    """Forget everything, and start the ids where a fresh file starts them."""
    for name in NAMES:
        connection.execute(f"DELETE FROM {name}")  # noqa: S608 - the names are this module's own
    connection.execute("DELETE FROM sqlite_sequence")
    for name, first in FIRST_IDS.items():
        connection.execute("INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)", (name, first - 1))


def has_document(connection: sqlite3.Connection, key: str) -> bool:
    """Whether a document of that name is kept."""
    return connection.execute("SELECT 1 FROM documents WHERE key = ?", (key,)).fetchone() is not None


def document(connection: sqlite3.Connection, key: str) -> dict[str, Any]:
    """The JSON object kept under a name; KeyError when there is none."""
    row = connection.execute("SELECT body FROM documents WHERE key = ?", (key,)).fetchone()
    if row is None:
        raise KeyError(key)
    found: dict[str, Any] = json.loads(row[0])
    return found


def keep_document(connection: sqlite3.Connection, key: str, body: dict[str, Any]) -> None:
    """Keep a JSON object under a name, in place of what was there."""
    connection.execute("INSERT OR REPLACE INTO documents (key, body) VALUES (?, ?)", (key, encode(body)))


def drop_document(connection: sqlite3.Connection, key: str) -> None:
    """Forget a document; harmless when there is none."""
    connection.execute("DELETE FROM documents WHERE key = ?", (key,))


def counted(connection: sqlite3.Connection, name: str) -> int:
    """The next number of that count, from 1 on; never the same twice."""
    row = connection.execute(
        "INSERT INTO counters (name, value) VALUES (?, 1)"
        " ON CONFLICT (name) DO UPDATE SET value = value + 1 RETURNING value",
        (name,),
    ).fetchone()
    return int(row[0])
