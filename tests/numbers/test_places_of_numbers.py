"""The tables of places that come with the tool, and how they are made."""

from __future__ import annotations

from zoneinfo import available_timezones

import places_of_numbers as tables
import pytest

from reconciler.telephony import places
from reconciler.telephony.regions import regions


def test_the_tables_are_of_the_plans_that_are_pinned() -> None:
    texts = [(tables.FOLDER / name).read_text(encoding="utf-8") for name in ("zones.txt", "regions.txt")]
    for text in texts:
        assert f" phonenumbers {tables.pinned()} " in text.splitlines()[1], "python tests/numbers/places_of_numbers.py"


def test_every_zone_of_the_tables_is_one_of_the_clock() -> None:
    told = {zone for zones in places.zones().values() for zone in zones}
    assert told - {"Etc/Unknown"} <= available_timezones()


@pytest.mark.parametrize(
    ("number", "told"),
    [
        ("+14155550199", {"CA"}),
        ("+12125550142", {"NY"}),
        ("+14165550123", {"ON"}),
        ("+19025550123", {"NS", "PE"}),
        ("+4930901820", {"BE"}),
        ("+4989901820", set()),
        ("+15551234567", set()),
    ],
)
def test_the_region_of_a_number_is_the_code_that_calendars_have(number: str, told: set[str]) -> None:
    assert regions(number) == told


def test_what_a_shorter_beginning_says_is_written_once() -> None:
    listed = {"1415": "California", "1415255": "San Francisco, CA", "1415999": "Reno, NV", "4989": "Munich"}
    made = tables.regions({digits: {"en": place} for digits, place in listed.items()})
    assert made == {"1415": {"CA"}, "1415999": {"NV"}}


def test_an_area_code_that_is_not_listed_has_the_regions_of_its_exchanges_or_none_where_one_is_not_told() -> None:
    listed = {"1202201": "Reno, NV", "1202202": "Fresno, CA", "1203201": "Reno, NV", "1203202": "Elsewhere"}
    made = tables.regions({digits: {"en": place} for digits, place in listed.items()})
    assert made["1202"] == {"CA", "NV"}
    assert "1203" not in made


def test_a_place_that_is_no_region_hides_the_one_of_a_shorter_beginning() -> None:
    made = tables.regions({"1415": {"en": "California"}, "1415255": {"en": "Somewhere"}})
    assert made == {"1415": {"CA"}, "1415255": set()}


def test_the_most_of_a_number_that_is_listed_counts() -> None:
    listed = {"1415": ("CA",), "1415999": ("NV",)}
    assert [places.longest(it, listed) for it in ("14159995550", "14155550123", "4930")] == ["1415999", "1415", ""]
