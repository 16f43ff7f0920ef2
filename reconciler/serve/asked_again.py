"""Calls whose end was told before the platform shows it: asked about again, ever more seldom."""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SHORTEST, _LONGEST = 0.5, 30.0  # seconds; after that the regular look is soon enough


class _Turn(NamedTuple):
    due: float
    gap: float


class AskedAgain:
    """What is to be asked once more: the event overtook the record, or the platform was out of reach."""

    def __init__(self, clock: Callable[[], float] = monotonic) -> None:
        self._clock = clock
        self._turns: dict[str, _Turn] = {}

    def due(self) -> set[str]:
        """Whose turn it is now."""
        now = self._clock()
        return {call_id for call_id, turn in self._turns.items() if turn.due <= now}

    def note(self, asked: Iterable[str], ended: Iterable[str]) -> None:
        """These were asked about, and these of them have ended."""
        now, over = self._clock(), set(ended)
        for call_id in asked:
            before = self._turns.pop(call_id, None)
            gap = 2 * before.gap if before else _SHORTEST
            if call_id not in over and gap <= _LONGEST:
                self._turns[call_id] = _Turn(now + gap, gap)
