"""Measure how long the tool takes to say anything at all."""

from __future__ import annotations

import re
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

from bench.figures import MILLISECONDS, Figure, ratio, seconds
from bench.standing import RECONCILER, bound, folder, reconciler, serving
from bench.timing import Command, interleaved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Found
    from bench.parts import Effort

FLOOR = "python -c 'import click'"
_IMPORTED = re.compile(r"^import time: +(\d+) \| +\d+ \| +reconciler[.\s]", re.MULTILINE)
_TAB = {"_RECONCILER_COMPLETE": "bash_complete", "COMP_WORDS": "reconciler plan --", "COMP_CWORD": "2"}


def measure(effort: Effort) -> Iterator[Found]:
    """`--version`, `--help` and a tab, each against the import of the library that parses the command line."""
    commands = {
        FLOOR: Command((sys.executable, "-c", "import click")),
        "--version": reconciler("--version"),
        "--help": reconciler("--help"),
        "a tab": Command((RECONCILER,), environment=_TAB),
    }
    runs = interleaved(commands, effort.rounds * 6)
    for name in commands:
        yield seconds(name, runs[name])
        if name != FLOOR:
            yield ratio(f"{name} / import click", runs[name], runs[FLOOR])
    yield _own_imports(effort.rounds)


def _own_imports(rounds: int) -> Figure:
    """What a plan of agents takes to import the modules of the package, those of the libraries left out."""
    with folder() as place, serving("platform", "--agents", 1) as server:
        plan = reconciler("plan", root=bound(place, 1), url=server.url)
        command = (sys.executable, "-X", "importtime", "-m", "reconciler", "plan")
        found = sorted(_milliseconds(command, plan) for _ in range(rounds + 1))[:-1]  # the first compiles
    return Figure("plan, import of own modules", median(found), MILLISECONDS, found[0], found[-1])


def _milliseconds(command: tuple[str, ...], plan: Command) -> float:
    said = subprocess.run(
        command, cwd=plan.folder, env=dict(plan.environment), capture_output=True, text=True, check=True
    ).stderr
    return sum(int(found[1]) for found in _IMPORTED.finditer(said)) / 1_000
