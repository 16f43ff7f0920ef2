"""Waiting that anything can end: an event, a change of the state, or the request to stop."""

from __future__ import annotations

from threading import Event
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

SLICE = 0.2


class Wake:
    """Wakes one waiting thread; ``look`` is asked in every slice of a wait whether it may end."""

    def __init__(self, stopping: Event, now: Callable[[], datetime], look: Callable[[], bool] = lambda: False) -> None:
        self._stopping, self._now, self._look = stopping, now, look
        self._event = Event()

    def set(self) -> None:
        """End the wait that is under way, or the next one."""
        self._event.set()

    def wait(self, until: datetime) -> bool:
        """Wait for an instant, never less, unless something ends it: whether anything did."""
        woken = False
        while not (woken or self._stopping.is_set()):
            left = (until - self._now()).total_seconds()
            if left <= 0:
                break
            woken = self._event.wait(min(left, SLICE)) or self._look()
        self._event.clear()
        return woken
