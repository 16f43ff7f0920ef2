"""A dispatch that goes on: what becomes due is begun, whatever is still under way.

A request without an answer holds its own call, calls to the same person, and nothing else: other workers take the
place of those that wait for one.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event, Lock
from typing import TYPE_CHECKING, Self

from reconciler.calls.clock_agreement import agree_on_time
from reconciler.calls.dispatch import pools

if TYPE_CHECKING:
    from types import TracebackType

    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Agenda
    from reconciler.calls.workers import WorkerPool
    from reconciler.schedule.call_report import CallRow


_MOST_WORKERS = 256  # stuck ones included


class RollingDispatch:
    """Attempts of one run, begun as they become due; a context manager that waits for what is under way.

    ``halted`` is set by the first error of a worker: nothing more is begun then. ``check`` is to be asked now and then.
    """

    def __init__(self, stopping: Event) -> None:
        self.halted = Event()
        self._line: DispatchContext | None = None
        self._due, self._missed = pools(self._now, stopping=stopping, halted=self.halted)
        self._threads = ThreadPoolExecutor(_MOST_WORKERS, "dispatch")
        self._working, self._counting = dict.fromkeys((self._due, self._missed), 0), Lock()

    @property
    def under_way(self) -> frozenset[str]:
        """The keys of the attempts that were begun, or wait for a worker."""
        return self._due.keys | self._missed.keys

    @property
    def names(self) -> frozenset[str]:
        """The calls whose attempts are under way: nothing else of them is begun meanwhile."""
        return self._due.names | self._missed.names

    def begin(self, context: DispatchContext, found: Agenda) -> None:
        """Take what is not under way yet; what is due goes first.

        Raises PlanRefused when the clocks disagree.
        """
        agree_on_time(context.api)
        self._line = replace(context, earliest=found.earliest)
        for pool, todo in ((self._due, (*found.settle, *found.place)), (self._missed, found.missed)):
            pool.offer(todo)
        self._staff()

    def _now(self) -> DispatchContext:
        if self._line is None:
            raise RuntimeError("nothing was begun")
        return self._line

    def rows(self) -> list[CallRow]:
        """The rows that came since this was asked last."""
        return [*self._due.told(), *self._missed.told()]

    def check(self) -> None:
        """Raise what stopped the workers, if anything did; replace those that are stuck."""
        for pool in (self._due, self._missed):
            if pool.error is not None:
                raise pool.error
        self._staff()

    def _staff(self) -> None:
        """Have as many workers as there is work for, but not more of them active than the run may have."""
        if self._line is None:
            return
        throttle = self._line.throttle
        most = min(throttle.workers + throttle.stuck, _MOST_WORKERS)
        for pool in (self._due, self._missed):
            with self._counting:
                more = max(min(pool.waiting, most - self._working[pool]), 0)
                self._working[pool] += more
            for _ in range(more):
                self._threads.submit(self._work, pool)

    def _work(self, pool: WorkerPool) -> None:
        try:
            pool.work()
        finally:
            with self._counting:
                self._working[pool] -= 1

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._threads.shutdown()
