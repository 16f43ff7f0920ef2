"""Looks that threads share: what one finds serves all that asked before it began."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

Found = TypeVar("Found")


class SharedLook(Generic[Found]):
    """Asks for one thread at a time; what a look raises is for the thread that looked, and the next one looks itself.

    A look that began before somebody asked may be older than what that thread must know, so it does not serve it.
    """

    def __init__(self, look: Callable[[], Found]) -> None:
        self._look = look
        self._counting, self.looking = Lock(), Lock()
        self.asked = 0
        self._found: tuple[int, Found] | None = None

    def now(self) -> Found:
        """What a look finds that began after this call."""
        with self._counting:
            self.asked += 1
            mine = self.asked
        with self.looking:
            if self._found is None or self._found[0] < mine:
                with self._counting:
                    asked = self.asked
                self._found = (asked, self._look())
            return self._found[1]
