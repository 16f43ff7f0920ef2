"""Runs for the cut-point tests, and how many cut points were tried, told at the end."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from chaos.killed_runs import KilledRuns

if TYPE_CHECKING:
    from collections.abc import Iterator

TRIED = "cut points tried"
_MEMORY = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it


@pytest.fixture(scope="session")
def bench() -> Iterator[KilledRuns]:
    """Runs in a folder of this worker's own, in memory where there is such a place: thousands of states are synced."""
    place = tempfile.mkdtemp(prefix="reconciler-chaos-", dir=_MEMORY if _MEMORY.is_dir() else None)
    try:
        with KilledRuns(Path(place)) as bench:
            yield bench
    finally:
        shutil.rmtree(place)


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Add up what the tests recorded, over all workers."""
    reports = [report for group in ("passed", "failed") for report in terminalreporter.stats.get(group, [])]
    counts = [value for report in reports for name, value in report.user_properties if name == TRIED]
    if counts:
        terminalreporter.write_line(f"{sum(counts)} cut points tried in {len(counts)} combinations")
