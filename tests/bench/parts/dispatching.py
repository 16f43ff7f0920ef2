"""Measure a burst of calls, and a tick with nothing to do over very many."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import TYPE_CHECKING

from bench import calls
from bench.figures import MILLISECONDS, SECONDS, Figure, seconds
from bench.standing import folder, postgres, reconciler, serving
from bench.state import STATE
from bench.timing import interleaved, run

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Found
    from bench.parts import Effort

LATENCY = 0.05
_POST = "POST /v1/call"
PARALLELISM = 32
_TO_PLAN, _EACH = timedelta(seconds=8), timedelta(milliseconds=3)  # apply arms what is not past when it plans
_A_YEAR = timedelta(days=365)


def measure(effort: Effort) -> Iterator[Found]:
    """The burst, then the idle tick; the burst on PostgreSQL, where there is a server."""
    count = min(5 * effort.largest, 5_000)
    yield from _burst(count)
    yield from _idle(effort.largest, rounds=3)
    with postgres() as server:
        yield from _burst(count, state=server.url(), on=" on PostgreSQL")


def _burst(count: int, *, state: str = STATE, on: str = "") -> Iterator[Found]:
    """Calls due at the same minute: armed by apply before it, placed by one dispatch after it.

    The rate that the API allows is as many at once as dispatch may have in flight, each taking its latency.
    """
    due = datetime.now(UTC) + _TO_PLAN + _EACH * count
    with folder() as place, serving("platform") as server:
        root = calls.write_project(place / "project", count, at=due, more=f"state: {state}\n")
        armed = run(reconciler("apply", "--yes", root=root, url=server.url))
        time.sleep(max(0.0, (due - datetime.now(UTC)).total_seconds() + 1))
        server.counted(latency=LATENCY)
        dry = run(reconciler("dispatch", "--dry-run", root=root, url=server.url))
        server.counted(latency=LATENCY)
        taken = run(reconciler("dispatch", "--parallelism", PARALLELISM, root=root, url=server.url))
        counts, placing = server.counted(), server.span(_POST) + LATENCY
        attempts = calls.recorded(root, state)
    ideal = ceil(count / PARALLELISM) * LATENCY
    dialled = counts.get(_POST, 0)
    yield Figure(f"arm {count:,}{on}, wall", armed.wall, SECONDS)
    yield Figure(f"dispatch {count:,}{on}, wall", taken.wall, SECONDS)
    yield Figure(f"dispatch --dry-run {count:,}{on}, wall", dry.wall, SECONDS)
    yield Figure(f"dispatch {count:,}{on}, first to last POST / ideal", placing / ideal)
    yield Figure(f"dispatch {count:,}{on} / ideal", taken.wall / ideal)
    yield Figure(f"dispatch{on}, CPU per call", taken.cpu / count * 1000, MILLISECONDS)
    yield Figure(f"dispatch{on}, POSTs per call", dialled / count, "requests")
    yield Figure(f"dispatch{on}, requests beside the POSTs", sum(counts.values()) - dialled, "requests")
    placed = {attempt.occurrence for attempt in attempts if attempt.call_id}
    yield Figure(f"dispatch{on}, calls placed twice", dialled - len(placed), "calls")
    yield Figure(f"dispatch{on}, calls not recorded", count - len(placed), "calls")


def _idle(count: int, *, rounds: int) -> Iterator[Found]:
    """A tick over one call and one over very many, none of them due for a year: the difference is the work."""
    later = datetime.now(UTC) + _A_YEAR
    with folder() as place, serving("platform") as server:
        ticks = {}
        for size in (1, count):
            root = calls.write_project(place / str(size), size, at=later)
            calls.armed_in_state(root, size, at=later)
            ticks[str(size)] = reconciler("dispatch", root=root, url=server.url)
        runs = interleaved(ticks, rounds)
    for told, taken in runs.items():
        yield seconds(f"an idle tick over {int(told):,} calls", taken, of="wall")
    differences = sorted(many.wall - one.wall for one, many in zip(runs["1"], runs[str(count)], strict=True))
    middle = differences[len(differences) // 2]
    yield Figure(
        f"an idle tick over {count:,} calls less start-up, wall", middle, SECONDS, differences[0], differences[-1]
    )
