"""Both clocks to one promise: aware instants in UTC, and time that passes."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from reconciler.schedule.clock import FixedClock, SystemClock

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def test_a_fixed_clock_moves_only_when_told_to_wait() -> None:
    clock = FixedClock(NOON)
    assert clock.now() == clock.now() == NOON
    clock.sleep(86400)
    assert clock.now() == NOON + timedelta(days=1)


def test_the_machines_clock_tells_utc_and_waits() -> None:
    clock = SystemClock()
    before = clock.now()
    clock.sleep(0.001)
    assert before.tzinfo is UTC
    assert clock.now() >= before
