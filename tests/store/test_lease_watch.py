"""A silent holder on another host is noticed by the watcher's own clock, sooner than its lease runs out."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import Locked
from reconciler.schedule.clock import FixedClock
from reconciler.store.lease import Lease, Watch, acquire
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.store import Store

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)
KEY = "900001/lease/dispatch"


class Stopwatch:
    """A monotonic clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    with SqliteStore(tmp_path, "state.db") as opened:
        yield opened


def held(store: Store, clock: FixedClock, *, silence: float | None = 5.0) -> Lease:
    """A lease of another host: of its process nothing can be told here."""
    lease = take(store, clock, None, silence=silence)
    lease._process = {}
    lease.renew()
    return lease


def take(store: Store, clock: FixedClock, watch: Watch | None, *, silence: float | None = 5.0) -> Lease:
    return acquire(
        store,
        KEY,
        owner="ada",
        now=clock.now,
        seconds=15.0,
        sleep=clock.sleep,
        heartbeat=False,
        silence=silence,
        watch=watch,
    )


def test_a_holder_that_is_silent_for_its_time_is_taken_over_before_its_lease_runs_out(store: Store) -> None:
    clock, stopwatch = FixedClock(NOON), Stopwatch()
    lease, watch = held(store, clock), Watch(stopwatch)
    for stopwatch.seconds in (0.0, 2.5, 5.0):
        with pytest.raises(Locked):
            take(store, clock, watch)
    stopwatch.seconds = 5.1
    take(store, clock, watch)
    with pytest.raises(Locked):
        lease.renew()


def test_each_renewal_begins_the_time_anew_and_a_clock_that_is_off_changes_nothing(store: Store) -> None:
    clock, stopwatch = FixedClock(NOON), Stopwatch()
    lease, watch = held(store, clock), Watch(stopwatch)
    ahead = FixedClock(NOON + timedelta(seconds=12))
    for stopwatch.seconds in (0.0, 4.0, 8.0, 12.0, 16.0):
        with pytest.raises(Locked):
            take(store, ahead, watch)
        lease.renew()


def test_a_holder_relies_on_its_lease_no_longer_than_those_who_watch_it(store: Store) -> None:
    clock = FixedClock(NOON)
    lease = held(store, clock)
    clock.sleep(4.9)
    lease.check()
    clock.sleep(0.2)
    with pytest.raises(Locked):
        lease.check()


def test_a_lease_that_says_nothing_of_silence_runs_out_by_the_clock_alone(store: Store) -> None:
    clock, stopwatch = FixedClock(NOON), Stopwatch()
    held(store, clock, silence=None)
    watch = Watch(stopwatch)
    for stopwatch.seconds in (0.0, 60.0):
        with pytest.raises(Locked):
            take(store, clock, watch)
    clock.sleep(15.1)
    take(store, clock, watch)
