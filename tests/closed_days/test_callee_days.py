"""On which days a number may be rung, by the calendar of the place where it may ring."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from reconciler.schedule.callee_hours import callee_hours, closed_for
from reconciler.schedule.closed_days import NO_DAY, WEEKDAYS, ClosedDays, check_calendar

SAN_FRANCISCO, NEW_YORK, TORONTO = "+14155550199", "+12125550142", "+14165550123"
BERLIN, MUNICH, NOWHERE, SAN_JUAN = "+4930901820", "+4989901820", "+15551234567", "+17875550123"
SATELLITE = "+88213000000"
HOURS = (8 * 60, 21 * 60)


@pytest.mark.parametrize(
    ("code", "day", "number", "why"),
    [
        ("US", date(2026, 12, 25), SAN_FRANCISCO, "Christmas Day (US)"),
        ("US", date(2026, 12, 25), TORONTO, ""),
        ("US", date(2026, 7, 3), NEW_YORK, "Independence Day (observed) (US)"),
        ("US", date(2026, 3, 31), SAN_FRANCISCO, ""),
        ("US-CA", date(2026, 3, 31), SAN_FRANCISCO, "Cesar Chavez Day (US-CA)"),
        ("US-CA", date(2026, 3, 31), NEW_YORK, ""),
        ("US-CA", date(2026, 12, 25), NEW_YORK, ""),
        ("CA", date(2026, 7, 1), TORONTO, "Canada Day (CA)"),
        ("CA", date(2026, 7, 1), SAN_FRANCISCO, ""),
        ("CA-ON", date(2026, 2, 16), TORONTO, "Family Day (CA-ON)"),
        ("US", date(2026, 7, 4), SAN_JUAN, "Independence Day (US)"),
        ("DE-BE", date(2026, 3, 8), BERLIN, "Women's Day (DE-BE)"),
    ],
)
def test_a_holiday_counts_where_the_callee_is(code: str, day: date, number: str, why: str) -> None:
    assert ClosedDays(holidays=(code,)).why(day, number) == why


@pytest.mark.parametrize("number", [MUNICH, NOWHERE])
def test_a_number_that_does_not_tell_its_region_may_be_in_any_of_its_country(number: str) -> None:
    code, day = ("DE-BY", date(2026, 6, 4)) if number == MUNICH else ("US-CA", date(2026, 3, 31))
    assert ClosedDays(holidays=(code,)).why(day, number)


@pytest.mark.parametrize(("day", "why"), [(date(2026, 12, 26), "a Saturday"), (date(2026, 12, 28), "")])
def test_a_weekday_that_is_not_named_is_closed(day: date, why: str) -> None:
    assert ClosedDays(days=frozenset(WEEKDAYS[:5])).why(day, SAN_FRANCISCO) == why


def test_a_date_is_closed_where_any_clock_of_the_number_shows_it() -> None:
    closed = ClosedDays(dates=frozenset({date(2026, 12, 24)}))
    late = datetime(2026, 12, 25, 4, 30, tzinfo=UTC)
    assert closed_for(late, SAN_FRANCISCO, closed) == "a closed day"
    assert closed_for(late, "+442071838750", closed) == ""
    assert closed_for(datetime(2026, 12, 25, 9, 0, tzinfo=UTC), NOWHERE, closed) == "a closed day"


def test_the_next_opening_is_on_the_next_open_day() -> None:
    closed = ClosedDays(frozenset(WEEKDAYS[:5]), ("US",), frozenset({date(2026, 12, 24)}))
    there = callee_hours(datetime(2026, 12, 24, 18, tzinfo=UTC), SAN_FRANCISCO, *HOURS, closed)
    assert (there.allowed, there.closed, there.zone) == (False, "a closed day", "America/Los_Angeles")
    assert there.opens == datetime(2026, 12, 28, 16, tzinfo=UTC)


def test_at_night_the_next_opening_passes_over_a_closed_day() -> None:
    there = callee_hours(datetime(2026, 12, 25, 6, tzinfo=UTC), SAN_FRANCISCO, *HOURS, ClosedDays(holidays=("US",)))
    assert (there.allowed, there.closed) == (False, "")
    assert there.opens == datetime(2026, 12, 26, 16, tzinfo=UTC)


def test_no_day_opens_where_none_is_left() -> None:
    dates = frozenset(date.fromordinal(date(2026, 12, 1).toordinal() + place) for place in range(120))
    assert callee_hours(datetime(2026, 12, 2, tzinfo=UTC), SAN_FRANCISCO, *HOURS, ClosedDays(dates=dates)).opens is None
    weekly = ClosedDays(days=frozenset({"mon"}))
    assert callee_hours(datetime(2026, 12, 24, 18, tzinfo=UTC), SATELLITE, *HOURS, weekly).opens is None


def test_without_a_setting_every_day_is_open() -> None:
    assert not NO_DAY
    assert NO_DAY.why(date(2026, 12, 25), SAN_FRANCISCO) == ""


@pytest.mark.parametrize(
    ("code", "hint"), [("USA", "did you mean `US`?"), ("US-XX", "CA"), ("us", "US-CA"), ("", "US")]
)
def test_what_is_no_calendar_is_refused_with_what_is(code: str, hint: str) -> None:
    with pytest.raises(ValueError, match="is no calendar of public holidays") as refused:
        check_calendar(code)
    assert hint in str(refused.value)
