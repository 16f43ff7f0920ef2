"""Contacts of campaigns (contract-next 3): taken row by row, never compared, never given back.

What cannot be dialled is rejected by its index while the rest is taken; the same number twice is two
contacts, and is rung twice.
"""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.exchange import Upload, encode, invalid
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]

MOST = 5_000
SHOWN_ERRORS = 50
NUMBER = ("phone", "phone_number")
OPEN = ("pending", "scheduled", "calling")
COLUMNS = "id, phone_number, variables, status, attempts, last_outcome, next_attempt, call_id, created, updated"


def sent(body: Body) -> list[Any]:
    """The rows of a request in any of its three forms; Refusal 400 for none of them, or too many."""
    upload = body.get("file")
    rows = _table(upload, body.get("mapping")) if isinstance(upload, Upload) else body.get("contacts")
    if not isinstance(rows, list) or not rows:
        raise invalid("contacts", "This list may not be empty.")
    if len(rows) > MOST:
        raise invalid("contacts", f"Ensure this field has no more than {MOST} elements.")
    return rows


def add(scene: Scene, campaign: str, rows: list[Any]) -> Body:
    """Keep what can be dialled and name what cannot: ``{accepted, rejected, errors, errors_truncated}``."""
    accepted: list[tuple[str, str]] = []
    errors: list[Body] = []
    for index, row in enumerate(rows):
        try:
            accepted.append(_contact(row))
        except v.Invalid as complaint:
            errors.append({"index": index, "error": str(complaint)})
    now = stamp(scene.now)
    scene.database.executemany(
        "INSERT INTO campaign_contacts (campaign, phone_number, variables, status, attempts, last_outcome, created,"
        " updated) VALUES (?, ?, ?, 'pending', 0, '', ?, ?)",
        [(campaign, number, variables, now, now) for number, variables in accepted],
    )
    return {
        "accepted": len(accepted),
        "rejected": len(errors),
        "errors": errors[:SHOWN_ERRORS],
        "errors_truncated": len(errors) > SHOWN_ERRORS,
    }


def counts(scene: Scene, campaign: str) -> dict[str, int]:
    """How many contacts of a campaign stand where."""
    query = "SELECT status, count(*) FROM campaign_contacts WHERE campaign = ? GROUP BY status"
    return dict(scene.database.execute(query, (campaign,)).fetchall())


def every(scene: Scene, campaign: str) -> list[Body]:
    """All contacts of a campaign as a reader sees them, in their order."""
    return _read(scene, "campaign = ? ORDER BY id", (campaign,))


def in_call(scene: Scene, campaign: str) -> list[Body]:
    """The contacts that are being called."""
    return _read(scene, "campaign = ? AND status = 'calling' ORDER BY id", (campaign,))


def next_to_call(scene: Scene, campaign: str, most: int) -> list[Body]:
    """The contacts whose turn it is, those that were to be called again first."""
    again = _read(
        scene,
        "campaign = ? AND status = 'scheduled' AND next_attempt <= ? ORDER BY next_attempt, id LIMIT ?",
        (campaign, stamp(scene.now), most),
    )
    fresh = _read(
        scene, "campaign = ? AND status = 'pending' ORDER BY id LIMIT ?", (campaign, max(0, most - len(again)))
    )
    return again + fresh


def next_attempt(scene: Scene, campaign: str) -> str | None:
    """When the first contact is to be called again, if any is."""
    query = "SELECT min(next_attempt) FROM campaign_contacts WHERE campaign = ? AND status = 'scheduled'"
    found = scene.database.execute(query, (campaign,)).fetchone()[0]
    return str(found) if found else None


def update(scene: Scene, contact: Body, *, until: datetime | None = None, **changes: Any) -> None:
    """Write where a contact stands now."""
    written = contact | changes
    scene.database.execute(
        "UPDATE campaign_contacts SET status = ?, attempts = ?, last_outcome = ?, next_attempt = ?, call_id = ?,"
        " updated = ? WHERE id = ?",
        (
            written["status"],
            written["attempts"],
            written["last_outcome"],
            stamp(until) if until else None,
            written["call_id"],
            stamp(scene.now),
            contact["id"],
        ),
    )


def exhaust(scene: Scene, campaign: str) -> None:
    """Call nobody of a campaign any more."""
    scene.database.execute(
        "UPDATE campaign_contacts SET status = 'exhausted', next_attempt = NULL, updated = ?"
        " WHERE campaign = ? AND status IN ('pending', 'scheduled')",
        (stamp(scene.now), campaign),
    )


def forget(scene: Scene, campaign: str) -> None:
    """Drop the contacts of a campaign that is gone."""
    scene.database.execute("DELETE FROM campaign_contacts WHERE campaign = ?", (campaign,))


def _read(scene: Scene, condition: str, values: Iterable[Any]) -> list[Body]:
    rows = scene.database.execute(
        f"SELECT {COLUMNS} FROM campaign_contacts WHERE {condition}",  # noqa: S608 - own words
        tuple(values),
    )
    return [
        {
            "id": row[0],
            "phone_number": row[1],
            "variables": json.loads(row[2]),
            "status": row[3],
            "attempts": row[4],
            "last_outcome": row[5],
            "next_attempt_at": row[6],
            "call_id": row[7],
            "created_at": row[8],
            "updated_at": row[9],
        }
        for row in rows
    ]


def _contact(row: Any) -> tuple[str, str]:
    """A row's number and its variables as text; Invalid with the vendor's word for what is wrong."""
    if not isinstance(row, dict):
        raise v.Invalid("invalid_contact")
    number = next((row[name] for name in NUMBER if row.get(name)), None)
    if not isinstance(number, str) or not v.E164.fullmatch(number.strip()):
        raise v.Invalid("invalid_phone_number")
    variables = {name: value for name, value in row.items() if name not in NUMBER}
    if any(isinstance(value, dict | list) for value in variables.values()):
        raise v.Invalid("invalid_variable")
    return number.strip(), encode(variables)


def _table(upload: Upload, mapping: Any) -> list[Body]:
    """The rows of a CSV file under its header, renamed by ``mapping``, a JSON object of column to field."""
    try:
        named = v.mapping(json.loads(mapping)) if mapping else {}
    except ValueError as error:
        raise invalid("mapping", "Value must be valid JSON.") from error
    rows = csv.DictReader(io.StringIO(upload.data.decode("utf-8-sig", errors="replace"), newline=""))
    return [{named.get(name, name): value for name, value in row.items() if name} for row in rows]
