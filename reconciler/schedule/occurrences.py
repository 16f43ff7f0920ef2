"""When a scheduled call is due, and which call it then is.

A schedule fires at *nominal instants*. Along a stretch of time in which a zone keeps one offset the wall
clock runs straight, so ``cronsim`` is asked about wall times only, stretch by stretch, and what happens
where two stretches meet is decided in one place, ``_firings``. It follows Debian's cron: a fixed time
that the clocks jump over fires when they have jumped, one that comes twice fires the first time; a
schedule whose minute or hour starts with ``*`` fires whenever the wall clock matches. A jump of more than
three hours (a zone that crosses the date line) is not made up for.
"""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING, Any, NamedTuple
from zoneinfo import ZoneInfo

from reconciler.schedule.clock import (
    NonexistentTime,
    nominal,
    offset_changes,
    parse_instant,
    parse_moment,
    resolve_local,
    zone,
)
from reconciler.schedule.cron_meaning import cron_meaning

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_CRON_FIELDS = (
    ("minute", "0-59"),
    ("hour", "0-23"),
    ("day of month", "1-31"),
    ("month", "1-12 or JAN-DEC"),
    ("day of week", "0-7 or SUN-SAT"),
)
_LONGEST_CRON = 200  # characters
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TICK = timedelta(microseconds=1)
_SECOND = timedelta(seconds=1)
_LONGEST_JUMP = timedelta(hours=3)  # Debian's cron takes more for a corrected clock, not for summer time
_LONGEST_STRETCH = timedelta(days=30)  # keeps the search lazy in zones that never change their offset
_NEVER = timedelta(days=366 * 50)  # after which cronsim gives up
_LOOKAHEAD = timedelta(days=366 * 40)  # 29 February on a Monday may be 40 years away
_FOLD = "+fold"
_OCCURRENCE = re.compile(
    r"(?P<name>.*)@(?P<wall>[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9:.]+(?:[Zz]|[+-][0-9:]+)?(?:\+fold)?)", re.DOTALL
)
_KEY_PREFIX = "rc1-"
_KEY_LENGTH = 64


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a recurring call is due: five cron fields, read on the wall clock of ``timezone``.

    ``start`` and ``until`` are aware instants, both inclusive (as UNTIL is in RFC 5545). On the days of ``exceptions``
    (EXDATE) it is not due. Made by ``parse``.
    """

    cron: str
    timezone: str
    start: datetime | None = None
    until: datetime | None = None
    exceptions: frozenset[date] = frozenset()

    @classmethod
    def parse(
        cls,
        cron: str,
        timezone: str,
        *,
        start: str | date | None = None,
        until: str | date | None = None,
        exceptions: Iterable[str | date] = (),
    ) -> Schedule:
        """Read a manifest's schedule; ValueError with a sentence for anything that cannot be meant.

        A bound is a wall time in ``timezone``, an instant with an offset, or a date: the whole day counts.
        """
        where = zone(timezone)
        _check_cron(cron)
        first = _first_moment(start, where) if start is not None else None
        last = _last_moment(until, where) if until is not None else None
        if first and last and last < first:
            raise ValueError(f"`until` ({until}) comes before `from` ({start})")
        return cls(" ".join(cron.split()), timezone, first, last, frozenset(map(parse_day, exceptions)))

    @classmethod
    def of(cls, written: Mapping[str, Any]) -> Schedule:
        """The ``schedule`` of a manifest, or of what was armed."""
        return cls.parse(
            written["cron"],
            written["timezone"],
            start=written.get("from"),
            until=written.get("until"),
            exceptions=written.get("except") or (),
        )

    @property
    def excepted(self) -> Schedule:
        """The same schedule without its exceptions."""
        return replace(self, exceptions=frozenset())

    @property
    def meaning(self) -> tuple[object, ...]:
        """What it says but for its exceptions, however its cron fields are spelled."""
        return cron_meaning(self.cron), self.timezone, self.start, self.until


class Occurrence(NamedTuple):
    """One firing of a schedule: the instant (UTC), and the declared wall time that is its identity.

    ``wall`` is naive; its ``fold`` is 1 for the second of two equal ones. Where the clocks jump over the declared
    time, ``nominal`` is when they have jumped.
    """

    nominal: datetime
    wall: datetime

    @property
    def identity(self) -> tuple[datetime, int]:
        """What tells it from any other firing: two wall times that differ in their ``fold`` alone compare equal."""
        return self.wall, self.wall.fold


def occurrences(schedule: Schedule, after: datetime, before: datetime) -> Iterator[datetime]:
    """The nominal instants t of a schedule, ``after <= t < before``, in UTC, each once, ascending.

    The work is bounded by the length of the range, also for a schedule that never fires.
    """
    return (firing.nominal for firing in firings(schedule, after, before))


def firings(schedule: Schedule, after: datetime, before: datetime) -> Iterator[Occurrence]:
    """The occurrences of a schedule, ``after <= nominal < before``, ascending."""
    low = max(after, schedule.start or after).astimezone(UTC)
    high = min(before, schedule.until + _TICK if schedule.until else before).astimezone(UTC)
    wall_times, exceptions = _WallTimes(schedule.cron), schedule.exceptions
    # A clock set back up to three hours before `low` still decides which times come for the second time.
    scanned = low.replace(microsecond=0) - _LONGEST_JUMP
    for stretch in _stretches(zone(schedule.timezone), scanned, high):
        found = (firing for firing in _firings(wall_times, stretch) if low <= firing.nominal < high)
        yield from (firing for firing in found if firing.wall.date() not in exceptions) if exceptions else found


def next_occurrence(schedule: Schedule, after: datetime) -> datetime | None:
    """The first nominal instant at or after an instant; None when the schedule is over."""
    found = next_firing(schedule, after)
    return found.nominal if found else None


def next_firing(schedule: Schedule, after: datetime) -> Occurrence | None:
    """The first occurrence at or after an instant; None when the schedule is over."""
    return next(firings(schedule, after, after + _LOOKAHEAD), None)


def occurrence_id(name: str, wall: datetime | None) -> str:
    """``name`` of a single call, ``name@2026-12-01T09:00`` of one occurrence of a recurring one.

    ``wall`` is the declared wall time, the second of two equal ones by its ``fold``: ``name@2026-11-01T01:30+fold``.
    So it is the same for runners whose time-zone data differ. ValueError for a time with an offset, or of no whole
    second: its text would not be unique.
    """
    if wall is None:
        return name
    if wall.tzinfo is not None or wall.microsecond:
        raise ValueError(f"`{wall.isoformat()}` is not a declared wall time")
    text = wall.replace(fold=0).isoformat(timespec="seconds" if wall.second else "minutes")
    return f"{name}@{text}{_FOLD if wall.fold else ''}"


def parts_of(occurrence: str) -> tuple[str, str]:
    """The name of a call and the wall time of one of its occurrences, as written; "" for a single call.

    A name may have an ``@`` of its own (the key of a row is whatever a table says), but not one before a time.
    """
    if "@" not in occurrence or (found := _OCCURRENCE.fullmatch(occurrence)) is None:
        return occurrence, ""
    return found["name"], found["wall"]


def occurrence_of(occurrence: str, place: ZoneInfo) -> Occurrence | None:
    """What ``occurrence_id`` names, read in the schedule's zone; None for a single call. ValueError for other text.

    Older states name occurrences by their instant in UTC.
    """
    _, written = parts_of(occurrence)
    if not written:
        return None
    if written.endswith("Z"):
        nominal = parse_instant(written)
        local = nominal.astimezone(place)
        return Occurrence(nominal, local.replace(tzinfo=None))
    wall = parse_moment(written.removesuffix(_FOLD)).replace(fold=int(written.endswith(_FOLD)))
    if wall.tzinfo is not None:
        raise ValueError(f"`{occurrence}` names no declared wall time")
    try:
        first = resolve_local(wall.replace(fold=0), place).instant
    except NonexistentTime as gap:
        return Occurrence(gap.instant, wall)
    return Occurrence(wall.replace(tzinfo=place).astimezone(UTC) if wall.fold else first, wall)


def idempotency_key(organization: str, occurrence: str, attempt: int, *, project: str = "") -> str:
    """The vendor's ``idempotency_key`` of one attempt: 64 characters (the vendor allows 128, contract 1.8).

    What is said, when, and in which file is not in it, so that no edit can make a second call of one
    occurrence; the project is, so that two repositories on one account never share a key. Attempts count from 1;
    ValueError otherwise.
    """
    if attempt < 1:
        raise ValueError(f"attempt {attempt}: attempts count from 1")
    # JSON quotes what it joins: no choice of names makes two lists one text.
    parts = [organization, *([project] if project else []), occurrence, attempt]
    joined = json.dumps(parts, separators=(",", ":"))
    return (_KEY_PREFIX + hashlib.sha256(joined.encode()).hexdigest())[:_KEY_LENGTH]


class _Stretch(NamedTuple):
    """Instants in UTC, ``start <= t < end``, of one offset, and the offset just before ``start``."""

    start: datetime
    end: datetime
    offset: timedelta
    previous: timedelta


def _stretches(place: ZoneInfo, low: datetime, high: datetime) -> Iterator[_Stretch]:
    previous = _offset(low, place)
    while low < high:
        limit = min(low + _LONGEST_STRETCH, high)
        end = next(offset_changes(place, low, limit), limit)
        offset = _offset(low, place)
        yield _Stretch(low, end, offset, previous)
        low, previous = end, offset


def _firings(wall_times: _WallTimes, stretch: _Stretch) -> Iterator[Occurrence]:
    """The firings of a stretch, and what the clock change before it left over."""
    low = stretch.start.replace(tzinfo=None) + stretch.offset
    high = stretch.end.replace(tzinfo=None) + stretch.offset
    jump = stretch.offset - stretch.previous
    if wall_times.fixed and timedelta(0) < jump <= _LONGEST_JUMP:
        if (skipped := next(wall_times.between(low - jump, low + _SECOND), None)) is not None:
            yield Occurrence(stretch.start, skipped)
        low += _SECOND
    elif wall_times.fixed and -_LONGEST_JUMP <= jump < timedelta(0):
        low -= jump
    repeated = low - min(jump, timedelta(0))  # until when this stretch shows the wall times of the one before
    for wall in wall_times.between(low, high):
        yield Occurrence((wall - stretch.offset).replace(tzinfo=UTC), wall.replace(fold=int(wall < repeated)))


class _WallTimes:
    """The wall times that a cron expression matches; remembers the last idle period, which may be decades."""

    def __init__(self, cron: str) -> None:
        self._cron = cron
        self._idle: tuple[datetime, datetime] | None = None
        minute, hour, *_ = cron.split()
        self.fixed = not (minute.startswith("*") or hour.startswith("*"))

    def between(self, low: datetime, high: datetime) -> Iterator[datetime]:
        """The matching wall times, ``low <= wall < high``, ascending."""
        if self._idle and self._idle[0] <= low and high <= self._idle[1]:
            return
        # Deferred: importing it costs about 20 ms, which only schedules should pay.
        from cronsim import CronSim  # noqa: PLC0415 - deferred as said above

        for wall in CronSim(self._cron, low - _SECOND):
            if wall >= high:
                self._idle = (high, wall)
                return
            yield wall
        self._idle = (high, high + _NEVER)


def _offset(instant: datetime, place: ZoneInfo) -> timedelta:
    return instant.astimezone(place).utcoffset() or timedelta(0)


def _check_cron(cron: str) -> None:
    fields = cron.split()
    if len(fields) != len(_CRON_FIELDS) or len(cron) > _LONGEST_CRON:
        names = ", ".join(name for name, _ in _CRON_FIELDS)
        raise ValueError(f"`{cron[:_LONGEST_CRON]}` is not a cron expression of five fields ({names})")
    wrong = [
        f"the {name} `{field}` is not one of {allowed}"
        for index, (field, (name, allowed)) in enumerate(zip(fields, _CRON_FIELDS, strict=True))
        if not _fires(" ".join(field if place == index else "*" for place in range(len(fields))))
    ]
    if wrong:
        raise ValueError(f"in `{cron}` " + " and ".join(wrong))
    if not _fires(cron):
        raise ValueError(f"`{cron}` never fires: no such day comes in any of its months")


def _fires(cron: str) -> bool:
    # Deferred: importing it costs about 20 ms, which only schedules should pay.
    from cronsim import CronSim, CronSimError  # noqa: PLC0415 - deferred as said above

    try:
        # 2000 starts the longest cycle of the calendar; cronsim itself gives up after 50 years.
        return next(CronSim(cron, datetime(2000, 1, 1)), None) is not None  # noqa: DTZ001 - a wall time, no zone
    except CronSimError:
        return False


def _first_moment(bound: str | date, place: ZoneInfo) -> datetime:
    day = _whole_day(bound)
    return midnight(day, place) if day else _instant(bound, place)


def _last_moment(bound: str | date, place: ZoneInfo) -> datetime:
    day = _whole_day(bound)
    return midnight(day + timedelta(days=1), place) - _TICK if day else _instant(bound, place)


def ending(written: str | date, place: tzinfo) -> datetime:
    """The instant at which something ends: a date is its whole day there; ValueError for what is neither.

    A time without an offset is one of that place.
    """
    if day := _whole_day(written):
        return midnight(day + timedelta(days=1), place)
    moment = parse_moment(written)
    return (moment if moment.tzinfo else moment.replace(tzinfo=place)).astimezone(UTC)


def parse_day(written: str | date) -> date:
    """Read a date such as 2026-12-24; ValueError for any other text."""
    if (day := _whole_day(written)) is None:
        raise ValueError(f"`{written}` is not a date: write it as 2026-12-24")
    return day


def _whole_day(bound: str | date) -> date | None:
    if isinstance(bound, datetime) or (isinstance(bound, str) and not _DATE.fullmatch(bound)):
        return None
    return parse_moment(f"{bound}T00:00:00").date()


def midnight(day: date, place: tzinfo) -> datetime:
    """The instant at which a day begins on the clocks of a zone, also where they jump over midnight."""
    if not isinstance(place, ZoneInfo):
        return datetime(day.year, day.month, day.day, tzinfo=place).astimezone(UTC)
    try:
        return resolve_local(parse_moment(f"{day}T00:00:00"), place).instant
    except NonexistentTime as gap:
        return gap.instant


def _instant(bound: str | date, place: ZoneInfo) -> datetime:
    moment = parse_moment(bound)
    return nominal(moment, place.key if moment.tzinfo is None else None).instant
