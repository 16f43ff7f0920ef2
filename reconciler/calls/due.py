"""The agenda of a dispatch: what the ledger alone says is to be placed, settled or reported as missed."""

from __future__ import annotations

from collections import defaultdict, deque
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, spoken_local, zone
from reconciler.schedule.occurrences import Occurrence, firings, next_occurrence, occurrence_id, occurrence_of
from reconciler.state.call_records import Attempt, Hold, next_number
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from reconciler.schedule.occurrences import Schedule
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Armed
    from reconciler.state.ledger import Ledger

    Key = Callable[[str, int], str]

_MOST_MISSED = 100  # of one recurring call in one run: a state left alone for a year is told with a count
_RESCAN = timedelta(hours=6)  # a run may be killed after it placed what was due, before it told what was missed
_SHORTEST_REST, _LONGEST_REST = timedelta(seconds=2), timedelta(minutes=15)
_LONGEST_SHIFT = timedelta(hours=3)  # by which a change of a zone's rules may have moved an occurrence


def spoken_closing(armed: Armed, closes: datetime) -> str:
    """``Tue 1 Dec 15:10 New York``: the end of a window by the clock the call was declared in."""
    return spoken_local(closes, zone(armed.call.zone or "UTC"))


@dataclass(frozen=True, slots=True)
class Due:
    """One attempt that asks for something: to be placed, settled, or given up as missed.

    ``attempt`` is the record a claim would write, ``before`` the one that is there, None when there is none.
    ``earlier`` counts the missed occurrences before this one that are told with it.
    """

    armed: Armed
    attempt: Attempt
    nominal: datetime
    opens: datetime
    closes: datetime
    before: Attempt | None
    earlier: int = 0

    @property
    def closing(self) -> str:
        """When its window closes, for people, by the clock the call was declared in."""
        return spoken_closing(self.armed, self.closes)

    @property
    def rests_until(self) -> datetime | None:
        """Until when a run that goes on does not ask about an unknown outcome again: ever longer, whoever asked."""
        before = self.before
        if before is None or before.state is not CallState.UNKNOWN:
            return None
        try:
            asked, claimed = parse_instant(before.sent_at), parse_instant(before.claimed_at)
        except ValueError:
            return None
        return asked + min(max(asked - claimed, _SHORTEST_REST), _LONGEST_REST)

    @property
    def is_uncertain(self) -> bool:
        """Whether it was claimed, and nobody knows what came of it."""
        return self.before is not None and self.before.state.uncertain

    def is_open(self, now: datetime) -> bool:
        """Whether the call may be placed by its window."""
        return self.opens <= now < self.closes

    def is_over(self, now: datetime) -> bool:
        """Whether its window has closed."""
        return now >= self.closes

    def held(self, everything: Iterable[Hold], at: datetime) -> Hold | None:
        """The hold over this call, this occurrence of it, or all calls, at an instant."""
        own = (*self.armed.holds(self.attempt.occurrence), *everything)
        return next((hold for hold in own if hold.covers(at)), None)


@dataclass(slots=True)
class Agenda:
    """What there is to do: place what is due, settle what is uncertain, report what was missed."""

    place: list[Due] = field(default_factory=list)
    settle: list[Due] = field(default_factory=list)
    missed: list[Due] = field(default_factory=list)
    next_opening: datetime | None = None

    def __bool__(self) -> bool:
        return bool(self.place or self.settle or self.missed)

    @property
    def earliest(self) -> datetime | None:
        """When the first window opened of what is to be placed."""
        return min((due.opens for due in self.place), default=None)

    def add(self, due: Due, now: datetime) -> None:
        """Sort one attempt by what it needs now."""
        if due.is_uncertain:
            self.settle.append(due)
        elif due.armed.state != CallState.ARMED or (due.before is not None and due.before.state != CallState.REFUSED):
            return
        elif due.is_over(now):
            self.missed.append(due)
        elif due.is_open(now):
            self.place.append(due)
            hold = due.armed.holds_now(now, due.attempt.occurrence)
            self.opening(parse_instant(hold.until) if hold.until else None)
        else:
            self.opening(due.opens)

    def opening(self, instant: datetime | None) -> None:
        """Remember the soonest instant at which there is more to do."""
        if instant is not None and (self.next_opening is None or instant < self.next_opening):
            self.next_opening = instant


def todo(ledger: Ledger, *, now: datetime, without: Collection[str] = ()) -> Agenda:
    """Everything the calls of a ledger need at ``now``, but those in ``without``, by name."""
    due_work = ledger.due_work(now, without)
    found = agenda(due_work.armed, due_work.attempts, key=ledger.key, now=now)
    if due_work.next_opening:
        found.opening(parse_instant(due_work.next_opening))
    return found


def agenda(armed: Mapping[str, Armed], attempts: Iterable[Attempt], *, key: Key, now: datetime) -> Agenda:
    """Everything the armed calls need at ``now``; what closes soonest comes first."""
    tried: dict[str, dict[str, Attempt]] = defaultdict(dict)
    for attempt in attempts:
        known = tried[attempt.name].get(attempt.occurrence)
        if known is None or attempt.attempt > known.attempt:
            tried[attempt.name][attempt.occurrence] = attempt
    found = Agenda()
    for call in armed.values():
        for wanted in _wanted(call, tried.get(call.name, {}), now, found):
            found.add(_due(call, wanted, key), now)
    for group in (found.place, found.settle, found.missed):
        group.sort(key=lambda due: (due.closes, due.attempt.occurrence))
    return found


class _Wanted(NamedTuple):
    """One occurrence that may need something: its last attempt, and how many missed ones are told with it."""

    occurrence: str
    nominal: datetime
    last: Attempt | None
    earlier: int = 0


def _wanted(call: Armed, tried: Mapping[str, Attempt], now: datetime, found: Agenda) -> Iterator[_Wanted]:
    """What of a call may need something: its one occurrence, or those so far if it recurs.

    Whatever is uncertain is settled, also where the call has meanwhile been given other times.
    """
    place = zone(call.call.zone or "UTC")
    recurring = {
        attempt: firing
        for occurrence, attempt in tried.items()
        if (firing := occurrence_of(occurrence, place)) is not None
    }
    if call.opens:
        yield _Wanted(call.name, call.window.opens, tried.get(call.name))
    schedule = None if call.opens else call.call.schedule
    since = parse_instant(call.since) if schedule else now
    for attempt, (nominal, _) in recurring.items():
        again = schedule is not None and nominal >= since and _is_open_ended(attempt, call)
        if attempt.state.uncertain or again:
            yield _Wanted(attempt.occurrence, nominal, attempt)
    if schedule is not None:
        yield from _untried(call, schedule, recurring, now)
        found.opening(next_occurrence(schedule, now + timedelta(seconds=1)))


def _untried(call: Armed, schedule: Schedule, tried: Mapping[Attempt, Occurrence], now: datetime) -> Iterator[_Wanted]:
    """The occurrences so far that were never tried: those that are open, and the last of those that were missed.

    An earlier one whose window was still open when a later one was tried may not have been tried itself. What is
    due is never kept waiting by what there is to be told of the past.
    """
    late, since = call.call.late, parse_instant(call.since)
    settled = [nominal for nominal, _ in tried.values() if nominal <= now - _RESCAN]
    told = [firing.nominal for attempt, firing in tried.items() if attempt.earlier]
    start = max([since, *([max(settled) - late] if settled else []), *told])
    known = {firing.identity for firing in tried.values()} | _moved(schedule, tried)
    missed: deque[Occurrence] = deque(maxlen=_MOST_MISSED)
    count = 0
    for firing in firings(schedule, start, now + timedelta(seconds=1)):
        if firing.identity in known:
            continue
        if firing.nominal + late > now:
            yield _Wanted(occurrence_id(call.name, firing.wall), firing.nominal, None)
        else:
            missed.append(firing)
            count += 1
    for place, firing in enumerate(missed):
        earlier = 0 if place else count - len(missed)
        yield _Wanted(occurrence_id(call.name, firing.wall), firing.nominal, None, earlier)


def _moved(schedule: Schedule, tried: Mapping[Attempt, Occurrence]) -> set[tuple[datetime, int]]:
    """The firings that attempts in an older state stand for, whose names are instants by other time-zone data.

    Such an instant may be no firing by the data at hand; the nearest firing is the one it was: better missed than
    twice.
    """
    found = set()
    for attempt, tried_then in tried.items():
        if not attempt.occurrence.endswith("Z"):
            continue
        nominal = tried_then.nominal
        near = list(firings(schedule, nominal - _LONGEST_SHIFT, nominal + _LONGEST_SHIFT))
        if near and all(firing.identity != tried_then.identity for firing in near):
            found.add(min(near, key=lambda firing: abs(firing.nominal - nominal)).identity)
    return found


def _is_open_ended(attempt: Attempt, call: Armed) -> bool:
    """Whether an occurrence that was tried may still need something: settling, another try, a report."""
    return attempt.state.open or _next_number(attempt, call) != attempt.attempt


def _due(call: Armed, wanted: _Wanted, key: Key) -> Due:
    last = wanted.last
    number = _next_number(last, call) if last else 1
    again = last is not None and number != last.attempt
    ended = _ended(last) if last is not None and again else None
    opens = ended + call.call.gap if ended is not None else wanted.nominal
    closes = opens + call.call.late
    before = None if again else last
    attempt = (
        replace(before, state=CallState.CLAIMED, detail="", code="", to=call.callee or before.to)
        if before
        else Attempt(
            name=call.name,
            occurrence=wanted.occurrence,
            attempt=number,
            state=CallState.CLAIMED,
            key=key(wanted.occurrence, number),
            to=call.callee,
            closes=closes.isoformat(),
        )
    )
    return Due(call, attempt, wanted.nominal, opens, closes, before, wanted.earlier)


def second_try(call: Armed, last: Attempt) -> datetime | None:
    """When the next try of a call that ended opens; None when there is none to come."""
    ended = _ended(last)
    if call.state != CallState.ARMED or ended is None or next_number(last, call) == last.attempt:
        return None
    return ended + call.call.gap


def _next_number(last: Attempt, call: Armed) -> int:
    """The number of the next attempt; the same one while it cannot be told when the last one ended."""
    return last.attempt if _ended(last) is None else next_number(last, call)


def _ended(attempt: Attempt) -> datetime | None:
    """When a finished call ended; None where that is not recorded, or not readably."""
    try:
        return parse_instant(attempt.ended_at)
    except ValueError:
        return None


def may_be_tried_again(call: Armed | None, attempt: Attempt) -> bool:
    """Whether a call that was placed may ask for another try once it has ended."""
    return call is not None and attempt.attempt < call.call.most_attempts


def rang_that_day(attempts: Iterable[Attempt], to_number: str, *, now: datetime) -> int:
    """How many of these calls may have rung their callee on the calendar day of ``now``; uncertain ones count.

    The day is that of the callee's clocks: of every zone the number may ring in, so that a call counts when
    it was on this day in any of them.
    """
    places = [zone(name) for name in phone_numbers.zones(to_number)]
    return sum(
        attempt.state.rang and bool(attempt.claimed_at) and _same_day(parse_instant(attempt.claimed_at), now, places)
        for attempt in attempts
    )


def _same_day(one: datetime, other: datetime, places: Iterable[ZoneInfo]) -> bool:
    return any(one.astimezone(place).date() == other.astimezone(place).date() for place in places)


def unarmed(orders: Iterable[PlannedCall], armed: Mapping[str, Armed], now: datetime) -> list[PlannedCall]:
    """The declared calls that are due now and that no apply has armed in this state: nobody will place them."""
    return [
        order
        for order in orders
        if order.name not in armed
        and not order.cancelled
        and order.at is not None
        and order.at <= now < order.at + order.late
    ]
