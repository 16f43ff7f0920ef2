"""Measure lists of calls: read, planned and armed by the row, against the csv module and one dataclass a row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.figures import SECONDS, Figure, ratio, seconds
from bench.rows import write_project
from bench.standing import folder, module, reconciler
from bench.timing import Command, Run, exponent, interleaved, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from bench.figures import Found
    from bench.parts import Effort

ARMED = 10_000
_EMULATED = ("--emulator", "--now", "2030-11-29T12:00:00Z")
_GIT = "git:reconciler-state"


def measure(effort: Effort) -> Iterator[Found]:
    """At 1,000 rows and more: time against the floor, memory by the row; then arming, and what it leaves behind."""
    peaks: dict[int, float] = {}
    sizes: dict[int, float] = {}
    for size in (it for it in effort.sizes if it > min(effort.sizes)):
        with folder() as place:
            root = write_project(place, size)
            runs = interleaved(_commands(root), effort.rounds_at(size))
        peaks[size] = max(each.peak for each in runs["plan"])
        for what in ("validate", "plan"):
            yield seconds(f"{what} a list of {size:,} rows", runs[what])
            yield ratio(f"{what} a list of {size:,} rows / floor", runs[what], runs["floor"])
    if len(peaks) > 1:
        least, most = min(peaks), max(peaks)
        yield Figure("plan a list, peak memory", (peaks[most] - peaks[least]) / (most - least), "KB per row")
    count = min(ARMED, effort.largest)
    for size in (count // 10, count):
        with folder() as place:
            root = write_project(place, size)
            found, armed = _armed(root, size, "SQLite")
            sizes[size] = (root / ".reconciler" / "state.db").stat().st_size
            if size == count:
                yield from found
                yield from _afterwards(root, size, armed)
    yield Figure("the state's growth by a list, exponent", exponent(sizes), "")
    with folder() as place:
        yield from _armed(_repository(write_project(place / "project", count), place), count, "a git branch", _GIT)[0]


def _commands(root: Path) -> dict[str, Command]:
    return {
        "validate": reconciler("validate", root=root),
        "plan": reconciler("plan", *_EMULATED, root=root),
        "floor": module("bench.floors.rows", root / "manifests" / "rows.csv"),
    }


def _armed(root: Path, count: int, where: str, state: str = "sqlite:.reconciler/state.db") -> tuple[list[Figure], Run]:
    """An apply that arms every row, less a plan of the same."""
    planned = run(reconciler("plan", *_EMULATED, "--state", state, root=root))
    applied = run(reconciler("apply", *_EMULATED, "--yes", "--state", state, root=root))
    wall = Figure(f"arm {count:,} on {where} less its plan, wall", applied.wall - planned.wall, SECONDS)
    return [wall, Figure(f"arm {count:,} on {where} less its plan, cpu", applied.cpu - planned.cpu, SECONDS)], planned


def _afterwards(root: Path, count: int, first: Run) -> Iterator[Figure]:
    """A plan that finds nothing to do, and a tick that finds nothing due."""
    again, idle = (run(reconciler(*words, *_EMULATED, root=root)) for words in (("plan",), ("dispatch",)))
    yield Figure(f"plan {count:,} armed rows / plan them first", again.cpu / first.cpu)
    yield Figure(f"an idle tick over a list of {count:,}, wall", idle.wall, SECONDS)


def _repository(root: Path, place: Path) -> Path:
    """The project in a repository with a remote."""
    remote = place / "remote.git"
    for words in (("init", "-q", "--bare", str(remote)), ("init", "-q", "."), ("remote", "add", "origin", str(remote))):
        run(Command(("git", *words), root, {"HOME": str(root)}))
    return root
