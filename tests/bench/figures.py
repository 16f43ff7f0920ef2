"""What is measured: figures with a name that stays the same from run to run."""

from __future__ import annotations

from dataclasses import dataclass
from statistics import median
from typing import TYPE_CHECKING

from bench.timing import ratios

if TYPE_CHECKING:
    from collections.abc import Sequence

    from bench.timing import Run

SECONDS, MILLISECONDS = "s", "ms"
TIMES = "x"


@dataclass(frozen=True, slots=True)
class Figure:
    """One number, the less the better, with the smallest and largest of the runs where there were several."""

    name: str
    value: float
    unit: str = TIMES
    low: float | None = None
    high: float | None = None

    @property
    def comparable(self) -> bool:
        """Whether a machine should come to the same on another day: no time does, and no ratio of waits."""
        return self.unit not in (SECONDS, MILLISECONDS) and not self.name.endswith(", wall")

    def __str__(self) -> str:
        spread = (
            f" ({_short(self.low)} to {_short(self.high)})" if self.low is not None and self.high is not None else ""
        )
        return f"{_short(self.value)} {self.unit}".rstrip() + spread


@dataclass(frozen=True, slots=True)
class Note:
    """Something the reader of the figures has to know."""

    text: str


Found = Figure | Note


def ratio(name: str, ours: Sequence[Run], theirs: Sequence[Run], *, of: str = "cpu") -> Figure:
    """The median of the ratios of neighbouring runs."""
    found = ratios(ours, theirs, of=of)
    return Figure(name, median(found), TIMES, found[0], found[-1])


def seconds(name: str, runs: Sequence[Run], *, of: str = "cpu") -> Figure:
    """The median of what the runs took."""
    found = sorted(getattr(run, of) for run in runs)
    return Figure(f"{name}, {of}", median(found), SECONDS, found[0], found[-1])


def _short(value: float) -> str:
    """Three digits that say something, and never an exponent."""
    return f"{value:,.0f}" if value >= 100 or value == int(value) else f"{value:#.3g}"
