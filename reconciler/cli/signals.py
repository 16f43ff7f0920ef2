"""Signals that ask a run to stop or to read again, and a clock whose waits end then."""

from __future__ import annotations

import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

from reconciler.errors import Interrupted
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from threading import Event
    from types import FrameType


class StoppableClock(SystemClock):
    """The machine's clock, whose waits end with Interrupted as soon as the run is asked to stop.

    For waiting between requests and for another run: nothing is in flight then that would have to be finished.
    """

    def __init__(self, stopping: Event) -> None:
        self._stopping = stopping

    def sleep(self, seconds: float) -> None:
        """Wait; raises Interrupted when the run is asked to stop meanwhile."""
        if self._stopping.wait(seconds):
            raise Interrupted("interrupted while waiting; nothing was in flight")


@contextmanager
def signals(stopping: Event, *, at_once: bool) -> Iterator[None]:
    """SIGINT and SIGTERM ask the run to stop after the request in flight; a second one stops it at once.

    A run that only reads has nothing to finish, so it stops at the first.
    """

    def stop(number: int, frame: FrameType | None) -> None:
        del number, frame
        if at_once or stopping.is_set():
            raise KeyboardInterrupt
        stopping.set()

    before = {number: signal.signal(number, stop) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def hangups(heard: Callable[[], None]) -> Iterator[None]:
    """SIGHUP is heard as a wish, where there is such a signal; it would end the process otherwise."""
    number = getattr(signal, "SIGHUP", None)
    if number is None:
        yield
        return
    before = signal.signal(number, lambda *_: heard())
    try:
        yield
    finally:
        signal.signal(number, before)
