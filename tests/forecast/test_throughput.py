"""Judge the warning that more calls fall into a window than runs can place."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from reconciler.model import Address
from reconciler.planning.throughput import crowded
from reconciler.schedule.expected_calls import ExpectedCall
from reconciler.settings import Settings

TEN = datetime(2030, 1, 14, 10, 0, tzinfo=UTC)


def ring(number: int, *, after: float = 0, late: int = 10) -> ExpectedCall:
    at = TEN + timedelta(minutes=after)
    return ExpectedCall(
        Address("ScheduledCall", f"c-{number:03}"),
        at,
        at + timedelta(minutes=late),
        "",
        f"+1415555{number:04}",
        ("America/Los_Angeles",),
        awake=True,
        agent="",
        cents=1,
        limited=True,
    )  # fmt: skip - one ring


def said(rings: list[ExpectedCall], **settings: object) -> list[str]:
    return [f"{it.code} {it.message} | {it.hint}" for it in crowded(rings, Settings.model_validate(settings), {})]


def test_forty_calls_at_ten_are_thirty_more_than_a_run_can_place() -> None:
    assert said([ring(number) for number in range(40)]) == [
        (
            "RC616 40 calls fall into 10 min from Mon 14 Jan 10:00 UTC; a run places 10 and comes every 15 min: "
            "up to 30 may be missed | raise `limits.calls_per_run`, spread them, or give them `late: 1h`"
        )
    ]


@pytest.mark.parametrize(
    ("rings", "settings"),
    [
        ([ring(number) for number in range(10)], {}),
        ([ring(number, late=60) for number in range(40)], {}),
        ([ring(number) for number in range(40)], {"limits": {"calls_per_run": 40}}),
        ([ring(number, after=number * 3) for number in range(100)], {}),
        ([ring(number, late=10) for number in range(20)], {"dispatch": {"every": "5m"}}),
        ([], {}),
    ],
)
def test_what_runs_can_place_is_no_warning(rings: list[ExpectedCall], settings: dict[str, object]) -> None:
    assert said(rings, **settings) == []


def test_a_second_crowd_is_counted_in_the_same_warning() -> None:
    rings = [*(ring(number) for number in range(15)), *(ring(number, after=1440) for number in range(100, 120))]
    (only,) = said(rings)
    assert "15 calls fall" in only
    assert "up to 5 may be missed, 15 of all calls to come" in only


def test_where_no_call_may_be_placed_all_are_missed() -> None:
    (only,) = said([ring(1), ring(2)], limits={"calls_per_run": 0})
    assert "up to 2 may be missed" in only


@pytest.mark.parametrize("every", ["0m", "", "often", "-5m"])
def test_a_timer_needs_a_period(every: str) -> None:
    with pytest.raises(ValueError, match="every"):
        Settings.model_validate({"dispatch": {"every": every}})
