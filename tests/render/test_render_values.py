"""Values in one line, as a reader may see them."""

from __future__ import annotations

import pytest

from reconciler.render.values import line


@pytest.mark.parametrize(
    ("value", "told"),
    [("10:00:00", "10:00"), ("10:00", "10:00"), ("10:00:30", "10:00:30"), ("at 10:00:00", "at 10:00:00")],
)
def test_a_clock_time_is_told_to_the_minute_where_its_seconds_are_none(value: str, told: str) -> None:
    assert line(value) == told
