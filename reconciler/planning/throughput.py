"""Whether runs on a timer can place the calls to come, or too many fall into one window."""

from __future__ import annotations

import math
from heapq import heappop, heappush
from typing import TYPE_CHECKING

from reconciler.model import Finding, Severity
from reconciler.schedule.clock import parse_duration, spoken_duration, spoken_local, zone

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import timedelta

    from reconciler.model import Resource
    from reconciler.schedule.expected_calls import ExpectedCall
    from reconciler.settings import Settings


def crowded(rings: Sequence[ExpectedCall], settings: Settings, resources: Mapping[str, Resource]) -> list[Finding]:
    """A warning about the first window into which more calls fall than runs can place; nothing where all fit.

    ``rings`` ascend in time. A run is counted for each period of the declared timer, and places the calls whose
    windows close first: a bound for a timer that keeps its time, so whatever is named here is missed on any day.
    """
    every, most = parse_duration(settings.dispatch.every), settings.limits.calls_per_run
    missed = _missed(rings, every, most)
    if not missed:
        return []
    first = missed[0]
    crowd = [ring for ring in rings if ring.at <= first.closes and ring.closes >= first.at]
    lost = [ring for ring in missed if ring.at <= first.closes and ring.closes >= first.at]
    span = max(ring.closes for ring in crowd) - min(ring.at for ring in crowd)
    elsewhere = f", {len(missed)} of all calls to come" if len(missed) > len(lost) else ""
    resource = resources.get(str(first.address))
    return [
        Finding(
            Severity.WARNING,
            "RC616",
            f"{len(crowd):,} calls fall into {spoken_duration(span)} from "
            f"{spoken_local(crowd[0].at, zone(crowd[0].zone or 'UTC'))}; a run places {most} and comes every "
            f"{spoken_duration(every)}: up to {len(lost):,} may be missed{elsewhere}",
            f"raise `limits.calls_per_run`, spread them, or give them `late: {_enough(len(crowd), every, most)}`",
            first.address,
            resource.manifest.location if resource else None,
        )
    ]


def _missed(rings: Sequence[ExpectedCall], every: timedelta, most: int) -> list[ExpectedCall]:
    """The calls that no run has room for, in the order of their windows' ends."""
    seconds = max(every.total_seconds(), 1)
    waiting: list[tuple[float, int]] = []
    missed: list[int] = []
    place, period = 0, 0
    while place < len(rings) or waiting:
        if not waiting:
            period = math.floor(rings[place].at.timestamp() / seconds)
        while place < len(rings) and rings[place].at.timestamp() < (period + 1) * seconds:
            heappush(waiting, (rings[place].closes.timestamp(), place))
            place += 1
        while waiting and waiting[0][0] <= period * seconds:
            missed.append(heappop(waiting)[1])
        for _ in range(min(most, len(waiting))):
            heappop(waiting)
        if not most:
            missed += [heappop(waiting)[1] for _ in range(len(waiting))]
        period += 1
    return [rings[it] for it in missed]


def _enough(calls: int, every: timedelta, most: int) -> str:
    """How late they would have to be allowed, in whole hours."""
    periods = math.ceil(calls / most) if most else 1
    return f"{max(1, math.ceil(periods * every.total_seconds() / 3600))}h"
