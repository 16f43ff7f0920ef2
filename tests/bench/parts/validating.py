"""Measure reading: `validate` of N agents against composing and modelling the same text."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bench.accounts import write_project
from bench.figures import Figure, ratio, seconds
from bench.standing import folder, module, reconciler
from bench.timing import exponent, extra, interleaved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Found
    from bench.parts import Effort

_TOO_FEW = 2  # sizes, to tell growth from noise


def measure(effort: Effort) -> Iterator[Found]:
    """At every size, and how the time grows with it; beside each, one agent, to know what starting takes."""
    points: dict[int, float] = {}
    starting: list[float] = []
    with folder() as least:
        start = reconciler("validate", root=write_project(least, 1))
        for size in effort.sizes:
            with folder() as place:
                root = write_project(place, size)
                commands = {
                    "validate": reconciler("validate", root=root),
                    "start": start,
                    "floor": module("bench.floors.compose", root / "manifests"),
                }
                runs = interleaved(commands, effort.rounds_at(size))
            points[size] = extra(runs["validate"], runs["start"])
            starting += [each.cpu for each in runs["start"]]
            yield seconds(f"validate {size:,}", runs["validate"])
            yield seconds(f"compose with lines + pydantic {size:,}", runs["floor"])
            yield ratio(f"validate {size:,} / floor", runs["validate"], runs["floor"])
    if len(points) > _TOO_FEW:
        yield Figure("validate, exponent", exponent(points, start=median(starting)), "")
    if {10_000, 100_000} <= set(points):
        yield Figure("validate 100,000 / validate 10,000", points[100_000] / points[10_000])
