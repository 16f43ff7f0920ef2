"""Rate limit of requests: so many at once, so many a second, none while the platform asks for a pause."""

from __future__ import annotations

from contextlib import contextmanager
from datetime import timedelta
from threading import Condition, Lock, get_ident
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator
    from datetime import datetime

LONGEST_PAUSE = 5.0  # seconds that a run waits for the platform: all calls wait meanwhile, and their windows close
LONG = 0.25  # seconds after which what was read is read again
_AHEAD = 3
_TICK = 0.01  # seconds
_DAY = 86_400.0  # seconds; a date without end would be beyond what can be computed


class RateLimit:
    """Whose turn it is: evenly, so many a second where a rate is given."""

    def __init__(self, per_second: float | None = None) -> None:
        self._gap = timedelta(seconds=1 / per_second) if per_second else None
        self._next: datetime | None = None
        self._lock = Lock()

    def acquire(self, now: Callable[[], datetime]) -> float:
        """0 for whose turn it is; else the seconds to wait before asking again."""
        if self._gap is None:
            return 0.0
        instant = now()
        with self._lock:
            due = instant if self._next is None else self._next
            if instant < due:
                return (due - instant).total_seconds()
            # Who wakes a little late makes nobody else late; who comes after a pause brings no crowd.
            self._next = (due if instant - due < self._gap else instant) + self._gap
        return 0.0


class Slot:
    """One request's place among those in flight; ``sent`` is when it went out (seconds of a steady clock)."""

    __slots__ = ("sent",)

    def __init__(self) -> None:
        self.sent: float | None = None


class Slots:
    """So many requests in flight at once; where ``slow`` is given, one that takes longer does not count any more.

    So a platform that leaves some requests without an answer keeps nobody else waiting.
    """

    def __init__(self, most: int, slow: float | None, steady: Callable[[], float]) -> None:
        self._most, self._slow, self._steady = most, slow, steady
        self._taken: set[Slot] = set()
        self._left = Condition()

    def take(self) -> Slot:
        """Wait for a place."""
        with self._left:
            while len(counted := self._counted()) >= self._most:
                self._left.wait(self._until_slow(counted))
            self._taken.add(slot := Slot())
            return slot

    def leave(self, slot: Slot) -> None:
        """Give the place back."""
        with self._left:
            self._taken.discard(slot)
            self._left.notify()

    def _counted(self) -> Collection[Slot]:
        return self._taken if self._slow is None else [it for it in self._taken if not self._is_slow(it)]

    def _is_slow(self, slot: Slot) -> bool:
        return self._slow is not None and slot.sent is not None and self._steady() - slot.sent >= self._slow

    def _until_slow(self, counted: Collection[Slot]) -> float | None:
        """Until one of them is slow; a moment where one may be sent meanwhile."""
        if self._slow is None:
            return None
        now = self._steady()
        oldest = min((it.sent for it in counted if it.sent is not None), default=now)
        return max(oldest + self._slow - now, 0.0) + _TICK


class Throttle:
    """What all workers of a run share on the way to the platform.

    At most ``parallelism`` requests to dial are in flight, and ``per_second`` of them begin where that is given.
    Claims keep the same pace, so that none waits long to be sent. There are more workers than requests in
    flight, so that some claim and record meanwhile; but only one where one request at a time was asked for.
    ``pause`` is what the platform asked for last, in seconds. A request that takes ``slow`` seconds keeps none waiting,
    and its worker is ``stuck``. ``steady`` is the clock that nobody sets, in seconds: it tells how long a request has
    waited and has taken.
    """

    def __init__(
        self,
        parallelism: int = 1,
        per_second: float | None = None,
        *,
        slow: float | None = None,
        steady: Callable[[], float] = monotonic,
    ) -> None:
        self.claims, self.requests = RateLimit(per_second), RateLimit(per_second)
        self.workers = parallelism * _AHEAD if parallelism > 1 else 1
        self.pause = 0.0
        self._steady, self._slow = steady, slow
        self._slots = Slots(parallelism, slow, steady)
        self._asking: dict[int, float] = {}
        self._paused_until: datetime | None = None
        self._lock = Lock()

    @property
    def stuck(self) -> int:
        """How many workers wait for an answer for so long that others may take their place."""
        if self._slow is None:
            return 0
        began = self._steady() - self._slow
        return sum(since <= began for since in list(self._asking.values()))

    @contextmanager
    def asking(self) -> Iterator[None]:
        """What a worker waits for in the block is the platform's answer."""
        me = get_ident()
        if me in self._asking:
            yield
            return
        self._asking[me] = self._steady()
        try:
            yield
        finally:
            del self._asking[me]

    def pause_for(self, now: datetime, seconds: float) -> None:
        """The platform asked for a pause: no worker claims or sends before it is over."""
        until = now + timedelta(seconds=min(seconds, _DAY))
        with self._lock:
            if self._paused_until is None or until > self._paused_until:
                self._paused_until, self.pause = until, seconds

    def paused_for(self, now: Callable[[], datetime]) -> float:
        """The seconds that are left of the platform's pause; 0 when there is none."""
        until = self._paused_until
        return 0.0 if until is None else max((until - now()).total_seconds(), 0.0)

    @contextmanager
    def slot(self, acquire: Callable[[], bool], *, look_again: Callable[[], None]) -> Iterator[bool]:
        """One of the requests in flight, and what ``acquire`` said there; who waited long looks again at what it read.

        The turn is taken in the slot: taken before, it would be spent in the queue, and all that queue would send at
        once when the slots become free, whatever the rate, and though the platform asked for a pause meanwhile.
        """
        began = self._steady()
        slot = self._slots.take()
        try:
            goes_on = acquire()
            if self._steady() - began > LONG:
                look_again()
            slot.sent = self._steady()
            with self.asking():
                yield goes_on
        finally:
            self._slots.leave(slot)
