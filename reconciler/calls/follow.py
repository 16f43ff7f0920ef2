"""Say how every scheduled call stands, and how the placed ones ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any

from reconciler.calls.due import spoken_closing
from reconciler.calls.reports import call_row
from reconciler.calls.settle import MARGIN
from reconciler.errors import ApiError, Conflict, Rejected
from reconciler.schedule.clock import parse_instant
from reconciler.schedule.occurrences import next_occurrence
from reconciler.schedule.planned_call import PlannedCall
from reconciler.state.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime
    from threading import Event

    from reconciler.api import Api
    from reconciler.schedule.call_report import CallRow
    from reconciler.state.call_records import Armed, Attempt
    from reconciler.state.ledger import Ledger

_NOT_FOUND = 404
_ENDED = frozenset(state for state in CallState if state.ended)
_AT_ONCE = 8
_MANY = 50
_LATELY = timedelta(hours=1)
_PATIENCE, _LONGEST_ROUND = 10.0, 20.0  # seconds: for one answer, and for all of them


def follow(api: Api, attempts: Iterable[Attempt], *, stopping: Event | None = None) -> list[Attempt]:
    """The attempts, those still under way as the platform tells them now; reads only.

    Nothing is asked any more once ``stopping`` is set or it has taken 20 s: other calls may be due meanwhile, and
    the next run asks again.

    What the platform does not know (404) or does not tell now is said in ``detail``: one call that cannot be
    read must not keep others from being placed, so each is asked about once, several at a time. Of many that
    were placed a moment ago most are still under way, and a list tells which.
    """
    found = list(attempts)
    placed = [attempt for attempt in found if attempt.state == CallState.PLACED]
    talking = _talking(api, placed)
    told = {attempt: _told(attempt, talking[attempt.call_id]) for attempt in placed if attempt.call_id in talking}
    alone = [attempt for attempt in placed if attempt not in told]
    until = monotonic() + _LONGEST_ROUND

    def ask(attempt: Attempt) -> Attempt:
        if monotonic() > until or (stopping is not None and stopping.is_set()):
            return replace(attempt, detail="not told now: there was no time left to ask")
        return _followed(api, attempt)

    if len(alone) <= 1:
        told.update((attempt, ask(attempt)) for attempt in alone)
    else:
        with ThreadPoolExecutor(max_workers=min(_AT_ONCE, len(alone))) as pool:
            told.update(zip(alone, pool.map(ask, alone), strict=True))
    return [told.get(attempt, attempt) for attempt in found]


def _talking(api: Api, placed: Sequence[Attempt]) -> dict[str, Mapping[str, Any]]:
    """The calls that the platform's list shows as not ended, by id; none where single requests are cheaper.

    How one ended is told by its own record alone. The list is asked for the last hour only: it holds every
    call of the account, ours or not. One that cannot be read says nothing.
    """
    sent = [parse_instant(attempt.sent_at) for attempt in placed if attempt.sent_at]
    since = max(sent) - _LATELY if sent else None
    recent = [instant for instant in sent if since is not None and instant >= since]
    if len(recent) < _MANY:
        return {}
    start = min(recent) - MARGIN + timedelta(seconds=api.server_offset() or 0.0)
    try:
        calls = api.items("/v1/calls", {"direction": "outbound", "start_date": start.isoformat(), "limit": 100})
    except ApiError:
        return {}
    return {str(call.get("call_id")): call for call in calls if call.get("status") not in _ENDED}


def remember(ledger: Ledger, before: Iterable[Attempt], after: Iterable[Attempt]) -> None:
    """Record what became of followed calls, so that they are not asked about again."""
    for old, new in zip(before, after, strict=True):
        if old != new and new.state.ended:
            try:
                ledger.supersede(old, new)
            except Conflict:
                ledger.refresh()


def _followed(api: Api, attempt: Attempt) -> Attempt:
    try:
        call = api.exchange("GET", f"/v1/calls/{attempt.call_id}", attempts=1, timeout=_PATIENCE).json
    except ApiError as error:
        unknown = isinstance(error, Rejected) and error.status == _NOT_FOUND
        words = f"the platform does not know call {attempt.call_id}" if unknown else f"not told now: {error.message}"
        return replace(attempt, detail=words)
    if not isinstance(call, dict):
        return replace(attempt, detail="not told now: the answer is no record of a call")
    return _told(attempt, call)


def _told(attempt: Attempt, call: Mapping[str, Any]) -> Attempt:
    """As the call's own record says; statuses we do not know mean that it is still under way."""
    status = str(call.get("status") or "")
    return replace(
        attempt,
        state=CallState(status) if status in _ENDED else CallState.PLACED,
        status=status,
        end_reason=str(call.get("end_reason") or ""),
        duration_seconds=_whole(call.get("duration_seconds")),
        recording=str(call.get("recording_url") or ""),
        ended_at=_ended_at(attempt, call) if status in _ENDED else "",
        outcomes=_outcomes(call) if status in _ENDED else (),
    )


def _whole(written: Any) -> int | None:
    """A number of seconds, also where it is written as text or with a fraction; None for anything else."""
    try:
        return int(float(written))
    except (TypeError, ValueError, OverflowError):
        return None


def _ended_at(attempt: Attempt, call: Mapping[str, Any]) -> str:
    """When a call ended, "" when that cannot be read; one that failed and has no end was over when it was sent."""
    written = str(call.get("end_time") or "")
    if not written and call.get("status") == "failed":
        return attempt.sent_at
    try:
        parse_instant(written)
    except ValueError:
        return ""
    return written


def _outcomes(call: Mapping[str, Any]) -> tuple[str, ...]:
    """What a finished call's record bears out, in the words of ``attempts.on``.

    ``end_reason`` is an opaque word (contract X13), so it is only searched for the plain English ones;
    whether anybody answered is told by ``sip_answered_at``, and not guessed where that is missing.
    """
    reason = str(call.get("end_reason") or "").lower().replace("-", "_")
    found = []
    if call.get("sip_answered_at", "?") is None or "no_answer" in reason or "not_answered" in reason:
        found.append("not_answered")
    found += [word for word in ("busy", "voicemail") if word in reason]
    if call.get("status") == "failed":
        found.append("failed")
    return tuple(found)


def standing(call: Armed, attempts: Iterable[Attempt], now: datetime) -> CallState:
    """How a call stands in one word: ``armed``, or what came of one that happens once."""
    if call.state != CallState.ARMED or not call.opens:
        return call.state
    last = max(attempts, key=lambda attempt: attempt.attempt, default=None)
    if last is not None and last.state != CallState.REFUSED:
        return last.state
    return CallState.EXPIRED if call.closes and parse_instant(call.closes) <= now else CallState.ARMED


def rows(
    armed: Mapping[str, Armed],
    attempts: Iterable[Attempt],
    orders: Mapping[str, PlannedCall],
    *,
    now: datetime,
) -> list[CallRow]:
    """One row for each attempt, and one for each call that was never tried or not even armed; soonest first."""
    tried: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        tried.setdefault(attempt.name, []).append(attempt)
    found = []
    for name in sorted(set(armed) | set(orders) | set(tried)):
        call, order = armed.get(name), orders.get(name)
        known = order or (call.call if call else PlannedCall.remembered(name, {}, path=""))
        found += [call_row(known, attempt, when=_when(call, known, attempt)) for attempt in tried.get(name, [])]
        if name not in tried or (call is not None and not call.opens and call.state == CallState.ARMED):
            found.append(_waiting_row(known, call, now))
    return sorted(found, key=lambda row: (row.when is None, row.when, row.occurrence, row.attempt))


def _when(call: Armed | None, known: PlannedCall, attempt: Attempt | None = None) -> datetime | None:
    _, _, instant = attempt.occurrence.partition("@") if attempt else ("", "", "")
    if instant:
        return parse_instant(instant)
    return parse_instant(call.opens) if call is not None and call.opens else known.at


def _waiting(name: str, call: Armed | None, now: datetime) -> tuple[CallState, str, str]:
    if call is None:
        return CallState.DECLARED, "not armed yet", "reconciler apply"
    if call.state != CallState.ARMED:
        return call.state, "", ""
    if call.opens and call.closes and (closes := parse_instant(call.closes)) <= now:
        told = f"missed: its window closed on {spoken_closing(call, closes)}"
        return CallState.EXPIRED, told, "reconciler dispatch records it"
    if call.held:
        return CallState.ARMED, f"held: {call.held}", f"reconciler calls release {name}"
    return CallState.ARMED, "", ""


def _waiting_row(known: PlannedCall, call: Armed | None, now: datetime) -> CallRow:
    state, detail, hint = _waiting(known.name, call, now)
    upcoming = next_occurrence(known.schedule, now) if known.schedule else None
    return call_row(known, state=state, when=upcoming or _when(call, known), detail=detail, hint=hint)
