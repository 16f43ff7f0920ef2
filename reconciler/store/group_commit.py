"""Group commit: one thread at a time commits what all have asked for.

A commit costs syncs of a disk or a push, for one write as for a hundred. A lock alone would not do: it wakes
its waiters one by one, each behind another commit, even those whose write was stored long before.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class _Finishing(Protocol):
    """A request that knows when it was stored, or refused."""

    finished: bool


Request = TypeVar("Request", bound=_Finishing)
_FEW = 4  # commits in a row that make others wait no longer than one would
_ROOM = 2.0  # a stranger has to look and to push: twice as long as we take
_LONGEST_ROOM = 3.0  # seconds
_LOOK_AGAIN = 1.0  # seconds


@dataclass(slots=True)
class Fairness:
    """Leaves room between commits that come one right after the other, so that other writers can commit, too.

    On a branch, whoever pushes without a pause makes every push of a stranger a late one: somebody who wants to
    hold all calls would wait until the last is placed. Times are seconds of one clock.
    """

    ended: float = 0.0
    took: float = 0.0
    in_a_row: int = 0

    def room(self, now: float) -> float:
        """How long to wait before the next commit."""
        if now - self.ended > self.took:
            self.in_a_row = 0
        if self.in_a_row < _FEW:
            return 0.0
        return max(0.0, self.ended + min(_LONGEST_ROOM, _ROOM * self.took) - now)

    def committed(self, began: float, ended: float) -> None:
        """A commit was made."""
        self.took, self.ended = ended - began, ended
        self.in_a_row += 1


def _surely(step: Callable[[], None]) -> None:
    """Do what others wait for; once more where a second interrupt comes while the first is on its way."""
    try:
        step()
    except BaseException:
        step()
        raise


class _Waiter(Generic[Request]):
    """A thread with its request: ``called`` when that is finished, or when it is this thread that commits next."""

    __slots__ = ("called", "gone", "request")

    def __init__(self, request: Request) -> None:
        self.request = request
        self.called = Lock()
        self.called.acquire()
        self.gone = False


class GroupCommit(Generic[Request]):
    """Takes requests from any thread and commits them together; ``commit`` leaves each of them finished.

    ``gathering`` is how many seconds each turn waits for more, where a commit takes much longer: threads that
    the last one let go come back with their next write. ``fairness`` is for a store that strangers write to.
    A thread is woken once: a condition would wake all that wait, again and again, with every commit.
    """

    def __init__(
        self,
        commit: Callable[[list[Request]], None],
        *,
        gathering: float = 0.0,
        fairness: Fairness | None = None,
    ) -> None:
        self._commit = commit
        self._gathering = gathering
        self._fairness = fairness
        self._waiting: list[_Waiter[Request]] = []
        self._changing = Lock()
        self._leader: _Waiter[Request] | None = None  # who commits next, or is at it

    def commit(self, request: Request) -> None:
        """Return once the request is finished: by this thread, which commits for all, or by another."""
        waiter = _Waiter(request)
        try:
            with self._changing:
                self._waiting.append(waiter)
                if self._leader is None:
                    self._call_next()
            while not waiter.called.acquire(timeout=_LOOK_AGAIN):
                if request.finished or self._leader is waiter:
                    break  # whoever was to call this thread was interrupted twice
            if not request.finished:
                self._commit_waiting()
        finally:
            # The turn is never left with a thread that is interrupted.
            if self._leader is waiter or not request.finished:
                _surely(lambda: self._leave(waiter))

    def _commit_waiting(self) -> None:
        if self._fairness is not None or self._gathering:
            time.sleep(self._pause())
        batch: list[_Waiter[Request]] = []
        began = time.monotonic()
        try:
            with self._changing:
                batch, self._waiting = self._waiting, []
            self._commit([it.request for it in batch])
        finally:
            _surely(lambda: self._tell(batch))
            if self._fairness is not None:
                self._fairness.committed(began, time.monotonic())

    def _tell(self, batch: Sequence[_Waiter[Request]]) -> None:
        """Wake those whose request is finished; the others wait on, where an interrupt came before the commit began."""
        with self._changing:
            waiting = {id(it) for it in self._waiting}
            self._waiting[:0] = [it for it in batch if not it.request.finished and id(it) not in waiting]
        for it in batch:
            if it.request.finished and it.called.locked():
                it.called.release()

    def _leave(self, waiter: _Waiter[Request]) -> None:
        with self._changing:
            waiter.gone = True
            if self._leader is waiter:
                self._call_next()

    def _call_next(self) -> None:
        self._leader = next((it for it in self._waiting if not it.gone), None)
        if self._leader is not None:
            self._leader.called.release()

    def _pause(self) -> float:
        room = self._fairness.room(time.monotonic()) if self._fairness is not None else 0.0
        return max(self._gathering, room)
