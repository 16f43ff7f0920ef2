"""Calling hours to the wall clock of the place they are kept in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from reconciler.schedule.clock import (
    clock_time,
    next_opening,
    opening_hours,
    parse_instant,
    time_of_day,
    within_hours,
    zone,
)

MINUTE = timedelta(minutes=1)
# Days around which clocks change somewhere below, and an ordinary one.
DAYS = ("2027-03-14", "2026-11-01", "2026-10-04", "2026-04-05", "2011-12-30", "2027-03-28", "2026-06-10")
ZONES = ("America/New_York", "Australia/Lord_Howe", "Pacific/Apia", "Asia/Beirut", "Europe/Berlin")


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("00:00", 0),
        ("08:00", 480),
        ("21:30", 1290),
        ("23:59", 1439),
        ("24:00", 1440),
        ("09:00:00", 540),
        ("24:00:00", 1440),
    ],
)
def test_a_time_of_day_is_read_as_minutes(text: str, minutes: int) -> None:
    assert clock_time(text) == minutes


@pytest.mark.parametrize("text", ["", "24:01", "08:60", "25:00", "08:00:01", "8am", "08:00\n", 1260])
def test_what_is_no_time_of_day_is_complained_about(text: str) -> None:
    with pytest.raises(ValueError, match=f'`{text}` is not a time of day: write it in quotes, "00:00" to "24:00"'):
        clock_time(text)


def test_an_hour_of_one_digit_is_told_how_to_be_written() -> None:
    with pytest.raises(ValueError, match='`8:00` is not a time of day: write "08:00"'):
        clock_time("8:00")


def test_a_time_of_day_is_said_to_the_minute_however_it_was_written() -> None:
    assert [time_of_day(text) for text in ("09:00", "09:00:00", "24:00:00")] == ["09:00", "09:00", "24:00"]


def test_hours_open_before_they_close_on_one_day() -> None:
    assert opening_hours("08:00", "24:00") == (480, 1440)
    for start, end in (("21:00", "08:00"), ("08:00", "08:00"), ("24:00", "24:00")):
        with pytest.raises(ValueError, match="the start must come before the end"):
            opening_hours(start, end)


@pytest.mark.parametrize(
    ("instant", "inside"),
    [
        ("2026-12-01T12:59:59Z", False),
        ("2026-12-01T13:00:00Z", True),
        ("2026-12-02T01:59:59Z", True),
        ("2026-12-02T02:00:00Z", False),
    ],
)
def test_the_first_minute_is_inside_and_the_last_is_not(instant: str, inside: bool) -> None:  # noqa: FBT001 - a column of the table
    assert within_hours(parse_instant(instant), zone("America/New_York"), 480, 1260) is inside


def test_a_whole_day_is_always_inside() -> None:
    assert within_hours(parse_instant("2026-12-01T04:59:59Z"), zone("America/New_York"), 0, 1440)


@pytest.mark.parametrize(
    ("instant", "place", "start", "end", "opening"),
    [
        ("2026-12-01T10:00Z", "America/New_York", "08:00", "21:00", "2026-12-01T13:00Z"),
        ("2026-12-02T02:00Z", "America/New_York", "08:00", "21:00", "2026-12-02T13:00Z"),
        ("2026-12-01T15:00Z", "America/New_York", "08:00", "21:00", "2026-12-01T15:00Z"),
        ("2027-03-14T05:00Z", "America/New_York", "02:30", "05:00", "2027-03-14T07:00Z"),
        ("2026-11-01T05:45Z", "America/New_York", "01:00", "01:30", "2026-11-01T06:00Z"),
        ("2026-11-01T05:45Z", "America/New_York", "01:10", "01:30", "2026-11-01T06:10Z"),
        ("2011-12-30T09:00Z", "Pacific/Apia", "08:00", "21:00", "2011-12-30T18:00Z"),
    ],
)
def test_the_next_opening(instant: str, place: str, start: str, end: str, opening: str) -> None:
    hours = opening_hours(start, end)
    assert next_opening(parse_instant(instant), zone(place), *hours) == parse_instant(opening)


def test_hours_that_never_open_are_complained_about() -> None:
    with pytest.raises(ValueError, match="never open"):
        next_opening(datetime(2026, 12, 1, tzinfo=UTC), zone("UTC"), 600, 600)


@given(
    day=st.sampled_from(DAYS),
    minutes=st.integers(-1440, 1440),
    place=st.sampled_from(ZONES),
    hours=st.tuples(st.integers(0, 1439), st.integers(1, 1440)),
)
@settings(max_examples=60)
def test_no_minute_before_the_next_opening_is_inside(
    day: str, minutes: int, place: str, hours: tuple[int, int]
) -> None:
    assume(hours[0] < hours[1])
    where, instant = zone(place), parse_instant(f"{day}T12:00Z") + MINUTE * minutes
    opening = next_opening(instant, where, *hours)
    assert opening >= instant
    assert within_hours(opening, where, *hours)
    while instant < opening:
        assert not within_hours(instant, where, *hours)
        instant += MINUTE
