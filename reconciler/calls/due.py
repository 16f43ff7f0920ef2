"""Say, from the ledger alone, what a dispatch has to do now."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from itertools import islice
from typing import TYPE_CHECKING

from reconciler.schedule.clock import parse_instant, spoken_local, zone
from reconciler.schedule.occurrences import Schedule, idempotency_key, next_occurrence, occurrence_id, occurrences
from reconciler.state.call_records import Attempt, next_number
from reconciler.state.call_states import CallState
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from zoneinfo import ZoneInfo

    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Armed
    from reconciler.state.ledger import Ledger

_MOST_MISSED = 100  # of one recurring call in one run: a state left alone for a year is told in parts


def spoken_closing(armed: Armed, closes: datetime) -> str:
    """``Tue 1 Dec 15:10 New York``: the end of a window by the clock the call was declared in."""
    return spoken_local(closes, zone(armed.call.zone or "UTC"))


@dataclass(frozen=True, slots=True)
class Due:
    """One attempt that asks for something: to be placed, settled, or given up as missed.

    ``attempt`` is the record a claim would write, ``before`` the one that is there, None when there is none.
    """

    armed: Armed
    attempt: Attempt
    nominal: datetime
    opens: datetime
    closes: datetime
    before: Attempt | None

    @property
    def closing(self) -> str:
        """When its window closes, for people, by the clock the call was declared in."""
        return spoken_closing(self.armed, self.closes)

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


@dataclass(slots=True)
class Agenda:
    """What there is to do: place what is due, settle what is uncertain, report what was missed."""

    place: list[Due] = field(default_factory=list)
    settle: list[Due] = field(default_factory=list)
    missed: list[Due] = field(default_factory=list)
    next_opening: datetime | None = None

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
        else:
            self.opening(due.opens)

    def opening(self, instant: datetime | None) -> None:
        """Remember the soonest instant at which there is more to do."""
        if instant is not None and (self.next_opening is None or instant < self.next_opening):
            self.next_opening = instant


def todo(ledger: Ledger, *, organization: str, now: datetime) -> Agenda:
    """Everything the calls of a ledger need at ``now``."""
    due_work = ledger.due_work(now)
    found = agenda(due_work.armed, due_work.attempts, organization=organization, now=now)
    if due_work.next_opening:
        found.opening(parse_instant(due_work.next_opening))
    return found


def agenda(armed: Mapping[str, Armed], attempts: Iterable[Attempt], *, organization: str, now: datetime) -> Agenda:
    """Everything the armed calls need at ``now``; what closes soonest comes first."""
    tried: dict[str, dict[str, Attempt]] = defaultdict(dict)
    for attempt in attempts:
        known = tried[attempt.name].get(attempt.occurrence)
        if known is None or attempt.attempt > known.attempt:
            tried[attempt.name][attempt.occurrence] = attempt
    found = Agenda()
    for call in armed.values():
        last = tried.get(call.name, {})
        for occurrence, nominal in _occurrences(call, last, now, found):
            found.add(_due(call, occurrence, nominal, last.get(occurrence), organization), now)
    for group in (found.place, found.settle, found.missed):
        group.sort(key=lambda due: (due.closes, due.attempt.occurrence))
    return found


def _occurrences(
    call: Armed, tried: Mapping[str, Attempt], now: datetime, found: Agenda
) -> Iterator[tuple[str, datetime]]:
    """What of a call may need something, with its instant: its one occurrence, or those so far if it recurs.

    Whatever is uncertain is settled, also where the call has meanwhile been given other times.
    """
    instants = {_instant_of(occurrence): attempt for occurrence, attempt in tried.items() if "@" in occurrence}
    known = {nominal for nominal, attempt in instants.items() if attempt.state.uncertain}
    if call.opens:
        yield call.name, parse_instant(call.opens)
    elif (schedule := call.call.schedule) is not None:
        known.update(_nominals(call, schedule, instants, now))
        found.opening(next_occurrence(schedule, now + timedelta(seconds=1)))
    for nominal in sorted(known):
        yield occurrence_id(call.name, nominal), nominal


def _nominals(call: Armed, schedule: Schedule, tried: Mapping[datetime, Attempt], now: datetime) -> Iterator[datetime]:
    """The instants of a schedule so far that were never tried, or that may need another try.

    An earlier one whose window was still open when a later one was tried may not have been tried itself.
    """
    since = parse_instant(call.since)
    yield from (nominal for nominal, attempt in tried.items() if nominal >= since and _is_open_ended(attempt, call))
    newest = max(tried, default=None)
    start = max(since, newest - call.call.late) if newest else since
    fresh = (nominal for nominal in occurrences(schedule, start, now + timedelta(seconds=1)) if nominal not in tried)
    yield from islice(fresh, _MOST_MISSED)


def _is_open_ended(attempt: Attempt, call: Armed) -> bool:
    """Whether an occurrence that was tried may still need something: settling, another try, a report."""
    return attempt.state.open or _next_number(attempt, call) != attempt.attempt


def _due(call: Armed, occurrence: str, nominal: datetime, last: Attempt | None, organization: str) -> Due:
    number = _next_number(last, call) if last else 1
    again = last is not None and number != last.attempt
    ended = _ended(last) if last is not None and again else None
    opens = ended + call.call.gap if ended is not None else nominal
    closes = opens + call.call.late
    before = None if again else last
    attempt = (
        replace(before, state=CallState.CLAIMED, detail="", code="", to=call.callee or before.to)
        if before
        else Attempt(
            name=call.name,
            occurrence=occurrence,
            attempt=number,
            state=CallState.CLAIMED,
            key=idempotency_key(organization, occurrence, number),
            to=call.callee,
            closes=closes.isoformat(),
        )
    )
    return Due(call, attempt, nominal, opens, closes, before)


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


def _instant_of(occurrence: str) -> datetime:
    return parse_instant(occurrence.partition("@")[2])


def rang_that_day(attempts: Iterable[Attempt], to_number: str, *, now: datetime) -> int:
    """How many of our calls may have rung this person on the calendar day of ``now``; uncertain ones count.

    The day is that of the callee's clocks: of every zone the number may ring in, so that a call counts when
    it was on this day in any of them.
    """
    callee, places = phone_numbers.digest(to_number), [zone(name) for name in phone_numbers.zones(to_number)]
    return sum(
        attempt.to == callee
        and attempt.state.rang
        and bool(attempt.claimed_at)
        and _same_day(parse_instant(attempt.claimed_at), now, places)
        for attempt in attempts
    )


def _same_day(one: datetime, other: datetime, places: Iterable[ZoneInfo]) -> bool:
    return any(one.astimezone(place).date() == other.astimezone(place).date() for place in places)


def unarmed(orders: Iterable[PlannedCall], armed: Mapping[str, Armed], now: datetime) -> list[PlannedCall]:
    """The declared calls that are due now and that no apply has armed in this state: nobody will place them."""
    return [
        order
        for order in orders
        if order.name not in armed and order.at is not None and order.at <= now < order.at + order.late
    ]
