"""Worker pool for due calls: many side by side, never two to one person at once.

Workers do not wait for each other: what may not be begun yet is left to a worker that is busy, and will look
again when it is done. So a worker that finds nothing it may begin ends, and the last one takes what is left.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import count
from threading import Lock
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime
    from threading import Event

    from reconciler.calls.due import Due
    from reconciler.schedule.call_report import CallRow


Tell: TypeAlias = "Callable[[CallRow], None]"


class Job(NamedTuple):
    """One attempt to take: its place in the agenda, and the person it rings."""

    place: int
    due: Due
    callee: str


def _closing(job: Job) -> datetime:
    return job.due.closes


class WorkerPool:
    """The attempts of one agenda, each taken once, and their rows in the agenda's order.

    ``take`` does one attempt and returns its row, or tells it before it raises. ``admit`` says whether the run's
    limit leaves room for one; when it does not, the attempt is left until nothing in flight can give a place
    back. Once ``stopping`` is set, or ``halted`` by the first error of any worker, nothing more is begun. More may be
    offered while others are under way.
    """

    def __init__(  # noqa: PLR0913 - what is to be done, how, and when not any more
        self,
        todo: Iterable[Due],
        take: Callable[[Due, Tell], CallRow | None],
        *,
        callee: Callable[[Due], str],
        admit: Callable[[Due], bool],
        stopping: Event,
        halted: Event,
    ) -> None:
        self._left: deque[Job] = deque()
        self._passed: list[Job] = []
        self._busy: set[str] = set()
        self._keys: dict[str, str] = {}
        self._places = count()
        self._rows: dict[int, CallRow] = {}
        self._errors: dict[int, BaseException] = {}
        self._take, self._callee, self._admit = take, callee, admit
        self._stopping, self._halted = stopping, halted
        self._lock = Lock()
        self.offer(todo)

    @property
    def rows(self) -> list[CallRow]:
        """What was told, in the order of the agenda."""
        rows = dict(self._rows)  # workers may still be at it where an interrupt did not wait for them
        return [rows[place] for place in sorted(rows)]

    @property
    def keys(self) -> frozenset[str]:
        """The attempts that were offered and have not ended."""
        with self._lock:
            return frozenset(self._keys)

    @property
    def names(self) -> frozenset[str]:
        """The calls whose attempts these are."""
        with self._lock:
            return frozenset(self._keys.values())

    @property
    def waiting(self) -> int:
        """How many of them no worker has begun."""
        with self._lock:
            return len(self._left) + len(self._passed)

    @property
    def error(self) -> BaseException | None:
        """The error that came first in the agenda."""
        errors = dict(self._errors)
        return errors[min(errors)] if errors else None

    def offer(self, todo: Iterable[Due]) -> int:
        """Add what is not here already; how many that were. What closes sooner goes before what waits."""
        found = [(due, self._callee(due)) for due in todo]
        with self._lock:
            fresh = [(due, callee) for due, callee in found if due.attempt.key not in self._keys]
            self._keys.update((due.attempt.key, due.armed.name) for due, _ in fresh)
            jobs = [Job(next(self._places), due, callee) for due, callee in fresh]
            self._left = deque(sorted([*self._left, *jobs], key=_closing)) if self._left else deque(jobs)
        return len(fresh)

    def told(self) -> list[CallRow]:
        """The rows that came since this was asked last, in the order of the agenda."""
        return [self._rows.pop(place) for place in sorted(dict(self._rows))]

    def run(self, workers: int) -> None:
        """Take everything; raises the error that came first in the agenda, once every worker has finished."""
        if workers == 1:
            self.work()
        else:
            with ThreadPoolExecutor(workers) as pool:
                for _ in range(min(workers, len(self._left))):
                    pool.submit(self.work)
        if (error := self.error) is not None:
            raise error

    def work(self) -> None:
        """What one worker does, until there is nothing it may begin."""
        while (job := self._next()) is not None:
            try:
                found = self._take(job.due, partial(self._rows.__setitem__, job.place))
                if found is not None:
                    self._rows[job.place] = found
            except BaseException as error:  # noqa: BLE001 - an interrupt too: it is raised when all have finished
                self._errors[job.place] = error
                self._halted.set()
            finally:
                with self._lock:
                    self._busy.discard(job.callee)
                    self._keys.pop(job.due.attempt.key, None)

    def _next(self) -> Job | None:
        with self._lock:
            if self._stopping.is_set() or self._halted.is_set():
                return None
            for job in self._passed:
                if self._begun(job):
                    self._passed.remove(job)
                    return job
            while self._left:
                job = self._left.popleft()
                if self._begun(job):
                    return job
                self._passed.append(job)
        return None

    def _begun(self, job: Job) -> bool:
        """Begin an attempt, with its place in the run's limit; False when its person or the limit must wait."""
        if job.callee in self._busy or not (self._admit(job.due) or not self._busy):
            return False
        self._busy.add(job.callee)
        return True
