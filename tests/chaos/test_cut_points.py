"""Cut runs at every request and every write of the state, and see that the next run mends it."""

from __future__ import annotations

import os
import shutil
from itertools import count, product
from typing import TYPE_CHECKING

import pytest

from chaos.conftest import TRIED
from chaos.faults import ANSWERS, KILLS, OUTAGES, SIGNALS, STORE, Cut
from chaos.killed_runs import Ran, Seen, look
from chaos.projects import PROJECTS, Project
from chaos.verdict import harm, journal, restless, settled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from chaos.killed_runs import KilledRuns

# `make prove` tries everything everywhere; `make test` the writes of five scenarios, with one fault of each sort.
PROVING = bool(os.environ.get("RECONCILER_PROVE"))
THOROUGH = ("first-apply", "edit", "adoption", "deletion", "dispatch")
LIGHT = ("refused", "reset-after", "hang-before", "429", "garbled-after", "502-before", "503-after")


def combinations(all_faults: Iterable[str], *light: str) -> list[tuple[str, str]]:
    """Scenarios and faults: all of both to prove it (the longer scenarios with the light ones), else a slice."""
    if not PROVING:
        return list(product(THOROUGH, light))
    longer = [name for name in PROJECTS if name not in THOROUGH]
    return [*product(THOROUGH, all_faults), *product(longer, light)]


KILLED, INTERRUPTED, LOCKED, IN_PART = -9, 130, 3, 4
AGAIN = "--again PhoneNumber/main-line"


class Cutter:
    """Cuts one project with one fault, wherever it can be cut."""

    def __init__(self, bench: KilledRuns, scenario: str, place: str, fault: str) -> None:
        self.bench, self.project = bench, PROJECTS[scenario]
        self._place, self._fault = place, fault

    def every_cut(self, check: Callable[[Path, Ran, Seen], list[str]]) -> int:
        """Cut, check, and go on to the next point until a run is not struck any more; how many there were."""
        wrong: list[str] = []
        tried = 0
        for index in self.points(self.bench.fresh(self.project)):
            folder = self.bench.fresh(self.project)
            before = look(folder, self.project.now)
            ran = self.cut(folder, index)
            if not ran.struck:
                break
            tried += 1
            found = check(folder, ran, before)
            wrong += [f"{self._fault} at {self._place} {index}: {line}" for line in found]
            if found:
                wrong += [f"  the cut run ended with {ran.code}: {ran.output}", f"  sent: {journal(look(folder, NOW))}"]
            shutil.rmtree(folder)
        assert not wrong, "\n".join(wrong)
        assert tried, "nothing was cut"
        return tried

    def points(self, folder: Path) -> Iterator[int]:
        """Every index there is; in a slice only the requests by which a run from here would write."""
        if PROVING or self._place == "store":
            return iter(count())
        copy = folder.with_name(f"{folder.name}-untouched")
        shutil.copytree(folder, copy)
        untouched = run(self.bench, copy, self.project)
        shutil.rmtree(copy)
        return iter(untouched.changing)

    def cut(self, folder: Path, index: int) -> Ran:
        """Run the project's command, cut at this point."""
        project = self.project
        cut = Cut(self._place, index, self._fault)
        return self.bench.run(folder, *project.command, *project.options, now=project.now, cut=cut)


NOW = PROJECTS["first-apply"].now


def paid(folder: Path) -> int:
    """How many probes the carrier was paid for."""
    return sum(number["probes"] for number in look(folder, NOW).numbers)


def run(bench: KilledRuns, folder: Path, project: Project) -> Ran:
    return bench.run(folder, *project.command, *project.options, now=project.now)


def mended(bench: KilledRuns, project: Project) -> Callable[[Path, Ran, Seen], list[str]]:
    """What is wrong once the same command was run again, untouched."""

    def check(folder: Path, ran: Ran, before: Seen) -> list[str]:
        wrong = list(harm(before, look(folder, project.again)))
        second = bench.run(folder, *project.command, *project.options, now=project.again)
        if second.code == IN_PART and AGAIN in second.output:
            # The run was cut where a billed probe may have been sent: nobody pays twice until a person says so.
            wrong += [f"{paid(folder)} probes before anybody was asked"] if paid(folder) else []
            second = bench.run(folder, *project.command, *project.options, *AGAIN.split(), now=project.again)
        if second.code != 0:
            wrong.append(f"the second run ended with {second.code}: {second.output}")
        wrong += settled(bench, folder, project, before)
        return wrong + restless(bench, folder, project) if PROVING else wrong

    return check


@pytest.mark.parametrize(
    ("scenario", "fault"), combinations((*ANSWERS, *OUTAGES), *LIGHT, "outage-refused", "outage-reset-after")
)
def test_a_failed_request_is_mended_by_the_next_run(
    bench: KilledRuns, scenario: str, fault: str, record_property: Callable[[str, object], None]
) -> None:
    cutter = Cutter(bench, scenario, "request", fault)
    record_property(TRIED, cutter.every_cut(mended(bench, cutter.project)))


@pytest.mark.parametrize(("scenario", "fault"), combinations(KILLS, *KILLS))
def test_a_run_killed_at_a_request_is_finished_by_the_next_without_waiting(
    bench: KilledRuns, scenario: str, fault: str, record_property: Callable[[str, object], None]
) -> None:
    cutter = Cutter(bench, scenario, "request", fault)
    check = mended(bench, cutter.project)

    def killed(folder: Path, ran: Ran, before: Seen) -> list[str]:
        wrong = [] if ran.code == KILLED else [f"it was not killed: {ran.code}"]
        return wrong + check(folder, ran, before)

    record_property(TRIED, cutter.every_cut(killed))


@pytest.mark.parametrize(("scenario", "fault"), combinations(STORE, *KILLS))
def test_a_run_cut_at_a_write_of_the_state_is_finished_by_the_next(
    bench: KilledRuns, scenario: str, fault: str, record_property: Callable[[str, object], None]
) -> None:
    cutter = Cutter(bench, scenario, "store", fault)
    record_property(TRIED, cutter.every_cut(mended(bench, cutter.project)))


@pytest.mark.parametrize(("scenario", "fault"), combinations(SIGNALS, "sigterm"))
def test_a_signal_ends_a_run_after_its_request_and_frees_the_lease(
    bench: KilledRuns, scenario: str, fault: str, record_property: Callable[[str, object], None]
) -> None:
    cutter = Cutter(bench, scenario, "request", fault)
    check = mended(bench, cutter.project)

    def stopped(folder: Path, ran: Ran, before: Seen) -> list[str]:
        wrong = [] if ran.code == INTERRUPTED else [f"a signal ended it with {ran.code}"]
        wrong += ["it is told to fix what did not fail"] if "fix what failed" in ran.output else []
        return wrong + check(folder, ran, before)

    record_property(TRIED, cutter.every_cut(stopped))


@pytest.mark.parametrize("scenario", THOROUGH if PROVING else ("edit", "dispatch"))
def test_a_run_killed_twice_is_finished_by_the_third(
    bench: KilledRuns, scenario: str, record_property: Callable[[str, object], None]
) -> None:
    cutter = Cutter(bench, scenario, "request", "killed-after")
    check, tried = mended(bench, cutter.project), 0

    def killed_again(folder: Path, ran: Ran, before: Seen) -> list[str]:
        nonlocal tried
        wrong = []
        for index in cutter.points(folder):
            again = folder.with_name(f"{folder.name}-again")
            shutil.copytree(folder, again)
            second = cutter.cut(again, index)
            if second.struck:
                tried += 1
                wrong += [f"and again at {index}: {line}" for line in check(again, second, before)]
            shutil.rmtree(again)
            if not second.struck:
                break
        return wrong

    cutter.every_cut(killed_again)
    record_property(TRIED, tried)
