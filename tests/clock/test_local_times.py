"""The clock to what wall times mean, both clock changes of a year included."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime, timedelta, timezone
from itertools import pairwise
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reconciler.schedule.clock import (
    LocalTime,
    NonexistentTime,
    nominal,
    offset_changes,
    parse_instant,
    parse_moment,
    resolve_local,
    spoken_local,
    zone,
)

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

ZONES = (
    *("America/New_York", "America/St_Johns", "Europe/Berlin", "Australia/Lord_Howe", "Pacific/Apia"),
    *("Asia/Beirut", "Africa/Casablanca", "Asia/Kathmandu", "America/Havana", "UTC"),
)
MOMENTS = st.datetimes(datetime(1971, 1, 1), datetime(2150, 1, 1))  # noqa: DTZ001 - wall times
HOUR = timedelta(hours=1)


def resolved_or_gap(moment: datetime, place: ZoneInfo) -> LocalTime | NonexistentTime:
    try:
        return resolve_local(moment, place)
    except NonexistentTime as gap:
        return gap


def wall(text: str) -> datetime:
    return datetime.fromisoformat(text)


@pytest.mark.parametrize(
    ("name", "moment", "start", "end", "instant"),
    [
        ("America/New_York", "2027-03-14T02:30", "2027-03-14T02:00", "2027-03-14T03:00", "2027-03-14T07:00Z"),
        ("Europe/Berlin", "2027-03-28T02:00", "2027-03-28T02:00", "2027-03-28T03:00", "2027-03-28T01:00Z"),
        (
            "Australia/Lord_Howe",
            "2026-10-04T02:29:59",
            "2026-10-04T02:00",
            "2026-10-04T02:30",
            "2026-10-03T15:30Z",
        ),
        ("Asia/Beirut", "2027-03-28T00:00", "2027-03-28T00:00", "2027-03-28T01:00", "2027-03-27T22:00Z"),
        ("Pacific/Apia", "2011-12-30T09:00", "2011-12-30T00:00", "2011-12-31T00:00", "2011-12-30T10:00Z"),
    ],
)
def test_a_wall_time_that_the_clocks_jump_over_does_not_exist(
    name: str, moment: str, start: str, end: str, instant: str
) -> None:
    with pytest.raises(NonexistentTime) as caught:
        resolve_local(wall(moment), zone(name))
    error = caught.value
    assert (error.moment, error.gap_start, error.gap_end) == (wall(moment), wall(start), wall(end))
    assert error.instant == parse_instant(instant)


@pytest.mark.parametrize("name", ["America/New_York", "Australia/Lord_Howe", "Europe/Dublin"])
def test_every_quarter_of_an_hour_of_a_year_is_read_as_its_two_folds_say(name: str) -> None:
    place, counts = zone(name), Counter[str]()
    for quarter in range(365 * 96):
        moment = datetime(2030, 1, 1) + timedelta(minutes=15 * quarter)  # noqa: DTZ001 - a wall time
        first, second = (moment.replace(tzinfo=place, fold=fold).astimezone(UTC) for fold in (0, 1))
        try:
            read = resolve_local(moment, place)
        except NonexistentTime:
            counts["missing"] += 1
            assert first.astimezone(place).replace(tzinfo=None, fold=0) != moment
        else:
            counts["twice"] += read.ambiguous
            assert (read.instant, read.ambiguous) == (first, first != second)
    jump = 2 if name == "Australia/Lord_Howe" else 4
    assert (counts["missing"], counts["twice"]) == (jump, jump)


def test_the_complaint_about_a_missing_time_says_where_the_clocks_go() -> None:
    with pytest.raises(NonexistentTime) as spring:
        resolve_local(wall("2027-03-14T02:30"), zone("America/New_York"))
    with pytest.raises(NonexistentTime) as skipped_day:
        resolve_local(wall("2011-12-30T09:00"), zone("Pacific/Apia"))
    assert str(spring.value) == (
        "02:30 does not exist on 14 March 2027 in America/New_York: clocks go from 02:00 to 03:00"
    )
    assert str(skipped_day.value) == (
        "09:00 does not exist on 30 December 2011 in Pacific/Apia: "
        "clocks go from 00:00 on 30 December 2011 to 00:00 on 31 December 2011"
    )


@pytest.mark.parametrize(
    ("name", "moment", "first"),
    [
        ("America/New_York", "2026-11-01T01:30", "2026-11-01T05:30Z"),
        ("Europe/Berlin", "2026-10-25T02:00", "2026-10-25T00:00Z"),
        ("Australia/Lord_Howe", "2026-04-05T01:45", "2026-04-04T14:45Z"),
    ],
)
def test_a_wall_time_that_occurs_twice_is_the_first(name: str, moment: str, first: str) -> None:
    assert resolve_local(wall(moment), zone(name)) == LocalTime(parse_instant(first), ambiguous=True)


def test_the_second_of_two_is_never_meant_even_when_asked_by_fold() -> None:
    moment = wall("2026-11-01T01:30").replace(fold=1)
    assert resolve_local(moment, zone("America/New_York")).instant == parse_instant("2026-11-01T05:30Z")


@given(moment=MOMENTS, name=st.sampled_from(ZONES))
def test_every_wall_time_either_comes_back_or_lies_in_a_gap(moment: datetime, name: str) -> None:
    place = zone(name)
    resolved = resolved_or_gap(moment, place)
    if isinstance(resolved, NonexistentTime):
        assert resolved.gap_start <= moment < resolved.gap_end
        return
    assert resolved.instant.tzinfo is UTC
    assert resolved.instant.astimezone(place).replace(tzinfo=None) == moment
    again = moment.replace(tzinfo=place, fold=1).astimezone(UTC)
    assert resolved.ambiguous == (again > resolved.instant)


@given(day=st.dates(date(1971, 1, 1), date(2150, 1, 1)), name=st.sampled_from(ZONES))
def test_every_offset_change_of_a_month_is_found_to_the_second(day: date, name: str) -> None:
    place = zone(name)
    start = datetime(day.year, day.month, day.day, tzinfo=UTC)
    hours = [start + HOUR * count for count in range(24 * 31 + 1)]
    changed = [
        high for low, high in pairwise(hours) if low.astimezone(place).utcoffset() != high.astimezone(place).utcoffset()
    ]
    found = list(offset_changes(place, hours[0], hours[-1]))
    assert len(found) == len(changed)
    for instant, hour in zip(found, changed, strict=True):
        assert hour - HOUR < instant <= hour
        before, after = ((instant - timedelta(seconds=back)).astimezone(place) for back in (1, 0))
        assert before.utcoffset() != after.utcoffset()


@pytest.mark.parametrize(
    ("text", "instant"),
    [
        ("2026-12-01T14:00:00Z", datetime(2026, 12, 1, 14, tzinfo=UTC)),
        ("2026-12-01t14:00:00.123456z", datetime(2026, 12, 1, 14, 0, 0, 123456, tzinfo=UTC)),
        ("2026-12-01T14:00:00.123456789Z", datetime(2026, 12, 1, 14, 0, 0, 123456, tzinfo=UTC)),
        ("2026-12-01 09:00-05:00", datetime(2026, 12, 1, 14, tzinfo=UTC)),
        ("2026-12-01T19:30+0530", datetime(2026, 12, 1, 14, tzinfo=UTC)),
    ],
)
def test_an_instant_is_read_in_utc(text: str, instant: datetime) -> None:
    assert parse_instant(text) == instant
    assert parse_instant(text).tzinfo is UTC


@pytest.mark.parametrize(
    "text",
    [
        *(
            "",
            "tomorrow",
            "2026-12-01",
            "15:00",
            "2026-12-01T24:00:00Z",
            "2026-13-01T00:00Z",
            "2026-02-30T00:00Z",
        ),
        *("2026-W49-2T10:00Z", "20261201T100000Z", "2026-12-01T10:00:00Z\n", "0001-01-01T00:00:00+14:00"),
        *(
            "9999-12-31T23:59:59-14:00",
            "2026-12-01T10:00:60Z",
            "٢٠٢٦-12-01T10:00Z",
            "2026-12-01T10:00:00+99:00",
        ),
    ],
)
def test_what_is_no_instant_is_complained_about(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not (a date and time|between the years)"):
        parse_instant(text)


def test_an_instant_needs_an_offset() -> None:
    with pytest.raises(ValueError, match=r"`2026-12-01T15:00:00` has no offset"):
        parse_instant("2026-12-01T15:00:00")


def test_a_moment_is_read_as_written() -> None:
    assert parse_moment("2026-12-01T15:00") == wall("2026-12-01T15:00")
    assert parse_moment("2026-12-01T15:00+01:00").utcoffset() == HOUR
    assert parse_moment(wall("2026-12-01T15:00")) == wall("2026-12-01T15:00")


def test_a_resolved_moment_must_be_naive() -> None:
    with pytest.raises(ValueError, match="has an offset already"):
        resolve_local(datetime(2026, 12, 1, tzinfo=UTC), zone("UTC"))


FIVE_WEST = timezone(timedelta(hours=-5))


@pytest.mark.parametrize(
    ("at", "timezone_name"),
    [
        ("2026-12-01T15:00:00", "America/New_York"),
        (datetime(2026, 12, 1, 15), "America/New_York"),  # noqa: DTZ001 - a wall time
        ("2026-12-01T15:00:00-05:00", None),
        (datetime(2026, 12, 1, 15, tzinfo=FIVE_WEST), None),
        ("2026-12-01T20:00:00Z", None),
        ("2026-12-01T15:00:00-05:00", "America/New_York"),
    ],
)
def test_at_and_timezone_mean_one_instant(at: str | datetime, timezone_name: str | None) -> None:
    assert nominal(at, timezone_name) == LocalTime(datetime(2026, 12, 1, 20, tzinfo=UTC))


def test_an_offset_chooses_between_the_two_times_that_occur_twice() -> None:
    resolved = nominal("2026-11-01T01:30:00-05:00", "America/New_York")
    assert resolved == LocalTime(datetime(2026, 11, 1, 6, 30, tzinfo=UTC), ambiguous=False)


@pytest.mark.parametrize(
    ("at", "timezone_name", "complaint"),
    [
        ("2026-12-01T15:00:00", None, "needs a timezone or an offset"),
        (
            "2026-12-01T15:00:00Z",
            "America/New_York",
            r"do not agree: that instant is `2026-12-01T10:00:00-05:00`",
        ),
        ("2026-12-01T15:00:00", "America/New_Yrok", r"did you mean America/New_York\?"),
        ("2027-03-14T02:30:00", "America/New_York", "does not exist"),
        (date(2026, 12, 1), "America/New_York", r"needs a time of day: write it as 2026-12-01T15:00:00"),
        (datetime(1, 1, 1, tzinfo=UTC), None, "is not between the years 1970 and 2199"),
    ],
)
def test_at_and_timezone_that_mean_nothing_are_complained_about(
    at: str | date, timezone_name: str | None, complaint: str
) -> None:
    with pytest.raises(ValueError, match=complaint):
        nominal(at, timezone_name)


@pytest.mark.parametrize("name", ["UTC", "EST", "Etc/GMT+5", "America/Port-au-Prince", "America/Argentina/Salta"])
def test_every_iana_name_is_a_zone(name: str) -> None:
    assert zone(name).key == name


@pytest.mark.parametrize(
    ("name", "nearest"),
    [
        ("New York", "; did you mean America/New_York?"),
        ("america/new_york", "; did you mean America/New_York?"),
        ("Europe/Berlim", "; did you mean Europe/Berlin"),
        ("UTC\n", "; did you mean UTC?"),
        *[
            (name, ", such as America/New_York")
            for name in (
                "",
                "../../etc/passwd",
                "/etc/passwd",
                "right/UTC",
                "America/../../x",
                "UTC\n/",
                "\0",
            )
        ],
    ],
)
def test_what_is_no_zone_is_answered_with_the_nearest_names(name: str, nearest: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone") as caught:
        zone(name)
    assert nearest in str(caught.value)


@pytest.mark.parametrize("name", ["America", "posixrules", "localtime", "posix/UTC", "leapseconds", "Europe/"])
def test_files_and_folders_of_the_database_are_not_zones(name: str) -> None:
    with pytest.raises(ValueError, match="is not an IANA time zone"):
        zone(name)


@pytest.mark.parametrize("name", ["GMT+5", "UTC-5", "Etc/GMT+05", "+05:00", "gmt+5", "UTC+05:00"])
def test_an_offset_is_no_zone_and_none_with_the_sign_reversed_is_suggested(name: str) -> None:
    sign = "-" if "-" in name else "+"
    with pytest.raises(ValueError, match="their sign reversed") as raised:
        zone(name)
    assert "did you mean" not in str(raised.value)
    assert f"end the time with {sign}05:00" in str(raised.value)


def test_a_zone_with_its_sign_reversed_is_spoken_by_its_offset() -> None:
    instant = datetime(2030, 1, 15, 15, 30, tzinfo=UTC)
    assert spoken_local(instant, zone("Etc/GMT+5")) == "Tue 15 Jan 10:30 UTC\u221205:00"
    assert spoken_local(instant, zone("Etc/GMT-5")) == "Tue 15 Jan 20:30 UTC+05:00"
    assert spoken_local(instant, zone("Etc/GMT")) == "Tue 15 Jan 15:30 GMT"
