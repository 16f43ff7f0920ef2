"""Durations as they are read from manifests and spoken to people."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.schedule.clock import (
    parse_duration,
    spoken_duration,
    spoken_gap,
    spoken_local,
    zone,
)

LONGEST = 366 * 86400
NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        *(
            ("10m", 600),
            ("45m", 2700),
            ("1h30m", 5400),
            ("90s", 90),
            ("2d", 172800),
            ("0m", 0),
            (" 5m ", 300),
        ),
        *(("1d2h3m4s", 93784), ("366d", LONGEST)),
    ],
)
def test_a_duration_is_read(text: str, seconds: int) -> None:
    assert parse_duration(text) == timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "a duration is empty"),
        ("  ", "a duration is empty"),
        ("-5m", "`-5m` is negative"),
        (-5, "`-5` is negative"),
        ("600", "`600` has no unit"),
        ("10x", "`10x` has an unknown unit"),
        ("1.5h", "`1.5h` has an unknown unit"),
        ("PT10M", "unknown unit"),
        ("1h 30m", "unknown unit"),
        ("30m1h", "`30m1h` is not a duration"),
        ("5m5m", "`5m5m` is not a duration"),
        ("m", "`m` is not a duration"),
        ("soon", "`soon` is not a duration"),
        ("367d", "`367d` is longer than 366 days"),
        ("999999999d", "longer than 366 days"),
        ("9" * 5000 + "d", "is not a duration"),
        (10, "`10` has no unit: write one such as `10m`"),
        (0, "`0` has no unit"),
        (10**400, "has no unit"),
        (True, "`True` is not a duration"),
        (None, "`None` is not a duration"),
    ],
)
def test_what_is_no_duration_is_complained_about(text: str, complaint: str) -> None:
    with pytest.raises(ValueError, match=complaint):
        parse_duration(text)


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (0, "0 s"),
        (0.9, "0 s"),
        (600, "10 min"),
        (5400, "1 h 30 min"),
        (9 * 86400 + 7 * 3600 + 720, "9 d 7 h"),
        (2 * 86400 + 5, "2 d"),
        (-90, "1 min 30 s"),
    ],
)
def test_a_duration_is_spoken_in_its_two_largest_units(seconds: float, spoken: str) -> None:
    assert spoken_duration(timedelta(seconds=seconds)) == spoken


@pytest.mark.parametrize(
    ("seconds", "spoken"),
    [
        (9 * 86400 + 7 * 3600, "in 9 d 7 h"),
        (-300, "5 min ago"),
        (0.5, "now"),
        (-0.5, "now"),
        (1, "in 1 s"),
        (89 * 86400, "in 89 d"),
        (90 * 86400, "in 3 mo"),
        (365 * 86400, "in 1 y"),
        (-400 * 86400, "1 y 1 mo ago"),
        (1200 * 86400, "in 3 y 3 mo"),
    ],
)
def test_a_gap_is_spoken_from_where_one_stands(seconds: float, spoken: str) -> None:
    assert spoken_gap(NOON, NOON + timedelta(seconds=seconds)) == spoken


@pytest.mark.parametrize(
    ("instant", "place", "spoken"),
    [
        (datetime(2026, 12, 1, 20, tzinfo=UTC), "America/New_York", "Tue 1 Dec 15:00 New York"),
        (datetime(2026, 12, 1, 20, 0, 7, tzinfo=UTC), "Asia/Tokyo", "Wed 2 Dec 05:00:07 Tokyo"),
        (datetime(2027, 1, 1, 3, tzinfo=UTC), "America/New_York", "Thu 31 Dec 22:00 New York"),
        (datetime(2027, 1, 1, 9, tzinfo=UTC), "America/New_York", "Fri 1 Jan 2027 04:00 New York"),
        (datetime(2026, 12, 1, 20, tzinfo=UTC), "UTC", "Tue 1 Dec 20:00 UTC"),
    ],
)
def test_an_instant_is_spoken_where_it_happens(instant: datetime, place: str, spoken: str) -> None:
    assert spoken_local(instant, zone(place), now=NOON) == spoken
