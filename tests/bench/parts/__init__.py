"""This folder exists to hold the parts of the bench: each measures one thing that a user waits for."""

from __future__ import annotations

from dataclasses import dataclass

_LONG, _SHORT = 10_000, 100


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is measured: at how many agents, and how often."""

    largest: int
    rounds: int

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many agents there are."""
        return tuple(size for size in (100, 1_000, 10_000, 100_000) if size <= self.largest)

    def rounds_at(self, size: int) -> int:
        """The long need few repetitions; the short decide the slope of the growth, and are soon repeated."""
        if size >= _LONG:
            return 1 if size > _LONG else min(self.rounds, 3)
        return self.rounds * 2 if size <= _SHORT else self.rounds
