"""Retry policy: whether a failed request is sent again, and after how long.

A write is repeated only when it provably never arrived or was refused by a rate limit; a write without a
clear answer never is (promises P4 and P6): it is settled by reading.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.errors import ApiError, Throttled, Unreachable, VendorFault

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

REPEATED_READS: tuple[type[ApiError], ...] = (Unreachable, Throttled, VendorFault)
REPEATED_WRITES: tuple[type[ApiError], ...] = (Unreachable, Throttled)


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryPolicy:
    """How often and how long to try again; times in seconds.

    The n-th pause is drawn between 0 and ``first`` doubled n-1 times, at most ``ceiling`` (full jitter). A
    server's ``Retry-After`` is the least it can be. All pauses of one request together stay within ``total``: one that
    the server wants longer is not begun, since asking earlier is in vain.
    """

    attempts: int = 4
    first: float = 0.5
    ceiling: float = 8.0
    total: float = 120.0
    jitter: Callable[[], float] = random.random

    def pause(
        self, problem: ApiError, *, writes: bool, attempt: int, attempts: int | None, waited: float
    ) -> float | None:
        """How long to wait before the next attempt; None when there shall be none.

        ``attempt`` counts from 1, ``attempts`` overrides the usual number, ``waited`` is the sum so far.
        """
        repeated = REPEATED_WRITES if writes else REPEATED_READS
        if not isinstance(problem, repeated) or attempt >= (self.attempts if attempts is None else attempts):
            return None
        pause = max(self._backoff(attempt), problem.retry_after or 0.0)
        return pause if waited + pause <= self.total else None

    def _backoff(self, attempt: int) -> float:
        """A random share of the exponential step."""
        step: float = self.first * 2 ** min(attempt - 1, 16)
        return self.jitter() * min(self.ceiling, step)


class WaitBudget:
    """The seconds that a run may spend waiting between requests; safe from several threads.

    Threads that wait at the same time spend it once: what counts is how long a person looks at a run that waits.
    """

    def __init__(self, seconds: float = 300.0) -> None:
        self._left = timedelta(seconds=seconds)
        self._until: datetime | None = None
        self._lock = Lock()

    def allows(self, now: datetime, seconds: float) -> bool:
        """Whether a wait from ``now`` on may be begun; it is counted when it may."""
        end = now + timedelta(seconds=seconds)
        with self._lock:
            begins = now if self._until is None else max(now, self._until)
            more = max(end - begins, timedelta(0))
            if more > self._left:
                return False
            self._left -= more
            self._until = end if self._until is None else max(end, self._until)
        return True
