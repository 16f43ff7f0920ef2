"""This file exists to say, from the ledger alone, what a dispatch has to do now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler import numbers
from reconciler.clock import parse_instant
from reconciler.ledger import Attempt
from reconciler.occurrences import idempotency_key, occurrence_id

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reconciler.ledger import Armed

OPEN_STATES = frozenset({"claimed", "unknown"})
RANG_STATES = frozenset({"claimed", "placed", "unknown", "completed", "failed"})


@dataclass(frozen=True, slots=True)
class Due:
    """One occurrence that asks for something: to be placed, settled, or given up as missed.

    ``before`` is the attempt recorded for it, None when it was never claimed.
    """

    armed: Armed
    attempt: Attempt
    opens: datetime
    closes: datetime
    before: Attempt | None

    def is_open(self, now: datetime) -> bool:
        """Whether the call may be placed by its window."""
        return self.opens <= now < self.closes

    def is_over(self, now: datetime) -> bool:
        """Whether its window has closed."""
        return now >= self.closes


@dataclass(frozen=True, slots=True)
class Agenda:
    """What there is to do: place what is due, settle what is uncertain, report what was missed."""

    place: tuple[Due, ...]
    settle: tuple[Due, ...]
    missed: tuple[Due, ...]
    next_opening: datetime | None


def agenda(armed: Mapping[str, Armed], attempts: Iterable[Attempt], *, organization: str, now: datetime) -> Agenda:
    """Sort every armed call by what it needs at ``now``; soonest to close first."""
    last: dict[str, Attempt] = {}
    for attempt in attempts:
        known = last.get(attempt.occurrence)
        if known is None or attempt.attempt > known.attempt:
            last[attempt.occurrence] = attempt
    place, settle, missed, later = [], [], [], []
    for call in armed.values():
        due = _once(call, last.get(occurrence_id(call.name, None)), organization)
        if due is None:
            continue
        if due.before is not None and due.before.state in OPEN_STATES:
            settle.append(due)
        elif call.state != "armed" or (due.before is not None and due.before.state != "refused"):
            continue
        elif due.is_over(now):
            missed.append(due)
        elif due.is_open(now):
            place.append(due)
        else:
            later.append(due.opens)
    return Agenda(_by_closing(place), _by_closing(settle), _by_closing(missed), min(later, default=None))


def _by_closing(group: Iterable[Due]) -> tuple[Due, ...]:
    return tuple(sorted(group, key=lambda due: (due.closes, due.armed.name)))


def _once(call: Armed, before: Attempt | None, organization: str) -> Due | None:
    if not call.opens or not call.closes:
        return None
    occurrence = occurrence_id(call.name, None)
    number = before.attempt if before else 1
    fresh = Attempt(
        name=call.name,
        occurrence=occurrence,
        attempt=number,
        state="claimed",
        key=idempotency_key(organization, occurrence, number),
        to=call.callee,
        closes=call.closes,
    )
    attempt = replace(before, state="claimed", detail="", code="") if before else fresh
    return Due(call, attempt, parse_instant(call.opens), parse_instant(call.closes), before)


def rang_recently(attempts: Iterable[Attempt], to_number: str, *, since: datetime) -> int:
    """How many of our calls may have rung this person since an instant; uncertain ones count."""
    callee = numbers.digest(to_number)
    return sum(
        attempt.to == callee
        and attempt.state in RANG_STATES
        and bool(attempt.claimed_at)
        and parse_instant(attempt.claimed_at) > since
        for attempt in attempts
    )
