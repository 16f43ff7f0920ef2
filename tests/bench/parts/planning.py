"""Measure what every pull request waits for: a plan that finds nothing to do."""

from __future__ import annotations

from statistics import median
from typing import TYPE_CHECKING

from bench import peers
from bench.figures import Figure, Note, ratio, seconds
from bench.standing import bound, folder, module, reconciler, serving
from bench.timing import Command, Run, exponent, extra, interleaved, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figures import Found
    from bench.parts import Effort
    from bench.standing import Server

EDITED_PERCENT = 1
LARGEST_FOR_PEERS = 10_000
_TOO_FEW = 2  # sizes, to tell growth from noise


def measure(effort: Effort) -> Iterator[Found]:
    """At every size against the floors and the peers; how time and memory grow; and with 1 % edited."""
    yield from map(Note, peers.absent())
    points: dict[int, float] = {}
    starting: list[float] = []
    peaks: dict[int, float] = {}
    try:
        octodns = peers.octodns()
    except peers.Unavailable as error:
        octodns = None
        yield Note(f"octoDNS could not be installed: {error}")
    with folder() as least, serving("platform", "--agents", 1) as small:
        start = {"start": _plan(bound(least, 1), small)}
        for size in effort.sizes:
            with folder() as place, serving("platform", "--agents", size) as server:
                root = bound(place, size)
                rounds = effort.rounds_at(size)
                runs = interleaved(_commands(root, server) | start, rounds)
                points[size] = extra(runs["plan"], runs["start"])
                starting += [each.cpu for each in runs.pop("start")]
                peaks[size] = max(each.peak for each in runs["plan"])
                yield from _against_floors(size, runs)
                if size <= LARGEST_FOR_PEERS:
                    yield _counted(root, size, server)
                if octodns and size <= LARGEST_FOR_PEERS:
                    yield from _against(octodns, size, _plan(root, server), rounds=rounds)
    if len(points) > _TOO_FEW:
        yield Figure("plan, exponent", exponent(points, start=median(starting)), "")
    if {10_000, 100_000} <= set(points):
        yield Figure("plan 100,000 / plan 10,000", points[100_000] / points[10_000])
    few, most = 1_000, max(peaks)
    if most > few:
        yield Figure("plan, peak memory", (peaks[most] - peaks[few]) / (most - few), "KB per agent")
    size = min(LARGEST_FOR_PEERS, effort.largest)
    with folder() as place, serving("platform", "--agents", size, "--edited-percent", EDITED_PERCENT) as server:
        root = bound(place, size)
        plan = reconciler("plan", "--detailed-exitcode", root=root, url=server.url, code=2)
        if octodns:
            yield from _against(octodns, size, plan, rounds=effort.rounds_at(size), edited_percent=EDITED_PERCENT)
        else:
            yield seconds(f"plan {size:,}, {EDITED_PERCENT} % edited", interleaved({"": plan}, 1)[""])


def _counted(root: Path, size: int, server: Server) -> Figure:
    """One plan's requests: as many in a small account as in a large one."""
    server.counted(latency=0)
    run(reconciler("plan", root=root, url=server.url))
    return Figure(f"plan {size:,}, requests", sum(server.counted().values()), "requests")


def _plan(root: Path, server: Server) -> Command:
    """Exit code 0 under --detailed-exitcode says that the plan found nothing to do."""
    return reconciler("plan", "--detailed-exitcode", root=root, url=server.url)


def _commands(root: Path, server: Server) -> dict[str, Command]:
    manifests = root / "manifests"
    return {
        "plan": _plan(root, server),
        "YB": module("bench.floors.lines_and_list", manifests, server.url),
        "CS": module("bench.floors.load_and_list", manifests, server.url),
    }


def _against_floors(size: int, runs: dict[str, list[Run]]) -> Iterator[Found]:
    for name, taken in runs.items():
        yield seconds(f"{name} {size:,}", taken)
    yield Figure(f"plan {size:,}, peak memory", max(each.peak for each in runs["plan"]) / 1024, "MB")
    for floor in ("YB", "CS"):
        yield ratio(f"plan {size:,} / {floor}", runs["plan"], runs[floor])
        yield ratio(f"plan {size:,} / {floor}, wall", runs["plan"], runs[floor], of="wall")


def _against(octodns: peers.Peer, size: int, plan: Command, *, rounds: int, edited_percent: int = 0) -> Iterator[Found]:
    """The plan beside octoDNS's dry run over as many records of the same text."""
    what = f"{size:,}, {edited_percent} % edited" if edited_percent else f"{size:,}"
    with peers.dry_run(octodns, size, edited_percent=edited_percent) as theirs:
        runs = interleaved({"plan": plan, "octoDNS": theirs}, rounds)
    if edited_percent:
        yield seconds(f"plan {what}", runs["plan"])
        yield Figure(f"plan {what}, peak memory", max(each.peak for each in runs["plan"]) / 1024, "MB")
    yield seconds(f"octoDNS {what}", runs["octoDNS"])
    yield Figure(f"octoDNS {what}, peak memory", max(each.peak for each in runs["octoDNS"]) / 1024, "MB")
    yield ratio(f"plan {what} / octoDNS", runs["plan"], runs["octoDNS"])
    yield ratio(f"plan {what} / octoDNS, wall", runs["plan"], runs["octoDNS"], of="wall")
