"""How every scheduled call stands, and how the placed ones ended."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.api import segment
from reconciler.calls.answers import mistaken, of_another
from reconciler.calls.due import second_try, spoken_closing
from reconciler.calls.gates import release_of
from reconciler.calls.reports import call_row
from reconciler.calls.settle import MARGIN
from reconciler.errors import ApiError, Conflict, InputError, Rejected
from reconciler.redaction import storable
from reconciler.schedule.call_states import CallState
from reconciler.schedule.callee_hours import closed_for
from reconciler.schedule.clock import parse_instant, spoken_day, stamp, vendor_instant, zone
from reconciler.schedule.closed_days import NO_DAY
from reconciler.schedule.occurrences import next_firing, occurrence_id, occurrence_of, parts_of
from reconciler.schedule.planned_call import PlannedCall
from reconciler.state.call_records import Attempt, Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from threading import Event

    from reconciler.api import Api
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.closed_days import ClosedDays
    from reconciler.state.call_records import Armed
    from reconciler.state.digests import Digests
    from reconciler.state.ledger import Ledger

_NOT_FOUND = 404
_NO_END = "when it ended cannot be read: no second try can be decided"
_NO_HOLD = Hold()
_LAST_MOMENT = timedelta(microseconds=1)  # of a window, which a hold that ends with it covers
_ENDED = frozenset(state for state in CallState if state.ended)
_AT_ONCE = 8
_FORBIDDEN = "this person must not be called"
_MOST_SKIPS = 7  # that are told before the next occurrence
_MANY = 50
_LATELY = timedelta(hours=1)
_PATIENCE, _LONGEST_ROUND = 10.0, 20.0  # seconds: for one answer, and for all of them


def follow(api: Api, attempts: Iterable[Attempt], digests: Digests, *, stopping: Event | None = None) -> list[Attempt]:
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
    told = {
        attempt: _with_record(attempt, talking[attempt.call_id], digests)
        for attempt in placed
        if attempt.call_id in talking
    }
    alone = [attempt for attempt in placed if attempt not in told]
    until = monotonic() + _LONGEST_ROUND

    def ask(attempt: Attempt) -> Attempt:
        if monotonic() > until or (stopping is not None and stopping.is_set()):
            return replace(attempt, detail="not told now: there was no time left to ask")
        return _followed(api, attempt, digests)

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
    """Record the result of followed calls, so that they are not asked about again."""
    for old, new in zip(before, after, strict=True):
        if old != new and (new.state.ended or new.state.uncertain):
            try:
                ledger.supersede(old, new)
            except Conflict:
                ledger.refresh()


def _followed(api: Api, attempt: Attempt, digests: Digests) -> Attempt:
    try:
        call = api.exchange("GET", f"/v1/calls/{segment(attempt.call_id)}", attempts=1, timeout=_PATIENCE).json
    except InputError as error:
        return replace(attempt, detail=f"call `{attempt.call_id}` cannot be asked about: {error.message}")
    except ApiError as error:
        unknown = isinstance(error, Rejected) and error.status == _NOT_FOUND
        words = f"the platform does not know call {attempt.call_id}" if unknown else f"not told now: {error.message}"
        return replace(attempt, detail=words)
    if not isinstance(call, dict):
        return replace(attempt, detail="not told now: the answer is no record of a call")
    return _with_record(attempt, call, digests)


def _with_record(attempt: Attempt, call: Mapping[str, Any], digests: Digests) -> Attempt:
    """As the call's own record says; statuses we do not know mean that it is still under way."""
    if of_another(attempt, call, digests):
        return mistaken(attempt, f"the platform's record of call {attempt.call_id} is of a call to another number")
    status = str(call.get("status") or "")
    ended = status in _ENDED
    ended_at = _ended_at(attempt, call) if ended else ""
    return replace(
        attempt,
        state=CallState(status) if status in _ENDED else CallState.PLACED,
        status=status,
        end_reason=str(call.get("end_reason") or ""),
        duration_seconds=_whole(call.get("duration_seconds")),
        recording=str(call.get("recording_url") or ""),
        placed_at=_instant(call.get("start_time")) or attempt.placed_at,
        ended_at=ended_at,
        cost_cents=_whole(call.get("billing_total_cents")),
        outcomes=_outcomes(call) if ended else (),
        outcome=_outcome(call) if ended else "",
        detail=_NO_END if ended and not ended_at else attempt.detail,
    )


def _whole(written: Any) -> int | None:
    """A number of seconds, also where it is written as text or with a fraction; None for anything else."""
    try:
        return int(float(written))
    except (TypeError, ValueError, OverflowError):
        return None


def _ended_at(attempt: Attempt, call: Mapping[str, Any]) -> str:
    """When a call ended, "" when that cannot be read; one that failed and has no end was over when it was sent."""
    if not call.get("end_time") and call.get("status") == "failed":
        return attempt.sent_at
    return _instant(call.get("end_time"))


def _instant(written: Any) -> str:
    """A timestamp of the platform's as the ledger keeps it; "" where it cannot be read."""
    try:
        return stamp(vendor_instant(str(written or "")))
    except ValueError:
        return ""


def _outcome(call: Mapping[str, Any]) -> str:
    """Whether anybody was reached, for people: ``reached``, ``not_reached``, ``voicemail``, or ``unknown``."""
    words = _outcomes(call)
    if "voicemail" in words:
        return "voicemail"
    if words:
        return "not_reached"
    talked = call.get("sip_answered_at") or (_whole(call.get("duration_seconds")) or 0) > 0
    return "reached" if talked else "unknown"


def _outcomes(call: Mapping[str, Any]) -> tuple[str, ...]:
    """What a finished call's record confirms, in the words of ``attempts.on``.

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


def standing(call: Armed, attempts: Iterable[Attempt], now: datetime, everything: Hold = _NO_HOLD) -> CallState:
    """How a call stands in one word: ``armed``, ``held``, or what came of one that happens once."""
    waiting = CallState.HELD if call.holds_now(now) or everything.in_force(now) else CallState.ARMED
    if call.state != CallState.ARMED or not call.opens:
        return waiting if call.state == CallState.ARMED else call.state
    last = max(attempts, key=lambda attempt: attempt.attempt, default=None)
    if last is not None and last.state != CallState.REFUSED:
        return last.state
    return CallState.EXPIRED if call.window.closes and call.window.closes <= now else waiting


def rows(  # noqa: PLR0913 - what all rows are told by, keyword-only past the third
    armed: Mapping[str, Armed],
    attempts: Iterable[Attempt],
    orders: Mapping[str, PlannedCall],
    *,
    now: datetime,
    everything: Hold = _NO_HOLD,
    closed: ClosedDays = NO_DAY,
    forbids: Callable[[str], bool] = lambda _: False,
) -> list[CallRow]:
    """One row for each attempt, each second try to come, and each call that was never tried or not even armed.

    The soonest comes first. ``everything`` is the hold over all calls; what recurs is not due on ``closed`` days;
    ``forbids`` says of a number that it must not be called.
    """
    view = _View(now, everything, closed, forbids)
    tried: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        tried.setdefault(attempt.name, []).append(attempt)
    found: list[CallRow] = []
    for name in sorted(set(armed) | set(orders) | set(tried)):
        found += _rows_of(name, armed.get(name), orders.get(name), tried.get(name, []), view)
    return sorted(found, key=lambda row: (row.when is None, row.when, row.occurrence, row.attempt))


class _View(NamedTuple):
    """What all rows are told by: the time, the hold over all calls, the days on which nobody is called."""

    now: datetime
    everything: Hold
    closed: ClosedDays
    forbids: Callable[[str], bool]

    def must_not_ring(self, known: PlannedCall) -> bool:
        """Whether the callee, where it is known who that is, must not be called."""
        return bool(known.to_number) and self.forbids(known.to_number)


def _rows_of(
    name: str, call: Armed | None, order: PlannedCall | None, tried: list[Attempt], view: _View
) -> Iterator[CallRow]:
    known = order or (call.call if call else PlannedCall.remembered(name, {}, path=""))
    yield from (call_row(known, attempt, when=_when(call, known, attempt)) for attempt in tried)
    if call is not None:
        yield from _second_tries(known, call, tried, view)
        yield from _held_singly(known, call, tried, view)
    if not tried or (call is not None and not call.opens and call.state == CallState.ARMED):
        yield _waiting_row(known, call, view, {it.occurrence for it in tried if it.state is CallState.CANCELLED})


def _held_singly(known: PlannedCall, call: Armed, tried: Iterable[Attempt], view: _View) -> Iterator[CallRow]:
    """The occurrences to come that are held one by one, and were not tried."""
    begun = {it.occurrence for it in tried}
    for wall, hold in sorted(call.occurrence_holds.items() if call.state is CallState.ARMED else ()):
        occurrence = f"{known.name}@{wall}"
        firing = occurrence_of(occurrence, zone(known.zone or "UTC"))
        if firing is None or occurrence in begun or firing.nominal + known.late <= view.now:
            continue
        if hold.in_force(view.now):
            held = Attempt(known.name, occurrence, 1, CallState.HELD)
            hint = release_of(hold, call, occurrence)
            yield call_row(known, held, when=firing.nominal, detail=hold.spoken(known.zone), hint=hint)


def _second_tries(known: PlannedCall, call: Armed, tried: Iterable[Attempt], view: _View) -> Iterator[CallRow]:
    last: dict[str, Attempt] = {}
    for attempt in tried:
        if attempt.attempt > (last[attempt.occurrence].attempt if attempt.occurrence in last else 0):
            last[attempt.occurrence] = attempt
    for attempt in last.values():
        opens = second_try(call, attempt)
        if opens is None:
            continue
        number = attempt.attempt + 1
        there = f"{opens.astimezone(zone(known.zone or 'UTC')):%H:%M}"
        hold = call.holds_now(view.now, attempt.occurrence)
        if not hold and view.everything.in_force(view.now):
            hold = view.everything
        why = hold.spoken(known.zone) if hold else _FORBIDDEN if view.must_not_ring(known) else ""
        to_come = Attempt(attempt.name, attempt.occurrence, number, CallState.HELD if why else CallState.ARMED)
        detail = why or f"attempt {number} waits for {there}"
        yield call_row(known, to_come, when=opens, detail=detail, hint=f"reconciler calls cancel {attempt.occurrence}")


def _when(call: Armed | None, known: PlannedCall, attempt: Attempt | None = None) -> datetime | None:
    firing = occurrence_of(attempt.occurrence, zone(known.zone or "UTC")) if attempt else None
    if firing is not None:
        return firing.nominal
    return call.window.opens if call is not None and call.opens else known.at


def _waiting(known: PlannedCall, call: Armed | None, now: datetime, everything: Hold) -> tuple[CallState, str, str]:
    why = call.call.cancelled if call and call.state != CallState.ARMED else known.cancelled if call is None else ""
    if why:
        return CallState.CANCELLED, f"cancelled in its manifest: {storable(why)}", ""
    if call is None:
        return CallState.DECLARED, "not armed yet", "reconciler apply"
    if call.state != CallState.ARMED:
        return call.state, "", ""
    if call.opens and (closes := call.window.closes) is not None and closes <= now:
        told = f"missed: its window closed on {spoken_closing(call, closes)}"
        return CallState.EXPIRED, told, "reconciler dispatch records it"
    if everything.in_force(now):
        return CallState.HELD, f"every call is {everything.spoken(known.zone)}", "reconciler calls release --all"
    if hold := call.holds_now(now):
        return CallState.HELD, hold.spoken(known.zone), release_of(hold, call, known.name)
    return CallState.ARMED, "", ""


def _waiting_row(known: PlannedCall, call: Armed | None, view: _View, cancelled: Container[str]) -> CallRow:
    state, detail, hint = _waiting(known, call, view.now, view.everything)
    upcoming, skips = _upcoming(known, call, view, cancelled) if known.schedule else (None, "")
    if state is CallState.ARMED and view.must_not_ring(known):
        state, detail = CallState.HELD, _FORBIDDEN
    told = detail or (skips if state is CallState.ARMED else "")
    return call_row(known, state=state, when=upcoming or _when(call, known), detail=told, hint=hint)


def _upcoming(
    known: PlannedCall, call: Armed | None, view: _View, cancelled: Container[str]
) -> tuple[datetime | None, str]:
    """The next occurrence that is to be placed, and what is skipped before it; those stopped singly have own rows."""
    at = view.now
    skips: list[str] = []
    found: datetime | None
    while known.schedule and (firing := next_firing(known.schedule, at)):
        found, at = firing.nominal, firing.nominal + timedelta(seconds=1)
        occurrence = occurrence_id(known.name, firing.wall)
        held = call.occurrence_holds.get(parts_of(occurrence)[1]) if call else None
        if occurrence in cancelled or (held and held.covers(found + known.late - _LAST_MOMENT)):
            continue
        why = closed_for(found, known.to_number, view.closed) if known.to_number else ""
        if not why or len(skips) == _MOST_SKIPS:
            break
        skips.append(f"{spoken_day(found.astimezone(zone(known.zone or 'UTC')))}: {why}")
    else:
        found = None
    return found, f"skips {'; '.join(skips)}" if skips else ""
