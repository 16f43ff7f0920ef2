"""One call to one name, one key, and the hours kept where its callee may be."""

from __future__ import annotations

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.schedule.callee_hours import callee_hours
from reconciler.schedule.clock import opening_hours, parse_instant, spoken_local, zone
from reconciler.schedule.occurrences import (
    Occurrence,
    Schedule,
    firings,
    idempotency_key,
    occurrence_id,
    occurrence_of,
)

HOURS = opening_hours("08:00", "21:00")
SAN_FRANCISCO, NOWHERE_IN_AMERICA, SATELLITE = "+14155550199", "+15551234567", "+881612345678"
NOMINAL = parse_instant("2026-12-01T14:00:00Z")
AWKWARD = st.text(st.sampled_from('a@/:,"\\[]\n0 \u2028é'), max_size=6)


def test_a_single_call_goes_by_its_name_and_a_recurring_one_by_its_declared_wall_time_too() -> None:
    assert occurrence_id("confirm-jane", None) == "confirm-jane"
    assert occurrence_id("weekly", datetime(2026, 12, 1, 9)) == "weekly@2026-12-01T09:00"  # noqa: DTZ001 - a wall time
    assert occurrence_id("weekly", datetime(2026, 11, 1, 1, 30, fold=1)) == "weekly@2026-11-01T01:30+fold"  # noqa: DTZ001 - a wall time


@pytest.mark.parametrize("moment", [NOMINAL, NOMINAL.replace(tzinfo=None, microsecond=1)])
def test_a_time_that_is_no_declared_wall_time_names_nothing(moment: datetime) -> None:
    with pytest.raises(ValueError, match="is not a declared wall time"):
        occurrence_id("weekly", moment)


@pytest.mark.parametrize("cron", ["*/30 * * * *", "30 1,2 * * *", "0 9 * * 1-5"])
@pytest.mark.parametrize("place", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"])
def test_every_occurrence_is_found_again_by_its_name_whatever_the_clocks_do(cron: str, place: str) -> None:
    schedule = Schedule.parse(cron, place)
    found = list(firings(schedule, parse_instant("2026-01-01T00:00:00Z"), parse_instant("2027-01-01T00:00:00Z")))
    names = [occurrence_id("rounds", firing.wall) for firing in found]
    assert len(set(names)) == len(names)
    assert [occurrence_of(name, zone(place)) for name in names] == found


def test_a_name_of_an_older_state_is_read_as_the_instant_it_is() -> None:
    found = occurrence_of("rounds@2026-12-01T14:00:00Z", zone("America/New_York"))
    assert found == Occurrence(NOMINAL, datetime(2026, 12, 1, 9))  # noqa: DTZ001 - a wall time


def test_two_projects_share_no_key_and_without_a_project_it_is_as_it_was() -> None:
    keys = {idempotency_key("42", "confirm-jane", 1, project=project) for project in ("", "clinic", "shop")}
    assert len(keys) == 3
    assert idempotency_key("42", "confirm-jane", 1, project="") == idempotency_key("42", "confirm-jane", 1)


def test_a_key_is_the_same_on_every_machine_for_ever() -> None:
    key = idempotency_key("42", "confirm-jane", 1)
    assert key == "rc1-b9b7ebb796f05caeffaab76c6814495e62ffbd7218ab4e3167133872525f"
    assert len(key) == 64


@given(
    left=st.tuples(AWKWARD, AWKWARD, st.integers(1, 99)),
    right=st.tuples(AWKWARD, AWKWARD, st.integers(1, 99)),
)
def test_two_attempts_share_a_key_only_when_they_are_one(
    left: tuple[str, str, int], right: tuple[str, str, int]
) -> None:
    assert (idempotency_key(*left) == idempotency_key(*right)) == (left == right)


@given(st.text(), st.text(), st.integers(1))
def test_a_key_fits_the_vendors_limit(organization: str, occurrence: str, attempt: int) -> None:
    key = idempotency_key(organization, occurrence, attempt)
    assert len(key) == 64
    assert key.isascii()


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (("1", "2@x", 3), ("12", "@x", 3)),
        (("a", "b", 11), ("a", "b1", 1)),
        (('a","b', "c", 1), ("a", 'b","c', 1)),
    ],
)
def test_moving_a_separator_makes_another_key(left: tuple[str, str, int], right: tuple[str, str, int]) -> None:
    assert idempotency_key(*left) != idempotency_key(*right)


def test_attempts_count_from_one() -> None:
    with pytest.raises(ValueError, match="attempts count from 1"):
        idempotency_key("42", "confirm-jane", 0)


def test_a_callee_is_not_rung_before_eight_where_the_number_is() -> None:
    hours = callee_hours(NOMINAL, SAN_FRANCISCO, *HOURS)
    assert not hours.allowed
    assert spoken_local(hours.local, zone(hours.zone)) == "Tue 1 Dec 06:00 Los Angeles"
    assert hours.opens == parse_instant("2026-12-01T16:00Z")


def test_a_callee_is_rung_during_the_day_where_the_number_is() -> None:
    noon = parse_instant("2026-12-01T20:00Z")
    hours = callee_hours(noon, SAN_FRANCISCO, *HOURS)
    assert hours.allowed
    assert (hours.zone, hours.opens) == ("America/Los_Angeles", noon)


@pytest.mark.parametrize(
    ("instant", "allowed", "opens"),
    [
        ("2026-12-01T17:59Z", False, "2026-12-01T18:00Z"),  # 07:59 in Honolulu
        ("2026-12-01T18:00Z", True, "2026-12-01T18:00Z"),
        ("2026-12-02T00:29Z", True, "2026-12-02T00:29Z"),
        ("2026-12-02T00:30Z", False, "2026-12-02T18:00Z"),  # 21:00 in St. John's
        ("2026-07-01T23:29Z", True, "2026-07-01T23:29Z"),
        ("2026-07-01T23:30Z", False, "2026-07-02T18:00Z"),
    ],
)
def test_a_number_without_a_place_is_rung_only_when_all_of_its_country_is_awake(
    instant: str,
    allowed: bool,  # noqa: FBT001 - a column of the table
    opens: str,
) -> None:
    hours = callee_hours(parse_instant(instant), NOWHERE_IN_AMERICA, *HOURS)
    assert (hours.allowed, hours.opens) == (allowed, parse_instant(opens))


def test_a_number_without_a_country_is_never_rung_within_ordinary_hours() -> None:
    hours = callee_hours(NOMINAL, SATELLITE, *HOURS)
    assert not hours.allowed
    assert hours.opens is None


def test_a_number_without_a_country_is_rung_when_the_hours_are_the_whole_day() -> None:
    assert callee_hours(NOMINAL, SATELLITE, *opening_hours("00:00", "24:00")).allowed
