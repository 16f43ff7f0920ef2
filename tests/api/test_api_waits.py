"""Show that the waits of a run are bounded together, and said as they begin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from api.misbehaving import Server, says
from reconciler.api import connect
from reconciler.api.retry import WaitBudget
from reconciler.errors import ApiError, Throttled
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 11, 21, 12, tzinfo=UTC)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        running.script = [says({}, 429, Retry_After="60")]
        yield running


def test_all_requests_of_a_run_wait_five_minutes_at_most(server: Server) -> None:
    clock = FixedClock(START)
    with connect(base_url=server.url, key="k", clock=clock, read_only=True) as api:
        for _ in range(20):
            with pytest.raises(Throttled):
                api.get("/v1/agents")
    assert clock.instant - START == timedelta(minutes=5)


def test_threads_that_wait_at_the_same_time_spend_the_budget_once() -> None:
    budget = WaitBudget(100.0)
    assert [budget.allows(START, 60.0) for _ in range(8)] == [True] * 8
    assert budget.allows(START + timedelta(seconds=30), 60.0)  # 30 s more
    assert not budget.allows(START + timedelta(seconds=90), 60.0)
    assert budget.allows(START + timedelta(seconds=90), 10.0)


def test_a_wait_is_announced_before_it_begins(server: Server) -> None:
    clock, told = FixedClock(START), []

    def announce(problem: ApiError, seconds: float) -> None:
        told.append((problem.status, seconds, clock.instant))

    with (
        connect(base_url=server.url, key="k", clock=clock, read_only=True, announce=announce) as api,
        pytest.raises(Throttled),
    ):
        api.get("/v1/agents")
    assert told == [(429, 60.0, START), (429, 60.0, START + timedelta(seconds=60))]
