"""Calling hours where the callee is: whether a number may be rung now, and when it may be next."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, timedelta
from functools import cache
from typing import TYPE_CHECKING

from reconciler.schedule.clock import next_opening, within_hours, zone
from reconciler.schedule.closed_days import NO_DAY, ClosedDays
from reconciler.schedule.occurrences import midnight
from reconciler.telephony.phone_numbers import zones

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

_HORIZON = timedelta(days=4)
_WHOLE_DAY = 24 * 60  # minutes
_LONGEST_CLOSURE = timedelta(days=100)


@dataclass(frozen=True, slots=True)
class CalleeHours:
    """Whether a number may be rung at an instant, as far as the time of day and the day go.

    ``zone`` and ``local`` are the place that forbids it and the time there (when allowed: any place where
    it may ring). ``opens`` is the next instant allowed in every zone, this one included; None when the
    zones lie so far apart that there is none, or nothing opens within months. ``closed`` says why the day is
    one on which nobody is rung there, "" where only the hour forbids it.
    """

    allowed: bool
    zone: str
    local: datetime
    opens: datetime | None
    closed: str = ""


def callee_hours(instant: datetime, number: str, start: int, end: int, closed: ClosedDays = NO_DAY) -> CalleeHours:
    """Whether ``start`` to ``end`` (minutes of the day) hold in every zone in which a number may ring, on an open day.

    ``number`` is E.164; see ``phone_numbers.zones`` for numbers that name no place.
    """
    places = [zone(name) for name in zones(number)]
    shut = [(place, why) for place in places if (why := closed_on(instant, number, place, closed))]
    forbidding = [place for place, _ in shut] or [it for it in places if not within_hours(instant, it, start, end)]
    deciding = (forbidding or places)[0]
    opens = _opening(instant, number, places, (start, end), closed) if forbidding else instant.astimezone(UTC)
    return CalleeHours(not forbidding, deciding.key, instant.astimezone(deciding), opens, shut[0][1] if shut else "")


def may_ring(instant: datetime, number: str, start: int, end: int) -> bool:
    """Whether these hours allow a call in every zone; for whoever asks of many, and needs no reason."""
    if start <= 0 and end >= _WHOLE_DAY:
        return True
    return all(within_hours(instant, place, start, end) for place in _clocks(zones(number)))


@cache
def _clocks(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    return tuple(map(zone, names))


def closed_for(instant: datetime, number: str, closed: ClosedDays) -> str:
    """Why the day of an instant is closed in any zone in which a number may ring; "" where it is closed in none."""
    if not closed:
        return ""
    found = (closed_on(instant, number, zone(name), closed) for name in zones(number))
    return next((why for why in found if why), "")


def closed_on(instant: datetime, number: str, place: ZoneInfo, closed: ClosedDays) -> str:
    """As ``closed_for``, in one zone."""
    return closed.why(instant.astimezone(place).date(), number) if closed else ""


def _opening(
    instant: datetime, number: str, places: list[ZoneInfo], hours: tuple[int, int], closed: ClosedDays
) -> datetime | None:
    """The next instant at which it is an open hour of an open day everywhere."""
    candidate = instant.astimezone(UTC)
    limit = candidate + _HORIZON
    while candidate <= limit:
        latest = max(next_opening(candidate, place, *hours) for place in places)
        if latest > candidate:
            candidate = latest
            continue
        shut = [place for place in places if closed_on(candidate, number, place, closed)]
        if not shut:
            return candidate
        candidate = max(midnight(candidate.astimezone(it).date() + timedelta(days=1), it) for it in shut)
        limit = min(candidate + _HORIZON, instant + _LONGEST_CLOSURE)
    return None
