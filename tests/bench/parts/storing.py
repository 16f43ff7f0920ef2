"""Measure the state: what a record costs, and that it costs no more the more there are."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bench import calls, state
from bench.figures import MILLISECONDS, SECONDS, Figure
from bench.standing import folder
from bench.timing import exponent

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Found
    from bench.parts import Effort

BINDINGS, ONE_BY_ONE = 10_000, 1_000


def measure(effort: Effort) -> Iterator[Found]:
    """Bindings at once and one by one, on SQLite; then the growth of what calls leave behind."""
    for count, each in ((BINDINGS, False), (ONE_BY_ONE, True)):
        taken = []
        for _ in range(3):
            with folder() as root:
                taken.append(state.main(root, count, each=each))
        what = f"{count:,} bindings{' one by one' if each else ''} on SQLite"
        yield Figure(f"{what}, wall", median(taken), SECONDS, min(taken), max(taken))
    times: dict[int, float] = {}
    sizes: dict[int, float] = {}
    for count in (100, 1_000, min(10_000, effort.largest * 10)):
        with folder() as root:
            times[count], sizes[count] = calls.record(root, count)
    with folder() as root:
        _, empty = calls.record(root, 1)
    large = max(sizes)
    yield Figure(f"the state after {large:,} calls, per call", sizes[large] / large / 1024, "KB per call")
    yield Figure("the state's growth, exponent", exponent({count: size - empty for count, size in sizes.items()}), "")
    yield Figure("recording calls, CPU per call", times[large] / large * 1000, MILLISECONDS)
    yield Figure("recording calls, exponent", exponent(times), "")
