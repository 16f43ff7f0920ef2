"""Judge the workers of one dispatch: what they may do at once, and what they keep from each other.

Where it matters who does what meanwhile, a second worker acts inside an effect of the first, in one thread.
"""

from __future__ import annotations

from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from threading import Barrier, Event, Lock
from typing import TYPE_CHECKING, Any, cast

import pytest
from prove.actors import ORGANIZATION, account, apply, begun, document, hold, manifests
from prove.world import OK, Actor, World

from reconciler.api import Reply
from reconciler.calls.context import DispatchContext
from reconciler.calls.dispatch import dispatch, due_pools
from reconciler.calls.rate_limit import RateLimit, Throttle
from reconciler.contract.resolver import Resolver
from reconciler.errors import Denied, StoreError, Throttled
from reconciler.schedule.clock import FixedClock
from reconciler.settings import Limits, Settings
from reconciler.state.call_records import armed_now
from reconciler.state.digests import PLAIN
from reconciler.state.ledger import Ledger
from reconciler.store import open_store
from reconciler.telephony.phone_numbers import digest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from prove.actors import Manifests

    from reconciler.api import Api
    from reconciler.calls.workers import WorkerPool

NOON = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)
JANE, JOHN, JACK = "+14155550199", "+14155550123", "+14155550124"


class Scene:
    """One run over calls that are due; ``meanwhile`` says what happens inside which effect."""

    def __init__(self, *people: str, limits: Limits | None = None, steady: Callable[[], float] | None = None) -> None:
        texts = [document(f"call-{place}", f"at: {NOON.isoformat()}", to=to) for place, to in enumerate(people)]
        self.declared: Manifests = manifests(*texts)
        self.world = World(NOON - timedelta(hours=1))
        self.meanwhile: dict[str, list[Callable[[], str]]] = {}
        self.said: list[str] = []
        self.stopping = Event()
        apply(self.declared)(self.world, Actor("apply", lambda *_: OK))
        self.world.now = NOON + timedelta(seconds=1)
        throttle = Throttle(2, steady=steady or self.world.steady)
        line = begun(self.declared, self.world, Actor("dispatch", self.pause), throttle=throttle)
        assert line is not None
        limits = limits or Limits(calls_per_callee_per_day=2)
        looked = replace(account(self.declared.resources, NOON), settings=Settings(limits=limits))
        self.line = replace(line, account=looked, stopping=self.stopping)
        self.pool: WorkerPool = due_pools(self.line, self.world.now)[0]

    def pause(self, _: Actor, effect: str) -> str:
        self.said.append(effect)
        waiting = self.meanwhile.get(effect, [])
        return waiting.pop(0)() if waiting else OK

    def another_worker(self, outcome: str = OK) -> Callable[[], str]:
        """Another worker takes what it may; then the effect it happened in comes out as said."""

        def work() -> str:
            self.pool.work()
            return outcome

        return work

    def run(self) -> dict[str, str]:
        self.pool.run(1)
        return self.states

    @property
    def states(self) -> dict[str, str]:
        return {row.name: row.state for row in self.pool.rows}

    @property
    def rang(self) -> list[str]:
        return [ring.to for ring in self.world.rings]

    @property
    def recorded(self) -> dict[str, str]:
        values = [entry.value for entry in self.world.entries.values() if "attempt" in entry.value]
        return {value["name"]: value["state"] for value in values}


def test_two_calls_to_one_person_are_never_under_way_at_once() -> None:
    scene = Scene(JANE, JANE, JOHN)
    under_way: list[dict[str, str]] = []

    def look() -> str:
        scene.pool.work()
        under_way.append(scene.recorded)
        return OK

    scene.meanwhile["dial"] = [look]
    # The second call to Jane waits until the first one has ended: she is still on the line.
    assert scene.run() == {"call-0": "placed", "call-1": "armed", "call-2": "placed"}
    assert under_way == [{"call-0": "claimed", "call-2": "placed"}]


def test_workers_together_place_no_more_than_the_limit() -> None:
    scene = Scene(JANE, JOHN, JACK, limits=Limits(calls_per_run=1))
    scene.meanwhile["dial"] = [scene.another_worker()]
    assert scene.run() == {"call-0": "placed", "call-1": "armed", "call-2": "armed"}
    assert scene.rang == [JANE]


def test_a_call_refused_under_way_leaves_its_place_to_one_that_waited_for_it() -> None:
    scene = Scene(JANE, JOHN, JACK, limits=Limits(calls_per_run=1))
    scene.meanwhile["dial"] = [scene.another_worker("402")]
    assert scene.run() == {"call-0": "refused", "call-1": "placed", "call-2": "armed"}
    assert scene.rang == [JOHN]


def test_the_last_place_is_not_given_twice_while_its_call_is_claimed() -> None:
    scene = Scene(JANE, JOHN, limits=Limits(calls_per_run=1))
    scene.meanwhile["write"] = [scene.another_worker()]
    scene.run()
    assert scene.rang == [JANE]


def test_a_refused_key_lets_others_finish_and_begins_nothing_more() -> None:
    scene = Scene(JANE, JOHN, JACK)
    scene.meanwhile["dial"] = [scene.another_worker(), lambda: "401"]
    with pytest.raises(Denied):
        scene.run()
    assert scene.states == {"call-0": "placed", "call-1": "refused"}
    assert scene.recorded == {"call-0": "placed", "call-1": "refused"}


def test_what_is_only_claimed_is_not_sent_once_another_worker_was_stopped() -> None:
    scene = Scene(JANE, JOHN)
    scene.meanwhile = {"write": [scene.another_worker()], "dial": [lambda: "401"]}
    with pytest.raises(Denied):
        scene.run()
    assert scene.recorded == {"call-0": "refused", "call-1": "refused"}
    assert scene.rang == []


def test_a_state_that_fails_for_one_call_stops_the_run_and_tells_of_both() -> None:
    scene = Scene(JANE, JOHN, JACK, limits=Limits(calls_per_run=2))
    scene.meanwhile = {"dial": [scene.another_worker()], "write": [lambda: OK, lambda: OK, lambda: "fails before"]}
    with pytest.raises(StoreError):
        scene.run()
    assert scene.states == {"call-0": "placed", "call-1": "placed"}
    assert scene.recorded == {"call-0": "placed", "call-1": "claimed"}
    assert scene.rang == [JOHN, JANE]


def test_a_run_that_is_asked_to_stop_finishes_what_is_in_flight() -> None:
    scene = Scene(JANE, JOHN)

    def stop() -> str:
        scene.stopping.set()
        scene.pool.work()
        return OK

    scene.meanwhile["dial"] = [stop]
    assert scene.run() == {"call-0": "placed"}
    assert scene.recorded == {"call-0": "placed"}


def test_a_platform_that_asks_one_worker_for_a_pause_gets_it_from_all() -> None:
    scene = Scene(JANE, JOHN)
    scene.meanwhile = {"dial": [lambda: "429"], "sleep": [scene.another_worker()]}
    before = scene.world.now
    assert scene.run() == {"call-0": "placed", "call-1": "placed"}
    assert [ring.to for ring in scene.world.rings] == [JOHN, JANE]
    assert scene.world.rings[0].at >= before + timedelta(seconds=1)


def paused_in_the_lane(scene: Scene, monkeypatch: pytest.MonkeyPatch) -> None:
    """The platform asks another worker for two seconds while this one, whose turn it was, waits for a lane."""
    entered = iter([lambda: scene.line.throttle.pause_for(scene.world.now, 2.0)])
    lane = scene.line.throttle.slot

    def slot_after_a_pause(acquire: Callable[[], bool], *, look_again: Callable[[], None]) -> Any:
        next(entered, lambda: None)()
        return lane(acquire, look_again=look_again)

    monkeypatch.setattr(scene.line.throttle, "slot", slot_after_a_pause)


def test_who_had_its_turn_before_a_pause_waits_until_it_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(JANE)
    before = scene.world.now
    paused_in_the_lane(scene, monkeypatch)
    assert scene.run() == {"call-0": "placed"}
    assert [ring.at for ring in scene.world.rings] == [before + timedelta(seconds=2)]


def test_a_call_held_during_a_pause_is_not_sent_after_it(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = Scene(JANE)
    paused_in_the_lane(scene, monkeypatch)

    def held() -> str:
        hold("call-0")(scene.world, Actor("by hand", lambda *_: OK))
        return OK

    scene.meanwhile["sleep"] = [held]
    assert scene.run() == {"call-0": "refused"}
    assert scene.rang == []


def test_a_call_held_while_its_request_waited_for_others_is_not_sent() -> None:
    asked = []

    def a_second_later() -> float:
        asked.append("the time")
        if asked == ["the time"]:
            hold("call-0")(scene.world, Actor("by hand", lambda *_: OK))
        return len(asked)

    scene = Scene(JANE, steady=a_second_later)
    assert scene.run() == {"call-0": "refused"}
    assert scene.rang == []


def test_calls_begin_evenly_at_the_rate_that_was_set() -> None:
    clock, evenly = FixedClock(NOON), RateLimit(per_second=4)
    begun_at = []
    for _ in range(9):
        while (seconds := evenly.acquire(clock.now)) > 0:
            clock.sleep(seconds)
        begun_at.append(clock.now())
    assert {later - sooner for sooner, later in pairwise(begun_at)} == {timedelta(seconds=0.25)}


def test_who_wakes_late_makes_nobody_else_late() -> None:
    clock, evenly = FixedClock(NOON), RateLimit(per_second=4)
    for _ in range(9):
        while (seconds := evenly.acquire(clock.now)) > 0:
            clock.sleep(seconds + 0.01)
    assert clock.now() == NOON + timedelta(seconds=8 * 0.25 + 0.01)


def test_a_pause_brings_no_crowd_afterwards() -> None:
    clock, evenly = FixedClock(NOON), RateLimit(per_second=4)
    assert evenly.acquire(clock.now) == 0
    clock.sleep(60)
    assert [evenly.acquire(clock.now), evenly.acquire(clock.now)] == [0, 0.25]


class Crowd:
    """A platform that answers once three requests are in flight, and counts how many ever were."""

    def __init__(self) -> None:
        self.three = Barrier(3)
        self.lock = Lock()
        self.flying, self.most, self.keys = 0, 0, Counter[str]()

    def server_offset(self) -> float:
        return 0.0

    def items(self, path: str, params: Any) -> list[Any]:
        return []

    def exchange(self, method: str, path: str, body: Any, *, attempts: int) -> Reply:
        assert (method, path, attempts) == ("POST", "/v1/call", 1)
        with self.lock:
            self.flying += 1
            self.most = max(self.most, self.flying)
            self.keys[body["idempotency_key"]] += 1
        self.three.wait(timeout=60)
        with self.lock:
            self.flying -= 1
        return Reply(201, {"call_id": body["to_number"][1:], "status": "initiated"}, {})


@contextmanager
def thirty_due(tmp_path: Path, platform: object, *, clock: FixedClock, throttle: Throttle) -> Iterator[DispatchContext]:
    """Thirty calls to thirty people, armed in a real state, and a run with real workers."""
    people = [f"+141555501{number:02}" for number in range(30)]
    declared = manifests(*(document(f"call-{to[-2:]}", f"at: {NOON.isoformat()}", to=to) for to in people))
    with open_store("sqlite:state.db", root=tmp_path, read_only=False) as store:
        ledger = Ledger(store, ORGANIZATION)
        for order in declared.orders.values():
            ledger.arm(
                replace(armed_now(order, NOON - timedelta(hours=1), digests=PLAIN), callee=digest(order.to_number))
            )
        yield DispatchContext(
            api=cast("Api", platform),
            ledger=ledger,
            resolver=Resolver({}),
            account=replace(account(declared.resources, NOON), settings=Settings(limits=Limits(calls_per_run=30))),
            orders=declared.orders,
            organization=ORGANIZATION,
            clock=clock,
            owner="test",
            differs=lambda *_: False,
            check_lease=lambda: None,
            stopping=Event(),
            throttle=throttle,
        )


def test_as_many_requests_as_asked_for_are_in_flight_each_claimed_and_recorded_once(tmp_path: Path) -> None:
    platform = Crowd()
    with thirty_due(tmp_path, platform, clock=FixedClock(NOON), throttle=Throttle(3)) as line:
        rows = dispatch(line)
        assert [row.name for row in rows] == sorted(line.orders)
        assert {row.state for row in rows} == {"placed"}
        assert [one.state for one in Ledger(line.ledger.store, ORGANIZATION).attempts()] == ["placed"] * 30
    assert platform.most == 3
    assert set(platform.keys.values()) == {1}
    assert len(platform.keys) == 30


class Queue(Throttle):
    """Two requests in flight, and an event once all six workers have had their turn."""

    def __init__(self) -> None:
        super().__init__(2)
        self.full = Event()
        self._all = iter(range(1, 1000))

    def slot(self, acquire: Callable[[], bool], *, look_again: Callable[[], None]) -> Any:
        if next(self._all) == self.workers:
            self.full.set()
        return super().slot(acquire, look_again=look_again)


class Busy(Crowd):
    """A platform that asks two requests for a pause, once they are in flight and all other workers wait for a lane."""

    def __init__(self, throttle: Queue, clock: FixedClock, pause: float) -> None:
        super().__init__()
        self.throttle, self.clock, self.pause = throttle, clock, pause
        self.sent: list[datetime] = []
        self.two = Barrier(2)

    def exchange(self, method: str, path: str, body: Any, *, attempts: int) -> Reply:
        with self.lock:
            self.sent.append(self.clock.now())
            place = len(self.sent)
        if place <= 2:
            self.two.wait(timeout=60)
            assert self.throttle.full.wait(timeout=60)
            raise Throttled("slow down", method=method, path=path, status=429, retry_after=self.pause)
        return Reply(201, {"call_id": body["to_number"][1:], "status": "initiated"}, {})


def test_nothing_but_what_was_in_flight_is_sent_before_a_pause_is_over(tmp_path: Path) -> None:
    clock, throttle = FixedClock(NOON), Queue()
    platform = Busy(throttle, clock, 2.0)
    with thirty_due(tmp_path, platform, clock=clock, throttle=throttle) as line:
        assert {row.state for row in dispatch(line)} == {"placed"}
    assert len(platform.sent) == 32
    assert [at for at in platform.sent if at < NOON + timedelta(seconds=2)] == [NOON, NOON]


def test_a_pause_too_long_to_wait_for_stops_what_is_not_in_flight(tmp_path: Path) -> None:
    clock, throttle = FixedClock(NOON), Queue()
    platform = Busy(throttle, clock, 60.0)
    with thirty_due(tmp_path, platform, clock=clock, throttle=throttle) as line:
        rows = dispatch(line)
        assert Counter(one.state for one in line.ledger.attempts()) == {"refused": 6}
    assert Counter(row.state for row in rows) == {"refused": 6, "armed": 24}
    assert Counter(row.detail for row in rows)["the platform asked for a pause of 60 s"] == 28
    assert platform.sent == [NOON, NOON]
