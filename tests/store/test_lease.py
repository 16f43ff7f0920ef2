"""Check that one run at a time writes, and that a dead one does not stop the others."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from waiting import until

from reconciler.errors import Conflict, Locked, StoreError
from reconciler.schedule.clock import FixedClock
from reconciler.store import Store, Write, open_store
from reconciler.store.lease import Lease, acquire
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from reconciler.store.interface import Entries
    from store.conftest import Place

NOON = datetime(2026, 11, 3, 12, tzinfo=UTC)


class Flaky(SqliteStore):
    """A store whose connection comes and goes."""

    broken = False
    refused = 0

    def put_many(self, writes: Sequence[Write]) -> Entries:
        if self.broken:
            self.refused += 1
            raise StoreError("cannot be reached")
        return super().put_many(writes)


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


def take(store: Store, clock: FixedClock, owner: str = "ada", *, wait: float = 0.0, seconds: float = 60.0) -> Lease:
    return acquire(
        store,
        "900001/lease",
        owner=owner,
        now=clock.now,
        seconds=seconds,
        wait=wait,
        sleep=clock.sleep,
        heartbeat=False,
    )


def test_a_held_lease_refuses_others_and_names_its_owner(store: Store, clock: FixedClock) -> None:
    with take(store, clock, "build-7 pid 41"), pytest.raises(Locked) as caught:
        take(store, clock, "bob")
    message = caught.value.message
    assert message == "another run is writing: build-7 pid 41, until 12:01:00 UTC unless it renews"
    assert "reconciler state unlock" in caught.value.hint


def test_a_released_lease_is_free_and_leaves_nothing(store: Store, clock: FixedClock) -> None:
    take(store, clock).release()
    assert store.list() == []
    take(store, clock, "bob").release()


def test_an_expired_lease_is_taken_over_and_its_owner_is_told(store: Store, clock: FixedClock) -> None:
    dead = take(store, clock)
    clock.sleep(60)
    assert not dead.held
    with pytest.raises(Locked, match="ada"):
        dead.check()
    with take(store, clock, "bob") as lease:
        with pytest.raises(Locked, match="taken over"):
            dead.renew()
        dead.release()
        assert lease.held
        lease.renew()
    assert store.list() == []


def test_a_renewed_lease_lives_on(store: Store, clock: FixedClock) -> None:
    lease = take(store, clock)
    for _ in range(3):
        clock.sleep(50)
        lease.check()
        lease.renew()
    with pytest.raises(Locked):
        take(store, clock, "bob")
    lease.release()
    assert not lease.held
    with pytest.raises(Locked):
        lease.renew()


@pytest.mark.parametrize("engine", ["sqlite", "git"])
def test_waiting_ends_when_the_holder_on_another_host_is_done(place: Place, clock: FixedClock) -> None:
    held = take(place.open(), clock)
    waiting = place.open(elsewhere=True)
    ended: list[float] = []

    def sleep(seconds: float) -> None:
        ended.append(seconds)
        if len(ended) == 3:
            held.release()

    lease = acquire(waiting, "900001/lease", owner="bob", now=clock.now, wait=10, sleep=sleep, heartbeat=False)
    assert lease.held
    assert len(ended) == 3


@pytest.mark.parametrize("engine", ["sqlite"])
def test_waiting_ends_in_locked_when_the_time_is_over(store: Store, clock: FixedClock) -> None:
    with take(store, clock), pytest.raises(Locked):
        take(store, clock, "bob", wait=10)
    assert clock.now() == NOON + timedelta(seconds=10)


@pytest.mark.parametrize("engine", ["sqlite"])
def test_waiting_outlives_a_dead_holder(store: Store, clock: FixedClock) -> None:
    take(store, clock, seconds=5)
    assert take(store, clock, "bob", wait=30).held


def test_of_many_that_find_an_expired_lease_one_takes_it(place: Place, clock: FixedClock) -> None:
    take(place.open(), clock)
    clock.sleep(61)
    stores = [place.open(elsewhere=number > 0) for number in range(4)]

    def work(store: Store) -> bool:
        try:
            take(store, clock, "bob")
        except Locked:
            return False
        return True

    with ThreadPoolExecutor(4) as threads:
        assert sorted(threads.map(work, stores)) == [False, False, False, True]


@pytest.mark.parametrize("engine", ["sqlite"])
@pytest.mark.parametrize("value", [{}, {"expires": 7}, {"expires": "soon"}])
def test_a_damaged_lease_does_not_lock_for_ever(store: Store, clock: FixedClock, value: dict[str, object]) -> None:
    store.put("900001/lease", value, expected=None)
    assert take(store, clock).held


def expiry(store: Store) -> object:
    found = store.get("lease")
    return found and found.value["expires"]


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_heartbeat_keeps_a_lease_alive_until_it_is_released(store: Store, clock: FixedClock) -> None:
    with acquire(store, "lease", owner="ada", now=clock.now, seconds=0.3) as lease:
        for _ in range(3):
            clock.sleep(0.2)
            until(lambda: expiry(store) == (clock.now() + timedelta(seconds=0.3)).isoformat(), "a heartbeat")
        lease.check()
    assert not lease._beat.is_alive()
    assert store.list() == []


@pytest.mark.parametrize("engine", ["sqlite"])
def test_the_heartbeat_notices_a_takeover(store: Store, clock: FixedClock) -> None:
    lease = acquire(store, "lease", owner="ada", now=clock.now, seconds=0.3)
    until(lambda: took_over(store, "lease"), "a moment between two heartbeats")
    until(lambda: not lease.held, "the heartbeat that notices")
    lease.release()
    assert store.list()[0].value == {"owner": "bob"}


def took_over(store: Store, key: str) -> bool:
    mine = store.get(key)
    assert mine is not None
    try:
        store.put(key, {"owner": "bob"}, expected=mine.version)
    except Conflict:  # a heartbeat was first
        return False
    return True


def test_the_heartbeat_outlives_an_outage_of_the_store(tmp_path: Path, clock: FixedClock) -> None:
    with Flaky(tmp_path, "state.db") as store:
        lease = acquire(store, "lease", owner="ada", now=clock.now, seconds=0.3)
        before = expiry(store)
        store.broken = True
        until(lambda: store.refused > 1, "heartbeats that cannot reach the store")
        clock.sleep(0.2)
        store.broken = False
        until(lambda: expiry(store) != before, "a heartbeat once the store is back")
        clock.sleep(0.2)
        lease.check()
        lease.release()


def test_an_error_in_the_work_is_told_even_when_the_store_is_gone(tmp_path: Path, clock: FixedClock) -> None:
    store = open_store("sqlite:state.db", root=tmp_path)
    with pytest.raises(ZeroDivisionError), take(store, clock):
        store.close() or 1 / 0


def test_a_lease_that_cannot_be_given_back_is_told(tmp_path: Path, clock: FixedClock) -> None:
    store = open_store("sqlite:state.db", root=tmp_path)
    with pytest.raises(StoreError), take(store, clock):
        store.close()
