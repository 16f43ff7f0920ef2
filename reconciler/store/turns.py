"""This file exists to let threads share a commit: one of them at a time commits what all have asked for.

A commit costs syncs of a disk or a push, for one write as for a hundred. A lock alone would not do: it wakes
its waiters one by one, each behind another commit, even those whose write was stored long before.
"""

from __future__ import annotations

import time
from threading import Condition
from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable


class _Settled(Protocol):
    """A request that knows when it was stored, or refused."""

    settled: bool


Request = TypeVar("Request", bound=_Settled)


class Turns(Generic[Request]):
    """Takes requests from any thread and commits them together; ``commit`` leaves each of them settled.

    ``gathering`` is how many seconds each turn waits for more, where a commit takes much longer: threads that
    the last one let go come back with their next write.
    """

    def __init__(self, commit: Callable[[list[Request]], None], *, gathering: float = 0.0) -> None:
        self._commit = commit
        self._gathering = gathering
        self._waiting: list[Request] = []
        self._changed = Condition()
        self._taken = False

    def settle(self, request: Request) -> None:
        """Return once the request is settled: by this thread, which commits for all, or by another."""
        with self._changed:
            self._waiting.append(request)
            self._changed.wait_for(lambda: request.settled or not self._taken)
            if request.settled:
                return
            self._taken = True
        try:
            if self._gathering:
                time.sleep(self._gathering)
            with self._changed:
                batch, self._waiting = self._waiting, []
            self._commit(batch)
        finally:
            with self._changed:
                self._taken = False
                self._changed.notify_all()
