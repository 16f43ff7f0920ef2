"""Workers that wait for an answer of the platform keep nobody else from being called."""

from __future__ import annotations

from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

import pytest
from waiting import PATIENCE

from dispatching.test_offering_more import due
from reconciler.calls import rolling
from reconciler.calls.rate_limit import Throttle
from reconciler.calls.rolling import RollingDispatch
from reconciler.calls.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Agenda, Due


def agenda(place: list[Due]) -> Agenda:
    return cast("Agenda", SimpleNamespace(place=place, settle=[], missed=[], earliest=None))


class Line:
    """Requests of a run at a platform that answers none before ``answers`` is set."""

    def __init__(self, throttle: Throttle) -> None:
        self.throttle = throttle
        self.answers, self.taken = Event(), 0
        self.begun: dict[str, Event] = {}

    def pools(self, *_: object, stopping: Event, halted: Event) -> tuple[WorkerPool, WorkerPool]:
        """The workers of the run: each asks the platform."""

        def pool() -> WorkerPool:
            return WorkerPool((), self._take, callee=lambda it: it.attempt.key, admit=lambda _: True,
                              stopping=stopping, halted=halted)  # fmt: skip

        return pool(), pool()

    def _take(self, it: Due, _: Any) -> None:
        with self.throttle.asking():
            self.begun[it.attempt.key].set()
            self.answers.wait()

    def offer(self, run: RollingDispatch, keys: list[str]) -> None:
        """They are due."""
        self.begun.update((key, Event()) for key in keys)
        context = SimpleNamespace(throttle=self.throttle, api=None, earliest=None)
        run.begin(cast("DispatchContext", context), agenda([due(key, closes=5) for key in keys]))


@pytest.fixture
def line(monkeypatch: pytest.MonkeyPatch) -> Iterator[Line]:
    found = Line(Throttle(2, slow=0.05))
    monkeypatch.setattr(rolling, "pools", found.pools)
    monkeypatch.setattr(rolling, "agree_on_time", lambda _: None)
    monkeypatch.setattr(rolling, "replace", lambda context, **_: context)
    yield found
    found.answers.set()


def test_when_every_worker_is_stuck_what_is_due_next_is_begun_by_another(line: Line) -> None:
    first = [f"call-{number}" for number in range(line.throttle.workers)]
    with RollingDispatch(Event()) as run:
        line.offer(run, [*first, "one more"])
        assert all(line.begun[key].wait(PATIENCE) for key in first)
        while not line.begun["one more"].wait(0.05):
            run.check()
        line.answers.set()
    assert line.throttle.stuck == 0


def test_where_nothing_counts_as_slow_no_worker_is_stuck() -> None:
    throttle = Throttle(2)
    with throttle.asking():
        assert throttle.stuck == 0


def test_a_request_within_a_request_is_one_worker_that_waits(line: Line) -> None:
    throttle = line.throttle
    with throttle.asking(), throttle.asking():
        while not throttle.stuck:
            pass
        assert throttle.stuck == 1
    assert throttle.stuck == 0
