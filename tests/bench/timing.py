"""Run whole processes one after another and say what each took, as the kernel counted it.

A ratio is taken pair by pair, between runs that were neighbours in time, and its median reported: on a busy
machine both of a pair are slowed alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass, field
from math import log
from pathlib import Path
from statistics import fmean, median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
_SAID = 2_000
_LAUNCHER = Path(__file__).with_name("launcher.py")


@dataclass(frozen=True, slots=True)
class Command:
    """A process to run; any exit code but ``code`` fails the bench, with the end of what was said."""

    arguments: tuple[str, ...]
    folder: Path = ROOT
    environment: Mapping[str, str] = field(default_factory=dict)
    code: int = 0


@dataclass(frozen=True, slots=True)
class Run:
    """What one process took: seconds of the wall clock, of CPU (user and system), KB of peak memory."""

    wall: float
    cpu: float
    peak: float


class Failed(Exception):
    """A measured command did not do its work, so that its time says nothing."""


def run(command: Command) -> Run:
    """One process to its end, started from a small one (``launcher``); raises Failed."""
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "tests"), **command.environment}
    told, tell = os.pipe()
    with tempfile.TemporaryFile() as said, os.fdopen(told) as answer:
        launched = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_LAUNCHER), str(tell), *command.arguments],
            cwd=command.folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=said,
            pass_fds=(tell,),
        )
        os.close(tell)
        code, *numbers = answer.read().split() or ("none",)
        launched.wait()
        if code != str(command.code):
            said.seek(0)
            words = said.read().decode(errors="replace")[-_SAID:]
            raise Failed(f"{' '.join(command.arguments)} exited {code}: {words}")
    return Run(*map(float, numbers))


def first_line(command: Command) -> Run:
    """One process until it writes its first line to stdout, and then to its end; only the wall clock stops there."""
    with tempfile.TemporaryFile() as said:
        began = time.perf_counter()
        process = subprocess.Popen(
            command.arguments,
            cwd=command.folder,
            env=dict(command.environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=said,
        )
        assert process.stdout is not None
        with process.stdout as told:
            line = told.readline()
            wall = time.perf_counter() - began
            told.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode != command.code or not line:
            said.seek(0)
            raise Failed(f"{' '.join(command.arguments)}: {said.read().decode(errors='replace')[-_SAID:]}")
    return Run(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss)


def interleaved(commands: Mapping[str, Command], rounds: int) -> dict[str, list[Run]]:
    """A B A B …, after one run of each that is not counted; ``rounds`` 1 is not warmed up, for the very long."""
    if rounds > 1:
        for command in commands.values():
            run(command)
    found: dict[str, list[Run]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            found[name].append(run(command))
    return found


def extra(many: Sequence[Run], one: Sequence[Run]) -> float:
    """How much more CPU time the many took than the one beside it, in seconds: the median, pair by pair."""
    return median(more.cpu - less.cpu for more, less in zip(many, one, strict=True))


def ratios(ours: Sequence[Run], theirs: Sequence[Run], *, of: str = "cpu") -> list[float]:
    """How many times theirs ours took, pair by pair, smallest first."""
    return sorted(getattr(one, of) / getattr(other, of) for one, other in zip(ours, theirs, strict=True))


def exponent(points: Mapping[int, float], *, start: float = 0.0) -> float:
    """The slope of log(value) over log(N), by least squares: 1 is linear.

    What every size pays alike, ``start``, must be off the values already, or the fit would praise a slow start. A
    value weighs as much as it stands out of it, since the noise of start-up is in the small ones whole; one that
    noise put at or below zero says nothing.
    """
    rest = {number: value for number, value in points.items() if value > 0}
    across, up = [log(number) for number in rest], [log(value) for value in rest.values()]
    weights = [value**2 / (value**2 + start**2) for value in rest.values()]
    middle, height = fmean(across, weights), fmean(up, weights)
    steep = sum(w * (x - middle) * (y - height) for w, x, y in zip(weights, across, up, strict=True))
    return steep / sum(w * (x - middle) ** 2 for w, x in zip(weights, across, strict=True))
