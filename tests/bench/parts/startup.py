"""Measure how long the tool takes to say anything at all."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from bench.figures import ratio, seconds
from bench.standing import RECONCILER, reconciler
from bench.timing import Command, interleaved

if TYPE_CHECKING:
    from collections.abc import Iterator

    from bench.figures import Found
    from bench.parts import Effort

FLOOR = "python -c 'import click'"
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
