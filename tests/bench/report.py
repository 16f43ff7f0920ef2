"""Write BENCHMARKS.md and to read it again: what got worse since is said by name."""

from __future__ import annotations

import json
import os
import platform
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from bench.figures import Figure
from bench.peers import pinned
from bench.targets import verdicts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import date
    from pathlib import Path

TOLERANCE = 0.15
_BLOCK = re.compile(r"^```json\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CPU = re.compile(r"^model name\s*: (.+)$", re.MULTILINE)
_WHY = """\
Written by `make bench`; do not edit. Every number is of this one run, and of each, less is better. A ratio (x) is
the median over pairs of whole processes that ran one after the other, of CPU time (user and system) unless it says
*wall*; the smallest and the largest pair are in brackets. The scripts that are measured against are in
`tests/bench/floors/`. Agents have a prompt of 2 KB and stand a hundred in a file.

Measured are `reconciler --version`, `--help`, a tab after `reconciler plan --`, `validate`, `plan
--detailed-exitcode`, `apply --yes --parallelism N`, `dispatch --parallelism 32` and `octodns-sync --config-file …`.
One part alone: `PYTHONPATH=tests .venv/bin/python -m bench --only plan`, or start, arrive, validate, apply,
dispatch, serve, store.

- **import click**: `python -c "import click"`, what any command line costs that is built on it.
- **floor** of validate: compose with libyaml, an own walk that knows the lines, a pydantic model (`compose.py`).
- **YB**: the same, then one list over httpx and equality (`lines_and_list.py`).
- **CS**: `CSafeLoader`, one list, JSON, equality (`load_and_list.py`).
- **ideal** of apply and dispatch: ceil(requests / parallelism) times 50 ms, the time that each answer is held back.
- **ideal** of serve: the calls at `calls_per_second`, 5,000 in a minute, over one PostgreSQL server; of the receiver:
  a second for 1,000 signed events over 64 connections.
- **exponent**: the slope of log(CPU time) over log(N) by least squares, after the time of a run with N = 1 beside
  each was taken off; a point weighs as much as it stands out of that. 1 is linear.
- **peak memory**: the kernel's figure for the process, started from a small one, since it counts what
  its parent held; per agent or row, the growth from 1,000 to the most.
"""


@dataclass(frozen=True, slots=True)
class Machine:
    """Where the figures were measured; nothing that names the machine."""

    cores: int
    processor: str
    python: str
    system: str


def machine(cpuinfo: Path) -> Machine:
    """This one."""
    try:
        found = _CPU.search(cpuinfo.read_text(encoding="utf-8"))
    except OSError:
        found = None
    processor = found[1].strip() if found else platform.machine()
    return Machine(
        os.cpu_count() or 1, processor, platform.python_version(), f"{platform.system()} {platform.machine()}"
    )


def written(
    figures: Sequence[Figure], notes: Sequence[str], *, on: Machine, day: date, load: float, seconds: float
) -> str:
    """The whole page."""
    by_name = {figure.name: figure for figure in figures}
    facts = [day.isoformat(), f"{on.cores} cores, {on.processor}", f"Python {on.python}", on.system]
    facts += [f"{package} {version}" for package, version in pinned().items()]
    facts += [f"{seconds / 60:.0f} minutes", f"load when it began {load:.1f}"]
    lines = ["# Benchmarks", "", _WHY]
    lines += [
        " · ".join(facts),
        "",
        "## Targets",
        "",
        "| figure | at most | this run | | |",
        "|---|---:|---:|---|---|",
    ]
    for verdict in verdicts(by_name):
        target = verdict.target
        row = (target.figure, f"{target.limit:.4g}", verdict.figure or "", verdict.word, target.because)
        lines.append(f"| {' | '.join(map(str, row))} |")
    lines += ["", *(f"- {note}" for note in notes)] if notes else []
    lines += [
        "",
        "## Side by side",
        "",
        *_peers(by_name),
        "",
        "## Every figure",
        "",
        "| figure | this run |",
        "|---|---:|",
    ]
    lines += [f"| {figure.name} | {figure} |" for figure in figures]
    lines += ["", "What the next run compares itself with:", "", "```json", _block(figures), "```", ""]
    return "\n".join(lines)


def _peers(figures: Mapping[str, Figure]) -> Iterator[str]:
    """What reconciler and octoDNS took for the same N, where both ran."""
    yield "| dry run of | reconciler | octoDNS | ratio | reconciler's peak | octoDNS's peak |"
    yield "|---|---:|---:|---:|---:|---:|"
    for name in figures:
        if name.startswith("octoDNS ") and name.endswith(", cpu"):
            what = name.removeprefix("octoDNS ").removesuffix(", cpu")
            cells = (f"plan {what}, cpu", name, f"plan {what} / octoDNS")
            peaks = (f"plan {what}, peak memory", f"octoDNS {what}, peak memory")
            yield f"| {what} | " + " | ".join(str(figures.get(cell, "")) for cell in cells + peaks) + " |"


def _block(figures: Sequence[Figure]) -> str:
    kept = {figure.name: [figure.value, figure.unit] for figure in figures if figure.comparable}
    return json.dumps(kept, indent=1, ensure_ascii=False)


def read(page: str) -> dict[str, Figure]:
    """The comparable figures of a page that was written before; none of one without them."""
    found = _BLOCK.search(page)
    kept = json.loads(found[1]) if found else {}
    return {name: Figure(name, value, unit) for name, (value, unit) in kept.items()}


def worse(before: Mapping[str, Figure], after: Mapping[str, Figure]) -> Iterator[str]:
    """A sentence for each figure that grew by more than 15 %, and for each that is not measured any more."""
    for name, old in before.items():
        new = after.get(name)
        if new is None:
            yield f"{name}: was {old}, not measured any more"
        elif new.value > old.value * (1 + TOLERANCE):
            yield f"{name}: was {old}, is {new}"
