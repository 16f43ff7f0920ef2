"""The place of a number to the widest that its digits leave open."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

from reconciler.schedule.clock import within_hours, zone
from reconciler.telephony.phone_numbers import zones


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+14155550199", ("America/Los_Angeles",)),
        ("+12125550100", ("America/New_York",)),
        ("+18085550100", ("Pacific/Honolulu",)),
        ("+18765550100", ("America/Jamaica",)),
        ("+16715550100", ("Pacific/Guam",)),
        ("+442079460000", ("Europe/London",)),
        ("+4930123456", ("Europe/Berlin",)),
    ],
)
def test_a_number_rings_where_its_digits_say(number: str, expected: tuple[str, ...]) -> None:
    assert zones(number) == expected


@pytest.mark.parametrize("number", ["+15551234567", "+18005551234", "+15005550006", "+19995550100"])
def test_an_american_number_without_a_place_may_ring_from_newfoundland_to_hawaii(number: str) -> None:
    places = zones(number)
    assert {"America/St_Johns", "America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= set(places)
    assert "Pacific/Guam" not in places


def test_a_mobile_without_a_place_may_ring_anywhere_in_its_country() -> None:
    assert {"Australia/Perth", "Australia/Sydney", "Australia/Lord_Howe"} <= set(zones("+61491570156"))
    assert {"Europe/Moscow", "Asia/Kamchatka"} <= set(zones("+79161234567"))


@pytest.mark.parametrize("number", ["+881612345678", "+80012345678"])
def test_a_number_without_a_country_may_ring_anywhere_in_the_world(number: str) -> None:
    assert {"Pacific/Honolulu", "Europe/London", "Asia/Tokyo", "Pacific/Auckland"} <= set(zones(number))


def test_what_is_no_number_has_no_zones() -> None:
    with pytest.raises(ValueError, match="not a telephone number"):
        zones("anonymous")


def _possible(country_code: int) -> str | None:
    """Any number of a country with no place of its own: all nines, of a length its plan allows."""
    for length in range(4, 13):
        number = f"+{country_code}{'9' * length}"
        try:
            zones(number)
        except ValueError:
            continue
        return number
    return None


@pytest.mark.parametrize("day", [datetime(2026, 12, 1, tzinfo=UTC), datetime(2026, 7, 1, tzinfo=UTC)])
def test_every_country_can_be_called_at_some_time_of_any_day(day: datetime) -> None:
    worldwide = set(zones("+80012345678"))
    for country_code in COUNTRY_CODE_TO_REGION_CODE:
        number = _possible(country_code)
        assert number is not None, country_code
        places = [zone(name) for name in zones(number)]
        hours = [
            hour
            for hour in range(24)
            if all(within_hours(day + timedelta(hours=hour), place, 480, 1260) for place in places)
        ]
        assert bool(hours) == (set(zones(number)) != worldwide), country_code


@pytest.mark.parametrize(
    ("number", "both"),
    [
        ("+18505550199", {"America/New_York", "America/Chicago"}),
        ("+12705550199", {"America/New_York", "America/Chicago"}),
        ("+19285550199", {"America/Phoenix", "America/Denver"}),
        ("+18675550199", {"America/Fort_Nelson", "America/Toronto", "America/Winnipeg"}),
    ],
)
def test_an_exchange_that_no_table_lists_may_ring_in_every_zone_of_its_area_code(number: str, both: set[str]) -> None:
    assert both <= set(zones(number))


def test_an_exchange_that_is_listed_rings_where_it_is() -> None:
    assert zones("+18504340199") == ("America/Chicago",)
