"""Details of one call: what the state, the manifests and, on request, the platform know of it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from itertools import islice
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.calls.history import firing_of
from reconciler.errors import ApiError, InputError, Rejected
from reconciler.redaction import mask_in
from reconciler.schedule.call_detail import CallDetail, ToldHold, Transcript, Try, Turn
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant
from reconciler.schedule.occurrences import parts_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Armed, Attempt, Hold
    from reconciler.state.ledger import Ledger

_NOT_FOUND = 404


def detail(
    ledger: Ledger, rows: Sequence[CallRow], attempts: Iterable[Attempt], *, order: PlannedCall | None
) -> CallDetail:
    """What is known of the call, or of the one occurrence, that ``rows`` are of; ``order`` is it as declared now."""
    name = rows[0].name
    armed = ledger.armed_call(name)
    known = order or (armed.call if armed else None)
    records = {(it.occurrence, it.attempt): it for it in attempts if it.name == name}
    tried = [(row, records[key]) for row in rows if (key := (row.occurrence, row.attempt)) in records]
    once = armed is not None and bool(armed.opens)
    return CallDetail(
        name=name,
        zone=known.zone if known else "",
        agent=(known.agent or "") if known else "",
        caller=str(known.spec.get("from") or known.from_number) if known else "",
        to=rows[0].to,
        place=str(order.location) if order else (armed.path if armed else ""),
        opens=armed.window.opens if armed and once else (known.at if known else None),
        closes=armed.window.closes if armed and once else (known.closes if known else None),
        recurs=known.schedule.cron if known and known.schedule else "",
        most=known.most_attempts if known else 1,
        gap=known.gap if known else timedelta(0),
        retry_on=known.retry.on if known and known.retry else (),
        armed_at=_instant(armed.armed_at) if armed else None,
        holds=tuple(_holds(ledger, armed, {row.occurrence for row in rows})),
        tries=tuple(_try(row, record) for row, record in tried),
        next=tuple(row for row in rows if (row.occurrence, row.attempt) not in records),
    )


def occurrence(ledger: Ledger, name: str, rows: Iterable[CallRow], now: datetime) -> Iterator[CallRow]:
    """The row of one occurrence of a recurring call that nothing was recorded of; none of a call that nobody armed.

    ``name`` is as the ledger names it, ``rows`` hold that of the call itself. Raises InputError for a time at which
    the call is not due.
    """
    call, wall = parts_of(name)
    armed = ledger.armed_call(call) if wall else None
    if armed is None:
        return
    firing = firing_of(armed, name)
    state, told = CallState.ARMED, ""
    if firing.nominal + armed.call.late <= now:
        state, told = CallState.EXPIRED, "missed: its window closed, and nothing was recorded of it"
    elif hold := armed.holds_now(now, name):
        state, told = CallState.HELD, hold.spoken(armed.call.zone)
    waiting = (row for row in rows if row.occurrence == call)
    yield from (
        replace(row, occurrence=f"{call}@{wall}", when=firing.nominal, state=state, detail=told, hint="")
        for row in islice(waiting, 1)
    )


def _try(row: CallRow, record: Attempt) -> Try:
    return Try(row, record.owner, _instant(record.claimed_at), _instant(record.sent_at), _instant(record.ended_at))


def _holds(ledger: Ledger, armed: Armed | None, occurrences: Iterable[str]) -> Iterator[ToldHold]:
    """Those over the call first, then those over single occurrences, then those over every call that touched it."""
    if armed is None:
        return
    present = (armed.hold, armed.declared_hold)
    yield from (_hold_shown(hold, "the call") for hold in (*present, *reversed(armed.past_holds)) if hold)
    for wall, hold in sorted(armed.occurrence_holds.items()):
        if any(it.endswith(f"@{wall}") for it in occurrences):
            yield _hold_shown(hold, wall)
    if everything := ledger.held_all():
        yield _hold_shown(everything, "every call")


def _hold_shown(hold: Hold, over: str) -> ToldHold:
    return ToldHold(hold.why, _instant(hold.since), hold.by, _instant(hold.until), over)


def _instant(written: str) -> datetime | None:
    try:
        return parse_instant(written) if written else None
    except ValueError:
        return None


def transcripts(api: Api, call: CallDetail, *, show_numbers: bool) -> tuple[Transcript, ...]:
    """What was said on each try that rang, as the platform tells it now; numbers are masked.

    Raises InputError where no try rang.
    """
    rang = [it.row.call_id for it in call.tries if it.row.call_id]
    if not rang:
        raise InputError(
            f"`{call.name}` was not placed: nothing was said", code="RC631", hint=f"reconciler calls show {call.name}"
        )
    return tuple(_transcript(api, call_id, show_numbers=show_numbers) for call_id in rang)


def _transcript(api: Api, call_id: str, *, show_numbers: bool) -> Transcript:
    path = f"/v1/calls/{segment(call_id)}"
    try:
        record, told = api.get(path), api.get(f"{path}/transcript")
    except ApiError as error:
        unknown = isinstance(error, Rejected) and error.status == _NOT_FOUND
        return Transcript(
            call_id, detail="the platform does not know this call" if unknown else f"not told now: {error.message}"
        )
    recording = str(record.get("recording_url") or "") if isinstance(record, dict) else ""
    spoken = told.get("transcripts") if isinstance(told, dict) else None
    turns = tuple(_turn(it, show_numbers=show_numbers) for it in spoken or () if isinstance(it, dict))
    return Transcript(call_id, recording, turns, "" if turns else "the platform tells nothing that was said")


def _turn(told: Mapping[str, Any], *, show_numbers: bool) -> Turn:
    """One turn; what a tool was asked or answered is written as JSON."""
    content = told.get("content")
    text = content if isinstance(content, str) else json.dumps(content, ensure_ascii=False)
    start = told.get("start_ms")
    return Turn(
        str(told.get("role") or "?"),
        text if show_numbers else mask_in(text),
        int(start) if isinstance(start, int | float) else None,
    )
