"""More is offered to the workers of a run that goes on, while others are under way."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, cast

from reconciler.calls.workers import WorkerPool

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.calls.due import Due

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def due(key: str, *, closes: int) -> Due:
    attempt, armed = SimpleNamespace(key=key), SimpleNamespace(name=key)
    return cast("Due", SimpleNamespace(attempt=attempt, armed=armed, closes=NOON + timedelta(minutes=closes)))


class Run:
    """What was taken in which order; ``meanwhile`` is done while the first is under way."""

    def __init__(self, *, callee: Callable[[Due], str] = lambda it: it.attempt.key) -> None:
        self.taken: list[str] = []
        self.meanwhile: Callable[[], Any] = lambda: None
        self.pool = WorkerPool((), self._take, callee=callee, admit=lambda _: True, stopping=Event(), halted=Event())

    def _take(self, it: Due, _: Any) -> None:
        self.taken.append(it.attempt.key)
        if len(self.taken) == 1:
            self.meanwhile()


def test_what_is_offered_later_and_closes_sooner_goes_before_what_waits() -> None:
    run = Run()
    run.pool.offer([due("a", closes=60), due("b", closes=60), due("c", closes=60)])
    run.meanwhile = lambda: run.pool.offer([due("sooner", closes=5), due("later", closes=90)])
    run.pool.work()
    assert run.taken == ["a", "sooner", "b", "c", "later"]


def test_what_is_under_way_or_waits_is_not_taken_twice_and_may_be_offered_again_once_it_ended() -> None:
    run, again = Run(), [due("a", closes=60), due("b", closes=60)]
    assert run.pool.offer(again) == 2
    run.meanwhile = lambda: run.pool.offer(again)
    run.pool.work()
    assert (run.taken, run.pool.keys, run.pool.names) == (["a", "b"], frozenset(), frozenset())
    assert run.pool.offer(again) == 2


def test_a_call_to_a_person_who_is_on_the_line_is_taken_by_who_is_busy_with_the_first() -> None:
    run = Run(callee=lambda _: "jane")
    run.pool.offer([due("a", closes=60)])

    def more() -> None:
        run.pool.offer([due("b", closes=60)])
        run.pool.work()
        assert run.taken == ["a"]

    run.meanwhile = more
    run.pool.work()
    assert run.taken == ["a", "b"]
