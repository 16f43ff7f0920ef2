"""Calls as they unfold: their state follows the clock (contract 2.13).

A call is stored as placed, with the key of its outcome; what it looks like at a moment is worked out from
the seconds since. ``close_ended`` closes the calls whose end has passed and bills each of them once.
"""

from __future__ import annotations

import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator import billing, call_events, grades
from reconciler.emulator import validators as v
from reconciler.emulator.exchange import Refusal, Scene, answer, encode, refused
from reconciler.emulator.outcomes import OUTCOMES, Outcome
from reconciler.emulator.timestamps import moment, stamp
from reconciler.emulator.transcripts import spoken

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable
    from datetime import datetime

    from reconciler.emulator.exchange import Exchange, Reply

Body = dict[str, Any]

DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 100
EXPORTED = 1000
UNDER_WAY = "in_progress"
TRANSFER: Body = {
    "transfer_destination": "+15551239999",
    "transfer_outcome": "bridged",
    "transfer_bridge_kind": "warm",
    "transfer_bridge_seconds": 10,
    "transfer_bridge_total_cents": 2,
    "transfer_sip_status": 200,
}
RECORDINGS = "https://recordings.emulator.invalid"


def _integer(text: str) -> int:
    return int(text)


def _time(text: str) -> str:
    return stamp(moment(text.replace(" ", "+")))


def _word(*allowed: str) -> Callable[[str], str]:
    return v.choice(*allowed)


# query parameter → (SQL condition, how its text is read)
FILTERS: dict[str, tuple[str, Callable[[str], Any]]] = {
    "agent_id": ("agent_id = ?", _integer),
    "direction": ("direction = ?", _word("inbound", "outbound", "test", "web")),
    "status": ("status = ?", _word(UNDER_WAY, "completed", "failed")),
    "from_number": ("from_number = ?", str),
    "to_number": ("to_number = ?", str),
    "phone_number": ("? IN (from_number, to_number)", str),
    "start_date": ("start_time >= ?", _time),
    "end_date": ("start_time <= ?", _time),
}


def index(exchange: Exchange) -> Reply:
    """``GET /v1/calls``: newest first, in the ``{results, total, limit, offset}`` envelope."""
    where, values = _conditions(exchange.request.query)
    limit = min(_page(exchange, "limit", DEFAULT_LIMIT) or DEFAULT_LIMIT, MAXIMUM_LIMIT)
    offset = _page(exchange, "offset", 0)
    # The conditions are rows of FILTERS; what the client wrote goes in as parameters.
    total = exchange.database.execute(f"SELECT count(*) FROM calls{where}", values).fetchone()[0]  # noqa: S608
    rows = exchange.database.execute(
        f"SELECT body, outcome FROM calls{where} ORDER BY id DESC LIMIT ? OFFSET ?",  # noqa: S608
        [*values, limit, offset],
    )
    results = [seen(json.loads(body), OUTCOMES[outcome], exchange.now) for body, outcome in rows]
    return answer({"results": results, "total": total, "limit": limit, "offset": offset})


def export(exchange: Exchange) -> Reply:
    """``GET /v1/calls/export``: up to a thousand at once, by the filters of the list."""
    where, values = _conditions(exchange.request.query)
    total = exchange.database.execute(f"SELECT count(*) FROM calls{where}", values).fetchone()[0]  # noqa: S608
    rows = exchange.database.execute(
        f"SELECT body, outcome FROM calls{where} ORDER BY id DESC LIMIT ?",  # noqa: S608
        [*values, EXPORTED],
    )
    found = [seen(json.loads(body), OUTCOMES[outcome], exchange.now) for body, outcome in rows]
    return answer({"calls": found, "total": total, "truncated": total > EXPORTED})


def show(exchange: Exchange) -> Reply:
    """``GET /v1/calls/{id}``."""
    return answer(load(exchange))


def audio(exchange: Exchange) -> Reply:
    """``GET /v1/calls/{id}/audio``: a time-limited URL, 404 when there is no recording."""
    url = load(exchange)["recording_url"]
    if not url:
        raise refused(404, "No recording is available for this call.")
    return answer({"url": url})


def transcript(exchange: Exchange) -> Reply:
    """``GET /v1/calls/{id}/transcript``: what was said; empty when nobody answered."""
    call = load(exchange)
    return answer({"call_id": call["call_id"], "transcripts": spoken(call)})


def show_grade(exchange: Exchange) -> Reply:
    """``GET /v1/calls/{id}/grade``: the newest grade, 404 before the first."""
    found = grades.grade(load(exchange), exchange.now)
    if found is None:
        raise refused(404, "This call has not been graded.")
    return answer(found)


def claim_grade(exchange: Exchange) -> Reply:
    """``POST /v1/calls/{id}/grade``: 201 at once, and free of charge here; 409 for what cannot be graded."""
    call = load(exchange)
    if not grades.graded_at(call):
        raise refused(409, "Only calls that were answered and are over can be graded.")
    return answer(grades.grade(call, grades.graded_at(call)[-1]), 201)


def extract(exchange: Exchange) -> Reply:
    """``POST /v1/calls/{id}/extract``: what the agent's fields ask for, empty here; 409 before anything was said."""
    call = load(exchange)
    said = bool(spoken(call))
    now = stamp(exchange.now)
    found = {
        "id": call["call_id"],
        "call_id": call["call_id"],
        "agent_id": call["agent_id"],
        "status": "completed" if said else "skipped",
        "data": {},
        "evidence": {},
        "field_reasons": {},
        "schema_snapshot": [],
        "verification": "unavailable",
        "model": "emulator",
        "error_message": "" if said else "This call has no transcript.",
        "extracted_at": now,
        "created_at": now,
        "updated_at": now,
    }
    return answer(found, 200 if said else 409)


def close_ended(database: sqlite3.Connection, now: datetime) -> None:
    """Close every call whose end has passed, oldest end first, and bill it at that moment."""
    due = database.execute(
        "SELECT id, body, outcome, ends FROM calls WHERE status = ? AND ends <= ? ORDER BY ends, id",
        (UNDER_WAY, stamp(now)),
    ).fetchall()
    for call_id, text, key, ends in due:
        body = _ended(json.loads(text), OUTCOMES[key], moment(ends))
        body["billing_total_cents"] = billing.charge_call(
            database,
            moment(ends),
            cents=billing.price(body["product"] or "", int(body["billable_minutes"])),
            call_id=call_id,
        )
        database.execute("UPDATE calls SET body = ?, status = ? WHERE id = ?", (encode(body), body["status"], call_id))
        call_events.ended(Scene(database, moment(ends)), body)


def seen(body: Body, outcome: Outcome, now: datetime) -> Body:
    """A call as it looks now; one that has ended looks as it was closed."""
    if body["status"] != UNDER_WAY:
        return body | grades.on_call(body, now)
    if outcome.answered_after is None:
        return body
    answered = moment(body["start_time"]) + timedelta(seconds=outcome.answered_after)
    if answered > now:
        return body
    recording = {"recording_started_at": stamp(answered)} if outcome.recorded else {}
    return body | recording | {"outbound_dial_state": "answered", "sip_answered_at": stamp(answered)}


def _ended(body: Body, outcome: Outcome, end: datetime) -> Body:
    start = moment(body["start_time"])
    body = seen(body, outcome, end)
    answered = moment(body["sip_answered_at"]) if body["sip_answered_at"] else None
    talked = (end - answered).total_seconds() if answered else 0.0
    url = f"{RECORDINGS}/{body['call_id']}.wav?signature=emulated" if outcome.recorded else None
    return body | {
        "status": outcome.status,
        "outbound_dial_state": "answered" if answered else "failed",
        "end_reason": outcome.end_reason,
        "end_time": stamp(end),
        "duration_seconds": int((end - start).total_seconds()) if answered else 0,
        "recording_url": url,
        "recording_mode": "recording" if outcome.recorded else "recording_failed_before_capture",
        "billable_minutes": float(billing.billable_minutes(talked)),
        "billed_at": stamp(end),
        "call_outcome": outcome.call_outcome,
        **(TRANSFER if outcome.transferred else {}),
    }


def load(exchange: Exchange) -> Body:
    """The call that the path names, as it looks now; Refusal 404 when it is not here."""
    row = exchange.database.execute("SELECT body, outcome FROM calls WHERE id = ?", exchange.arguments[:1]).fetchone()
    if row is None:
        raise refused(404, "No Call matches the given query.")
    return seen(json.loads(row[0]), OUTCOMES[row[1]], exchange.now)


def _conditions(query: Any) -> tuple[str, list[Any]]:
    conditions: list[str] = []
    values: list[Any] = []
    complaints: dict[str, list[str]] = {}
    for name, (condition, read) in FILTERS.items():
        if not query.get(name):
            continue
        try:
            values.append(read(query[name]))
            conditions.append(condition)
        except ValueError as complaint:
            complaints[name] = [str(complaint)]
    if complaints:
        raise Refusal(400, complaints)
    if query.get("exclude_test_calls", "false").lower() == "true":
        conditions.append("is_test = 0")
    return (" WHERE " + " AND ".join(conditions) if conditions else ""), values


def _page(exchange: Exchange, name: str, default: int) -> int:
    written = exchange.request.query.get(name, "")
    return int(written) if written.isascii() and written.isdigit() else default
