"""Measure apply against an API that takes 50 ms to answer, and to count what it asks."""

from __future__ import annotations

from math import ceil
from statistics import median
from typing import TYPE_CHECKING

from bench.accounts import write_project
from bench.figures import SECONDS, Figure
from bench.standing import bound, folder, reconciler, serving
from bench.timing import run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Found
    from bench.parts import Effort

LATENCY = 0.05
UPDATED = 200
_SIZES = {1: 200, 8: 1_000, 32: 1_000, 50: 1_000}  # by parallelism
_LIST, _CREATE = "GET /v1/agents", "POST /v1/agents"


def measure(effort: Effort) -> Iterator[Found]:
    """Creates at four parallelisms, then updates."""
    for parallelism, size in _SIZES.items():
        yield from _creates(size, parallelism, rounds=1 if parallelism == 1 else min(effort.rounds, 3))
    yield from _updates(UPDATED)


def _creates(size: int, parallelism: int, *, rounds: int) -> Iterator[Found]:
    """An empty account and an empty state each time; a plan first, to know what starting and planning take."""
    whole, less_plan, posting, seconds = [], [], [], []
    for _ in range(rounds):
        with folder() as place, serving("platform") as server:
            root = write_project(place / "project", size)
            server.counted(latency=LATENCY)
            plan = run(reconciler("plan", root=root, url=server.url))
            looked = server.counted(latency=LATENCY)
            taken = run(reconciler("apply", "--yes", "--parallelism", parallelism, root=root, url=server.url))
            counts, span = server.counted(), server.span(_CREATE) + LATENCY
        ideal = ceil(sum(counts.values()) / parallelism) * LATENCY
        seconds.append(taken.wall)
        posting.append(span / (ceil(size / parallelism) * LATENCY))
        whole.append(taken.wall / ideal)
        less_plan.append((taken.wall - plan.wall) / ideal)
    what = f"apply {size:,} at parallelism {parallelism}"
    yield Figure(f"{what}, wall", median(seconds), SECONDS, min(seconds), max(seconds))
    yield Figure(f"{what} / ideal", median(whole), low=min(whole), high=max(whole))
    yield Figure(f"{what} less its plan / ideal", median(less_plan), low=min(less_plan), high=max(less_plan))
    yield Figure(f"{what}, first to last POST / ideal", median(posting), low=min(posting), high=max(posting))
    gets = sum(number for kind, number in counts.items() if kind.startswith("GET "))
    yield Figure(f"{what}, POSTs per create", counts[_CREATE] / size, "requests")
    yield Figure(f"{what}, lists of agents", counts.get(_LIST, 0), "requests")
    yield Figure(f"{what}, GETs that its plan had not", gets - sum(looked.values()), "requests")


def _updates(size: int) -> Iterator[Found]:
    """Every agent was edited on the other side: a draft, its deploy, and a look at the outcome."""
    with folder() as place, serving("platform", "--agents", size, "--edited-percent", 100) as server:
        root = bound(place / "project", size)
        server.counted(latency=LATENCY)
        taken = run(reconciler("apply", "--yes", root=root, url=server.url))
        counts = server.counted()
    yield Figure(f"update {size:,}, wall", taken.wall, SECONDS)
    yield Figure("update / ideal", taken.wall / (ceil(sum(counts.values()) / 8) * LATENCY))
    yield Figure("update, PATCHes per agent", counts["PATCH /v1/agents/ID"] / size, "requests")
    yield Figure("update, deploys per agent", counts["POST /v1/agents/ID/deploy"] / size, "requests")
    yield Figure("update, GETs per agent", counts.get("GET /v1/agents/ID", 0) / size, "requests")
    yield Figure("update, lists of agents", counts.get(_LIST, 0), "requests")
