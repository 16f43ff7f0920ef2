"""`make bench`: measure every part, write BENCHMARKS.md, say what got worse.

python -m bench                  everything; writes BENCHMARKS.md
python -m bench --only plan      one part (may be repeated); prints, writes nothing
python -m bench --quick          at most 1,000 agents; prints, writes nothing
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from bench import report
from bench.figures import Figure, Note
from bench.parts import (
    Effort,
    applying,
    arriving,
    dispatching,
    listing,
    planning,
    serving,
    startup,
    storing,
    validating,
)
from bench.targets import verdicts
from bench.timing import ROOT, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from bench.figures import Found

PARTS: dict[str, Callable[[Effort], Iterator[Found]]] = {
    "start": startup.measure,
    "arrive": arriving.measure,
    "validate": validating.measure,
    "plan": planning.measure,
    "apply": applying.measure,
    "dispatch": dispatching.measure,
    "lists": listing.measure,
    "serve": serving.measure,
    "store": storing.measure,
}
PAGE = ROOT / "BENCHMARKS.md"
WHOLE, QUICK = Effort(largest=100_000, rounds=5), Effort(largest=1_000, rounds=3)


def measured(parts: Sequence[str], effort: Effort) -> list[Found]:
    """Every figure of the parts, told on stderr as it comes."""
    found: list[Found] = []
    for part in parts:
        for item in _whole(PARTS[part](effort), part):
            found.append(item)
            said = f"{item.name}: {item}" if isinstance(item, Figure) else item.text
            print(f"[{part}] {said}", file=sys.stderr, flush=True)  # noqa: T201 - progress
    return found


def _whole(items: Iterator[Found], part: str) -> Iterator[Found]:
    """A part's figures; where a command of it fails, what was said, and the other parts go on."""
    try:
        yield from items
    except Exception as error:  # noqa: BLE001 - whatever it is: an hour of figures is not thrown away for one
        words = str(error) if isinstance(error, Failed) else f"{type(error).__name__}: {error}"
        yield Note(f"the part `{part}` ended early: {words}")


def committed() -> str:
    """BENCHMARKS.md as it was committed last, or "" when it never was."""
    shown = subprocess.run(["git", "show", f"HEAD:{PAGE.name}"], cwd=ROOT, capture_output=True, text=True, check=False)
    return shown.stdout if shown.returncode == 0 else ""


def main(arguments: Sequence[str]) -> int:
    """Measure; 1 when something got worse."""
    parser = argparse.ArgumentParser(prog="python -m bench")
    parser.add_argument("--only", action="append", choices=sorted(PARTS), help="one part; may be repeated")
    parser.add_argument("--quick", action="store_true", help="at most 1,000 agents")
    asked = parser.parse_args(arguments)
    parts = asked.only or list(PARTS)
    began, load = time.monotonic(), os.getloadavg()[0]
    found = measured(parts, QUICK if asked.quick else WHOLE)
    seconds = time.monotonic() - began
    figures = [item for item in found if isinstance(item, Figure)]
    notes = [item.text for item in found if isinstance(item, Note)]
    by_name = {figure.name: figure for figure in figures}
    before = report.read(committed())
    whole = not (asked.only or asked.quick)
    if whole:
        on = report.machine(Path("/proc/cpuinfo"))
        page = report.written(figures, notes, on=on, day=datetime.now(UTC).date(), load=load, seconds=seconds)
        PAGE.write_text(page, encoding="utf-8")
    else:
        before = {name: figure for name, figure in before.items() if name in by_name}
    for verdict in verdicts(by_name):
        if whole or verdict.figure:
            row = f"{verdict.target.figure}: {verdict.figure or ''}, at most {verdict.target.limit:.4g}: {verdict.word}"
            print(row)  # noqa: T201 - a report
    slower = list(report.worse(before, by_name))
    for sentence in slower:
        print(f"worse: {sentence}")  # noqa: T201 - a report
    return int(bool(slower))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
