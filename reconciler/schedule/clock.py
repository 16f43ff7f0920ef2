"""The time now, and what a written time means.

Everything below the command line takes ``now`` as a parameter; only the edge asks a ``Clock``. A wall
time becomes an instant in one place, ``resolve_local``, which decides what both clock changes of a year mean.
"""

from __future__ import annotations

import math
import re
import time
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from reconciler.schedule import timezones
from reconciler.schedule.zone_names import ZONE_KEY, is_reversed, offset_of, unknown_zone

if TYPE_CHECKING:
    from collections.abc import Iterator

_DATE_TIME = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2}(?:\.[0-9]{1,9})?)?"
    r"(Z|[+-][0-9]{2}:?[0-9]{2})?",
    re.IGNORECASE,
)
_YEARS = range(1970, 2200)
_DURATION = re.compile(r"(?:([0-9]{1,9})d)?(?:([0-9]{1,9})h)?(?:([0-9]{1,9})m)?(?:([0-9]{1,9})s)?")
_LONGEST_DURATION = timedelta(days=366)
_SPOKEN_UNITS = (("d", 86400), ("h", 3600), ("min", 60), ("s", 1))
_SPOKEN_LENGTH = 2  # units: "9 d 7 h" tells a reader more than "9 d 7 h 12 min 4 s"
_CLOCK_TIME = re.compile(r"(?:([01][0-9]|2[0-3]):([0-5][0-9])|24:00)(?::00)?")  # the platform tells the seconds
_END_OF_DAY = 24 * 60
_REMEMBERED = 1 << 17  # spellings: every stage of a run asks what those of each row of a list mean
_OPENING_HORIZON = 4  # days: a zone that crosses the date line skips one of them whole
_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
MONTHS = tuple(name[:3] for name in _LONG_MONTHS)


class Clock(Protocol):
    """Tells the time in UTC and waits."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a fixed clock moves forward instead."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        time.sleep(seconds)


@dataclass
class FixedClock:
    """A clock that stands at one instant and moves only when told to wait."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.instant

    def sleep(self, seconds: float) -> None:
        """Move forward by that much, at once."""
        self.instant += timedelta(seconds=seconds)


@dataclass(frozen=True, slots=True)
class LocalTime:
    """What a wall time means: an instant in UTC, and whether that wall time occurs twice (then the first)."""

    instant: datetime
    ambiguous: bool = False


class NonexistentTime(ValueError):
    """A wall time that the clocks jump over.

    ``moment`` is the wall time asked for, ``gap_start`` and ``gap_end`` are the wall times between which
    the clocks jump (all naive), ``instant`` is when they jump (UTC).
    """

    def __init__(self, moment: datetime, zone: ZoneInfo, instant: datetime) -> None:
        self.moment = moment
        self.instant = instant
        self.gap_start = _wall(instant - timedelta(seconds=1), zone) + timedelta(seconds=1)
        self.gap_end = _wall(instant, zone)
        super().__init__(
            f"{_clock_face(moment)} does not exist on {_long_date(moment)} in {zone.key}: "
            f"clocks go from {_spoken_jump(self.gap_start, self.gap_end)}"
        )


def parse_instant(text: str) -> datetime:
    """Read an ISO 8601 date and time with an offset or ``Z``; aware, in UTC; ValueError otherwise."""
    written = _parse_date_time(text)
    if written.tzinfo is None:
        raise ValueError(f"`{text}` has no offset: end it with `Z` or one such as `-05:00`")
    return written.astimezone(UTC)


def vendor_instant(text: str) -> datetime:
    """Read a timestamp of the platform's: UTC where it has no offset (contract 1.5); ValueError otherwise."""
    written = _parse_date_time(text)
    return (written if written.tzinfo else written.replace(tzinfo=UTC)).astimezone(UTC)


def stamp(instant: datetime) -> str:
    """An instant as it is stored: ISO 8601, UTC, whole seconds unless there are more."""
    return instant.astimezone(UTC).isoformat().replace("+00:00", "Z")


def parse_duration(text: str) -> timedelta:
    """Read ``10m``, ``1h30m`` or ``2d``: d, h, m and s, each at most once, the large ones first.

    ValueError for anything else, be it a bare number as YAML reads it, a negative one or more than 366 days.
    """
    return _duration(f"{text}")


def spoken_duration(duration: timedelta) -> str:
    """Write a duration for people in its two largest units, rounded down: ``9 d 7 h``, ``45 min``."""
    parts = _split(duration, _SPOKEN_UNITS)
    largest = parts[:_SPOKEN_LENGTH] if _adjacent(parts) else parts[:1]
    return " ".join(f"{count} {unit}" for count, unit in largest) or "0 s"


def spoken_gap(origin: datetime, target: datetime) -> str:
    """Where ``target`` lies seen from ``origin``: ``in 9 d 7 h``, ``5 min ago``, ``now`` within a second.

    From 90 days on in whole months of the calendar, rounded down: ``in 3 y 3 mo``.
    """
    gap = target - origin
    if abs(gap) < timedelta(seconds=1):
        return "now"
    spoken = spoken_duration(gap) if abs(gap) < timedelta(days=90) else _spoken_months(origin, target)
    return f"in {spoken}" if gap > timedelta(0) else f"{spoken} ago"


def _spoken_months(origin: datetime, target: datetime) -> str:
    early, late = sorted((origin.astimezone(UTC), target.astimezone(UTC)))
    months = (late.year - early.year) * 12 + late.month - early.month
    months -= (late.day, late.time()) < (early.day, early.time())
    counts = ((months // 12, "y"), (months % 12, "mo"))
    return " ".join(f"{count} {unit}" for count, unit in counts if count)


def spoken_local(instant: datetime, zone: ZoneInfo, *, now: datetime | None = None) -> str:
    """Write an instant for people in English: ``Tue 1 Dec 15:00 New York``.

    With ``now``, the year is named when it is not the year of ``now`` there.
    """
    local = instant.astimezone(zone)
    year = f" {local.year}" if now is not None and now.astimezone(zone).year != local.year else ""
    return f"{spoken_day(local)}{year} {_clock_face(local)} {_spoken_place(zone)}"


def spoken_day(day: date) -> str:
    """``Tue 1 Dec``."""
    return f"{_DAYS[day.weekday()]} {day.day} {MONTHS[day.month - 1]}"


def _spoken_place(zone: ZoneInfo) -> str:
    """``New York``; the offset of a zone that is only one, since ``Etc/GMT+5`` is five hours behind."""
    if not is_reversed(zone.key):
        return zone.key.rpartition("/")[2].replace("_", " ")
    return offset_of(zone.key)


def zone(name: str) -> ZoneInfo:
    """The IANA time zone of that name; ValueError with the nearest names for any other text."""
    try:
        if ZONE_KEY.fullmatch(name):
            return timezones.load(name)
    except ZoneInfoNotFoundError as error:
        raise ValueError(unknown_zone(name)) from error
    raise ValueError(unknown_zone(name))


def resolve_local(moment: datetime, zone: ZoneInfo) -> LocalTime:
    """The instant of a naive wall time in a zone; the first one where it occurs twice.

    NonexistentTime where the clocks jump over it; ValueError for a moment that is not naive.
    """
    if moment.tzinfo is not None:
        raise ValueError(f"`{moment.isoformat()}` has an offset already")
    first = moment.replace(tzinfo=zone, fold=0).astimezone(UTC)
    second = moment.replace(tzinfo=zone, fold=1).astimezone(UTC)
    if first != second and _wall(first, zone) != moment.replace(fold=0):
        raise NonexistentTime(moment, zone, next(offset_changes(zone, second, first)))
    return LocalTime(first, ambiguous=first != second)


def parse_moment(at: str | date) -> datetime:
    """Read a date and time as written, naive or aware; a datetime is itself; ValueError otherwise."""
    if isinstance(at, datetime):
        return _in_range(at, at.isoformat())
    if isinstance(at, date):
        raise ValueError(f"`{at.isoformat()}` needs a time of day: write it as {at.isoformat()}T15:00:00")  # noqa: TRY004 - one type for callers
    return _parse_date_time(at)


def nominal(at: str | date, timezone: str | None) -> LocalTime:
    """What a manifest's ``at``, a text or the datetime that YAML made of it, and ``timezone`` mean together.

    ``at`` has an offset, or is a wall time there (see ``resolve_local``), or both where they agree; else ValueError.
    """
    return _nominal(at if isinstance(at, str) else parse_moment(at).isoformat(), timezone)


@lru_cache(maxsize=_REMEMBERED)
def _nominal(at: str, timezone: str | None) -> LocalTime:
    moment = _parse_date_time(at)
    if timezone is None:
        if moment.tzinfo is None:
            raise ValueError(f"`{moment.isoformat()}` needs a timezone or an offset")
        return LocalTime(moment.astimezone(UTC))
    if moment.tzinfo is None:
        return resolve_local(moment, zone(timezone))
    instant = moment.astimezone(UTC)
    expected = instant.astimezone(zone(timezone))
    if expected.utcoffset() != moment.utcoffset():
        raise ValueError(
            f"`{moment.isoformat()}` and {timezone} do not agree: that instant is "
            f"`{expected.isoformat()}` there; leave out the offset or the timezone"
        )
    return LocalTime(instant)


def clock_time(text: str) -> int:
    """Read ``08:00`` or ``08:00:00`` as minutes since midnight; ``24:00`` ends the day; ValueError otherwise."""
    match = _CLOCK_TIME.fullmatch(text) if isinstance(text, str) else None
    if match is None and isinstance(text, str) and _CLOCK_TIME.fullmatch(f"0{text}"):
        raise ValueError(f'`{text}` is not a time of day: write "0{text}"')
    if match is None:
        raise ValueError(f'`{text}` is not a time of day: write it in quotes, "00:00" to "24:00"')
    return _END_OF_DAY if match[1] is None else int(match[1]) * 60 + int(match[2])


def time_of_day(text: str) -> str:
    """A time of day as it is written, to the minute: ``08:00`` of ``08:00:00``; ValueError as of ``clock_time``."""
    minutes = clock_time(text)
    return f"{minutes // 60:02}:{minutes % 60:02}"


def opening_hours(start: str, end: str) -> tuple[int, int]:
    """Read two times of day as minutes; ValueError unless the first comes before the second on one day."""
    opens, closes = clock_time(start), clock_time(end)
    if opens >= closes:
        raise ValueError(f"{start} to {end} is not a stretch of one day: the start must come before the end")
    return opens, closes


def within_hours(instant: datetime, zone: ZoneInfo, start: int, end: int) -> bool:
    """Whether a zone's clocks show ``start`` (inclusive) to ``end`` (exclusive), both minutes of the day."""
    local = instant.astimezone(zone)
    return start <= local.hour * 60 + local.minute < end


def next_opening(instant: datetime, zone: ZoneInfo, start: int, end: int) -> datetime:
    """The first instant, this one included, ``within_hours``; in UTC; ValueError when ``start >= end``."""
    if start >= end:
        raise ValueError("hours that never open: the start must come before the end")
    if within_hours(instant, zone, start, end):
        return instant.astimezone(UTC)
    candidates = set(_openings(instant, zone, start))
    return min(
        candidate for candidate in candidates if candidate >= instant and within_hours(candidate, zone, start, end)
    )


def offset_changes(zone: ZoneInfo, after: datetime, before: datetime) -> Iterator[datetime]:
    """The instants t, ``after < t <= before``, at which a zone's offset changes; UTC, ascending.

    A change that is undone within a day goes unseen; the IANA database has none since 1970.
    """
    low, last = after.astimezone(UTC), before.astimezone(UTC)
    while low < last:
        high = min(low + timedelta(days=1), last)
        if _offset(low, zone) != _offset(high, zone):
            yield _first_with_offset(zone, low, high)
        low = high


def _first_with_offset(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    offset = _offset(high, zone)
    early, late = math.floor(low.timestamp()), math.ceil(high.timestamp())
    while late - early > 1:
        middle = (early + late) // 2
        if _offset(datetime.fromtimestamp(middle, UTC), zone) == offset:
            late = middle
        else:
            early = middle
    return datetime.fromtimestamp(late, UTC)


def _openings(instant: datetime, zone: ZoneInfo, start: int) -> Iterator[datetime]:
    """Every instant at which hours may open: each day's start, both times round, and each clock change."""
    midnight = _wall(instant, zone).replace(hour=0, minute=0, second=0, microsecond=0)
    for days in range(_OPENING_HORIZON):
        opening = midnight + timedelta(days=days, minutes=start)
        for fold in (0, 1):
            yield opening.replace(tzinfo=zone, fold=fold).astimezone(UTC)
    yield from offset_changes(zone, instant, instant + timedelta(days=_OPENING_HORIZON))


def _offset(instant: datetime, zone: ZoneInfo) -> timedelta | None:
    return instant.astimezone(zone).utcoffset()


def _wall(instant: datetime, zone: ZoneInfo) -> datetime:
    return instant.astimezone(zone).replace(tzinfo=None, fold=0)


def _parse_date_time(text: str) -> datetime:
    if not _DATE_TIME.fullmatch(text):
        raise ValueError(f"`{text}` is not a date and time: write it as 2026-12-01T15:00:00")
    try:
        written = datetime.fromisoformat(text.upper())
    except ValueError as error:
        raise ValueError(f"`{text}` is not a date and time: {error}") from error
    return _in_range(written, text)


def _in_range(written: datetime, text: str) -> datetime:
    if written.year not in _YEARS:
        raise ValueError(f"`{text}` is not between the years {_YEARS[0]} and {_YEARS[-1]}")
    return written


@lru_cache(maxsize=_REMEMBERED)
def _duration(text: str) -> timedelta:
    duration = _parse_units(text.strip())
    if duration > _LONGEST_DURATION:
        raise ValueError(f"`{text}` is longer than {_LONGEST_DURATION.days} days")
    return duration


def _parse_units(text: str) -> timedelta:
    match = _DURATION.fullmatch(text)
    if match and text:
        days, hours, minutes, seconds = (int(part or 0) for part in match.groups())
        return timedelta(seconds=((days * 24 + hours) * 60 + minutes) * 60 + seconds)
    complaints = (
        (not text, "a duration is empty"),
        (text.startswith("-"), f"`{text}` is negative"),
        (text.isdecimal(), f"`{text}` has no unit"),
        (not re.search(r"[0-9]", text), f"`{text}` is not a duration"),
        (re.search(r"[^0-9dhms]", text), f"`{text}` has an unknown unit (d, h, m and s are known)"),
    )
    complaint = next((words for wrong, words in complaints if wrong), None)
    raise ValueError(f"{complaint or f'`{text}` is not a duration'}: write one such as `10m` or `1h30m`")


def _split(duration: timedelta, units: tuple[tuple[str, int], ...]) -> list[tuple[int, str]]:
    """The non-zero counts of each unit, largest first, of a duration's size in whole seconds."""
    rest, parts = int(abs(duration).total_seconds()), []
    for unit, size in units:
        count, rest = divmod(rest, size)
        if count:
            parts.append((count, unit))
    return parts


def _adjacent(parts: list[tuple[int, str]]) -> bool:
    """Whether the second part is the next smaller unit: ``2 d 5 s`` would claim a precision nobody needs."""
    names = [unit for unit, _ in _SPOKEN_UNITS]
    return len(parts) >= _SPOKEN_LENGTH and names.index(parts[1][1]) == names.index(parts[0][1]) + 1


def _clock_face(moment: datetime) -> str:
    return f"{moment:%H:%M:%S}" if moment.second else f"{moment.hour:02d}:{moment.minute:02d}"


def _long_date(moment: datetime) -> str:
    return f"{moment.day} {_LONG_MONTHS[moment.month - 1]} {moment.year}"


def _spoken_jump(start: datetime, end: datetime) -> str:
    if start.date() == end.date():
        return f"{_clock_face(start)} to {_clock_face(end)}"
    return f"{_clock_face(start)} on {_long_date(start)} to {_clock_face(end)} on {_long_date(end)}"
