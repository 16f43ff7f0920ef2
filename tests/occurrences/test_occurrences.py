"""Schedules to firing when their wall clock says, each nominal instant once."""

from __future__ import annotations

import time
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from cronsim import CronSim
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.schedule.clock import parse_instant, zone
from reconciler.schedule.occurrences import Schedule, next_occurrence, occurrences

NEW_YORK, BERLIN, LORD_HOWE = "America/New_York", "Europe/Berlin", "Australia/Lord_Howe"
ZONES = (
    NEW_YORK,
    BERLIN,
    LORD_HOWE,
    "Pacific/Apia",
    "Asia/Beirut",
    "Africa/Casablanca",
    "Asia/Kolkata",
    "UTC",
)
# Days around which clocks change in one of those zones; an hour either way decides.
CHANGES = (
    "2027-03-14T07:00Z",
    "2026-11-01T06:00Z",
    "2026-10-03T15:30Z",
    "2026-04-04T15:00Z",
    "2011-12-30T10:00Z",
)
MINUTE = timedelta(minutes=1)


def field(low: int, high: int) -> st.SearchStrategy[str]:
    value = st.integers(low, high)
    listed = st.lists(value, min_size=1, max_size=3).map(lambda values: ",".join(map(str, values)))
    ranged = st.tuples(value, value).map(lambda ends: f"{min(ends)}-{max(ends)}")
    return st.one_of(listed, ranged, st.just("*"), st.integers(1, 7).map(lambda step: f"*/{step}"))


CRONS = st.tuples(
    field(0, 59), st.one_of(field(0, 4), field(0, 23)), st.sampled_from(["*", "*", "1-15", "30,31", "L"]),
    st.just("*"), st.sampled_from(["*", "*", "1-5", "SUN", "MON#2"]),
).map(" ".join)  # fmt: skip
INSTANTS = st.tuples(st.sampled_from(CHANGES), st.integers(-6000, 6000), st.sampled_from([0, 1, 30])).map(
    lambda parts: parse_instant(parts[0]) + MINUTE * parts[1] + timedelta(seconds=parts[2])
)


def local(schedule: Schedule, after: str, before: str) -> list[str]:
    """The occurrences on the schedule's own wall clock, with its offset."""
    place = zone(schedule.timezone)
    found = occurrences(schedule, parse_instant(after), parse_instant(before))
    return [instant.astimezone(place).isoformat(timespec="minutes") for instant in found]


def test_a_schedule_fires_on_its_days_at_its_time() -> None:
    weekdays = Schedule.parse("0 9 * * 1-5", NEW_YORK)
    assert local(weekdays, "2026-12-03T00:00Z", "2026-12-08T00:00Z") == [
        "2026-12-03T09:00-05:00",
        "2026-12-04T09:00-05:00",
        "2026-12-07T09:00-05:00",
    ]


def test_the_start_of_a_range_belongs_to_it_and_the_end_does_not() -> None:
    daily = Schedule.parse("0 9 * * *", "UTC")
    assert local(daily, "2026-12-01T09:00Z", "2026-12-02T09:00Z") == ["2026-12-01T09:00+00:00"]
    assert local(daily, "2026-12-01T09:00:00.000001Z", "2026-12-02T09:00Z") == []


@pytest.mark.parametrize(
    ("cron", "place", "after", "before", "expected"),
    [
        pytest.param(
            *("30 2 * * *", NEW_YORK, "2027-03-13T12:00Z", "2027-03-15T12:00Z"),
            ["2027-03-14T03:00-04:00", "2027-03-15T02:30-04:00"],
            id="a fixed time that is jumped over fires after the jump",
        ),
        pytest.param(
            *("0,30 2,3 * * *", NEW_YORK, "2027-03-14T00:00Z", "2027-03-15T00:00Z"),
            ["2027-03-14T03:00-04:00", "2027-03-14T03:30-04:00"],
            id="several jumped over, and one due at the jump, fire once",
        ),
        pytest.param(
            *("*/30 2 * * *", NEW_YORK, "2027-03-14T00:00Z", "2027-03-15T00:00Z"),
            [],
            id="a wildcard that is jumped over does not fire",
        ),
        pytest.param(
            *("30 1 * * *", NEW_YORK, "2026-11-01T00:00Z", "2026-11-02T00:00Z"),
            ["2026-11-01T01:30-04:00"],
            id="a fixed time that comes twice fires the first time",
        ),
        pytest.param(
            *("30 1 * * *", NEW_YORK, "2026-11-01T06:10Z", "2026-11-02T00:00Z"),
            [],
            id="and not the second time, wherever the range starts",
        ),
        pytest.param(
            *("30 * * * *", NEW_YORK, "2026-11-01T05:00Z", "2026-11-01T08:00Z"),
            ["2026-11-01T01:30-04:00", "2026-11-01T01:30-05:00", "2026-11-01T02:30-05:00"],
            id="every hour means every hour that passes",
        ),
        pytest.param(
            *("30 2 * * *", BERLIN, "2027-03-28T00:00Z", "2027-03-29T00:00Z"),
            ["2027-03-28T03:00+02:00"],
            id="Berlin in spring",
        ),
        pytest.param(
            *("30 2 * * *", BERLIN, "2026-10-24T12:00Z", "2026-10-25T12:00Z"),
            ["2026-10-25T02:30+02:00"],
            id="Berlin in autumn",
        ),
        pytest.param(
            *("15 2 * * *", LORD_HOWE, "2026-10-03T00:00Z", "2026-10-05T00:00Z"),
            ["2026-10-04T02:30+11:00", "2026-10-05T02:15+11:00"],
            id="a jump of half an hour",
        ),
        pytest.param(
            *("*/10 3 * * *", LORD_HOWE, "2026-10-03T12:00Z", "2026-10-03T17:00Z"),
            [f"2026-10-04T03:{minute}0+11:00" for minute in range(6)],
            id="the hour after a jump of half an hour is whole",
        ),
        pytest.param(
            *("45 1 * * *", LORD_HOWE, "2026-04-04T12:00Z", "2026-04-05T12:00Z"),
            ["2026-04-05T01:45+11:00"],
            id="a step back of half an hour",
        ),
        pytest.param(
            *("0 9 * * *", "Pacific/Apia", "2011-12-29T00:00Z", "2011-12-31T12:00Z"),
            ["2011-12-29T09:00-10:00", "2011-12-31T09:00+14:00"],
            id="a day that was skipped is not made up for",
        ),
    ],
)
def test_a_clock_change(cron: str, place: str, after: str, before: str, expected: list[str]) -> None:
    assert local(Schedule.parse(cron, place), after, before) == expected


@given(cron=CRONS, place=st.sampled_from(ZONES), instants=st.lists(INSTANTS, min_size=3, max_size=3))
def test_adjacent_ranges_share_nothing_and_miss_nothing(cron: str, place: str, instants: list[datetime]) -> None:
    schedule = Schedule(cron, place)
    start, _, end = sorted(instants)
    # A change of the clocks is worth cutting at; far apart, the ranges would take their time.
    end = min(end, start + timedelta(days=8))
    middle = start + (end - start) / 3
    whole = list(occurrences(schedule, start, end))
    assert whole == [*occurrences(schedule, start, middle), *occurrences(schedule, middle, end)]
    assert all(low < high for low, high in pairwise(whole))
    assert all(start <= instant < end and instant.tzinfo is UTC for instant in whole)


@given(cron=CRONS, place=st.sampled_from(ZONES), start=INSTANTS)
def test_every_minute_agrees_with_the_wall_clock(cron: str, place: str, start: datetime) -> None:
    start = start.replace(second=0)
    expected = []
    simulated = CronSim(cron, start.replace(tzinfo=None))  # only to read the expression
    wild = any(part.startswith("*") for part in cron.split()[:2])
    seen: set[datetime] = set()
    for count in range(-180, 600):
        instant = start + MINUTE * count
        wall = instant.astimezone(zone(place)).replace(tzinfo=None, fold=0)
        matches = wall.minute in simulated.minutes and wall.hour in simulated.hours and simulated.match_day(wall.date())
        if matches and count >= 0 and (wild or wall not in seen):
            expected.append(instant)
        seen.add(wall)
    found = list(occurrences(Schedule(cron, place), start, start + MINUTE * 600))
    made_up = [instant for instant in found if instant not in expected]
    assert [instant for instant in found if instant in expected] == expected
    assert len(made_up) <= 1 - wild
    for instant in made_up:  # only at the very end of a jump
        before = (instant - MINUTE).astimezone(zone(place)).utcoffset()
        assert before != instant.astimezone(zone(place)).utcoffset()


@given(cron=CRONS, place=st.sampled_from([NEW_YORK, BERLIN]), day=st.dates(date(2026, 1, 1), date(2028, 1, 1)))
@settings(max_examples=50)
def test_zones_that_jump_by_whole_hours_agree_with_cronsim(cron: str, place: str, day: date) -> None:
    noon = datetime(day.year, day.month, day.day, 12, tzinfo=zone(place))
    theirs = []
    for instant in CronSim(cron, noon - timedelta(seconds=1)):
        if instant.astimezone(UTC) >= (noon + timedelta(days=3)).astimezone(UTC):
            break
        theirs.append(instant.astimezone(UTC))
    assert list(occurrences(Schedule(cron, place), noon, noon + timedelta(days=3))) == theirs


@pytest.mark.parametrize(
    ("cron", "complaint"),
    [
        ("61 9 * * *", "in `61 9 * * *` the minute `61` is not one of 0-59"),
        ("0 24 * * *", "the hour `24` is not one of 0-23"),
        ("0 9 32 * *", "the day of month `32` is not one of 1-31"),
        ("0 9 * 13 *", "the month `13` is not one of 1-12 or JAN-DEC"),
        ("0 9 * * MOND", "the day of week `MOND` is not one of 0-7 or SUN-SAT"),
        ("61 25 * * *", "the minute `61` is not one of 0-59 and the hour `25` is not one of 0-23"),
        ("*/0 * * * *", "the minute `*/0`"),
        ("9 * * *", "is not a cron expression of five fields"),
        ("0 0 9 * * *", "is not a cron expression of five fields"),
        (
            "@daily",
            "is not a cron expression of five fields (minute, hour, day of month, month, day of week)",
        ),
        ("", "is not a cron expression of five fields"),
        ("0 " * 400, "is not a cron expression of five fields"),
        (f"0 9 * * {'1,' * 300}1", "is not a cron expression of five fields"),
        ("0 0 31 2 *", "`0 0 31 2 *` never fires"),
        ("0 0 31 4,6 *", "never fires"),
        ("0 0 */31 * MON#5", "never fires"),
    ],
)
def test_a_wrong_expression_is_told_which_field_is_wrong(cron: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=r".") as caught:
        Schedule.parse(cron, NEW_YORK)
    assert complaint in str(caught.value)


def test_a_schedule_that_never_fires_does_not_loop_for_ever() -> None:
    never = Schedule("0 0 */31 * MON#5", "UTC")  # the first of a month, if it is the fifth Monday
    started = time.thread_time()
    assert next_occurrence(never, parse_instant("2030-01-01T00:00Z")) is None
    assert time.thread_time() - started < 30


def test_a_rare_schedule_is_found_decades_ahead() -> None:
    rare = Schedule.parse("0 0 * 2 MON#5", NEW_YORK)
    assert next_occurrence(rare, parse_instant("2026-12-01T00:00Z")) == parse_instant("2044-02-29T05:00Z")


def test_the_next_occurrence_may_be_now() -> None:
    daily = Schedule.parse("0 9 * * *", "UTC")
    assert next_occurrence(daily, parse_instant("2026-12-01T09:00Z")) == parse_instant("2026-12-01T09:00Z")


@pytest.mark.parametrize(
    ("start", "until", "days"),
    [
        ("2026-12-02", "2026-12-04", [2, 3, 4]),
        (date(2026, 12, 2), date(2026, 12, 2), [2]),
        ("2026-12-02T09:00", "2026-12-03T09:00", [2, 3]),
        ("2026-12-02T09:01", "2026-12-03T08:59", []),
        ("2026-12-02T14:00:00Z", "2026-12-03T13:59:59Z", [2]),
        (None, "2026-12-01", [1]),
        ("2026-12-06", None, [6]),
    ],
)
def test_the_bounds_of_a_schedule_are_both_inside(
    start: str | date | None, until: str | date | None, days: list[int]
) -> None:
    schedule = Schedule.parse("0 9 * * *", NEW_YORK, start=start, until=until)
    found = occurrences(schedule, parse_instant("2026-12-01T00:00Z"), parse_instant("2026-12-07T00:00Z"))
    assert [instant.day for instant in found] == days


def test_a_day_without_a_midnight_starts_when_the_clocks_have_jumped() -> None:
    schedule = Schedule.parse("0 9 * * *", "Asia/Beirut", start="2027-03-28")
    assert schedule.start == parse_instant("2027-03-27T22:00Z")


@pytest.mark.parametrize(
    ("start", "until", "complaint"),
    [
        ("2026-12-05", "2026-12-04", r"`until` \(2026-12-04\) comes before `from` \(2026-12-05\)"),
        ("soon", None, "`soon` is not a date and time"),
        ("2027-03-14T02:30", None, "does not exist"),
        (None, "9999-12-31", "is not between the years"),
        (None, "2026-02-30", "is not a date and time"),
    ],
)
def test_wrong_bounds_are_complained_about(start: str | None, until: str | None, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        Schedule.parse("0 9 * * *", NEW_YORK, start=start, until=until)


def test_a_wrong_zone_is_complained_about() -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone"):
        Schedule.parse("0 9 * * *", "New York")
