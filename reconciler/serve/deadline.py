"""Deadline of stopping: what is in flight by then is left to others."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SECONDS = 29.0  # of the 30 that are announced


@contextmanager
def ended_in_time(stopping: Event, late: Callable[[], None], end: Callable[[int], None] = os._exit) -> Iterator[None]:
    """End the process where the block is not left in time after ``stopping``; ``late`` is told first.

    Threads that wait for an answer cannot be ended any other way. A process may be killed at any moment anyway.
    """
    left = Event()

    def watch() -> None:
        stopping.wait()
        if not left.wait(SECONDS):
            late()
            end(0)

    Thread(target=watch, name="deadline", daemon=True).start()
    try:
        yield
    finally:
        left.set()
