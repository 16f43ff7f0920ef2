"""Looks at the account, made in a thread of their own: a slow one delays nobody who has an older one."""

from __future__ import annotations

from threading import Condition, Thread
from time import monotonic
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar, cast

from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable

Seen = TypeVar("Seen")

FRESH = 15.0  # seconds for which one look serves
OLDEST = 600.0  # seconds for which it serves where no newer one can be had
PATIENCE = 0.4  # seconds to wait for a newer one where there is an old one: calls are due
LONGEST = 5.0  # the same where the old one does not know what is due


class _Age(NamedTuple):
    mark: int
    began: float
    took: float


class Looker(Generic[Seen]):
    """``look`` is made when it is asked for, one at a time; ``mark`` changes with what makes a look out of date.

    ``failed`` hears of a look that failed where nobody waits for it, or an older one serves instead.
    """

    def __init__(
        self, look: Callable[[], Seen], mark: Callable[[], int], failed: Callable[[ReconcilerError], None]
    ) -> None:
        self._look, self._mark, self._failed = look, mark, failed
        self._change = Condition()
        self._busy = False
        self._waiting = 0
        self._known: tuple[Seen, _Age] | None = None
        self._error: ReconcilerError | None = None

    @property
    def took(self) -> float:
        """How many seconds the last look took."""
        return self._known[1].took if self._known else 0.0

    def ask(self) -> None:
        """Have a look made, unless one is under way or the last one is fresh."""
        with self._change:
            if self._busy or self._serves() is not None:
                return
            self._busy = True
        Thread(target=self._run, name="look", daemon=True).start()

    @property
    def last(self) -> Seen | None:
        """The last look, whatever its age; None where there was none."""
        return self._known[0] if self._known else None

    def newest(self, patience: float) -> Seen:
        """A fresh look where it can be had in ``patience`` seconds, else the last; raises what the look raises."""
        until = monotonic() + patience
        while True:
            self.ask()
            with self._change:
                if (fresh := self._serves()) is not None:
                    return fresh
                left = until - monotonic() if self._is_usable() else None
                if self._error is not None or (left is not None and left <= 0):
                    return self._last()
                if self._busy:
                    self._waiting += 1
                    self._change.wait(left)
                    self._waiting -= 1

    def _last(self) -> Seen:
        """The last look, which is not fresh; raises the error of a newer one where it cannot serve."""
        error, self._error = self._error, None
        if error is not None and not self._is_usable():
            raise error
        if error is not None:
            self._failed(error)
        return cast("tuple[Seen, _Age]", self._known)[0]

    def _serves(self) -> Seen | None:
        """The last look where it is fresh."""
        if self._known is None:
            return None
        seen, age = self._known
        return seen if monotonic() - age.began < FRESH + age.took and age.mark == self._mark() else None

    def _is_usable(self) -> bool:
        return self._known is not None and monotonic() - self._known[1].began < OLDEST

    def _run(self) -> None:
        mark, began = self._mark(), monotonic()
        error: ReconcilerError | None = None
        found: tuple[Seen, _Age] | None = None
        try:
            seen = self._look()
            found = seen, _Age(mark, began, monotonic() - began)
        except ReconcilerError as raised:
            error = raised
        finally:
            with self._change:
                self._busy = False
                self._error = error if self._waiting else None
                self._known = found or self._known
                self._change.notify_all()
        if error is not None and self._error is None:
            self._failed(error)
