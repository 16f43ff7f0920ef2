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
    ``look`` calls what it is given when it begins, which may be long after it was called: it waits for its turn too.
    """

    def __init__(self, look: Callable[[Callable[[], None]], Found]) -> None:
        self._look = look
        self._serves = 0
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
                self._begun()
                found = self._look(self._begun)
                self._found = (self._serves, found)
            return self._found[1]

    def _begun(self) -> None:
        with self._counting:
            self._serves = self.asked
