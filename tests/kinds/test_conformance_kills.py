"""Every kind in the registry, killed at each write to the platform and to the state: the next run finishes it once."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from chaos.faults import Cut
from chaos.killed_runs import KilledRuns
from chaos.projects import APPLY, Project, Start

from kinds.specimens import specimen
from reconciler.contract.kind import FoundBy, Orphans
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

# `make prove` cuts at everything; `make test` after a write that arrived and before a record that was not made.
PROVING = bool(os.environ.get("RECONCILER_PROVE"))
CUTS = [("request", "killed-after"), ("store", "killed-before")]
ALL_CUTS = [*CUTS, ("request", "killed-before"), ("store", "killed-after")]
IN_PART, REFUSED = 4, 3


def _project(kind: str, what: str) -> Project:
    it = specimen(kind)
    first, second = it.text(it.document()), it.text(it.document(it.second))
    absent = it.text(it.document(absent=True))
    files = {"create": first, "update": second, "delete": absent}[what]
    start = Start() if what == "create" else Start(applied={"all.yaml": first})
    return Project(start, {"all.yaml": files}, APPLY)


def _can(kind: str, what: str) -> bool:
    return what != "delete" or KINDS[kind].orphans is Orphans.KEPT


PROJECTS = {
    (kind, what): _project(kind, what)
    for kind in sorted(KINDS)
    for what in ("create", "update", "delete")
    if _can(kind, what) and not KINDS[kind].kept_in_state
}


@pytest.fixture(scope="module")
def chaos() -> Iterator[KilledRuns]:
    memory = Path("/dev/shm")  # noqa: S108 - a folder of our own is made in it
    place = tempfile.mkdtemp(prefix="reconciler-kinds-", dir=memory if memory.is_dir() else None)
    try:
        with KilledRuns(Path(place)) as bench:
            yield bench
    finally:
        shutil.rmtree(place)


def finished(chaos: KilledRuns, folder: Path, project: Project, kind: str, what: str) -> list[str]:
    """What is wrong once the same command was run again."""
    wrong = []
    second = chaos.run(folder, *project.command, now=project.again)
    again = f"--again {kind}/specimen"
    if second.code in (IN_PART, REFUSED) and again in second.output:
        second = chaos.run(folder, *project.command, *again.split(), now=project.again)
    if second.code != 0:
        wrong.append(f"the second run ended with {second.code}: {second.output}")
    plan = chaos.run(folder, "plan", "--detailed-exitcode", now=project.again)
    if plan.code != 0:
        wrong.append(f"the plan is not clean: {plan.output}")
    if KINDS[kind].found_by is FoundBy.BINDING and what != "delete":
        for file in (folder / ".reconciler").glob("state.db*"):
            file.unlink()
        plan = chaos.run(folder, "plan", now=project.again)
        if plan.code != 0 or "to create" in plan.output:
            wrong.append(f"there is not exactly one: {plan.output}")
    return wrong


@pytest.mark.parametrize(("place", "fault"), ALL_CUTS if PROVING else CUTS)
@pytest.mark.parametrize(("kind", "what"), PROJECTS, ids=str)
def test_a_run_that_is_killed_at_a_write_is_finished_by_the_next(
    chaos: KilledRuns, kind: str, what: str, place: str, fault: str
) -> None:
    project = PROJECTS[kind, what]
    untouched = chaos.run(chaos.fresh(project), *project.command, now=project.now)
    assert untouched.code == 0, untouched.output
    points = untouched.changing if place == "request" else range(untouched.writes)
    assert points, "nothing was cut"
    wrong: list[str] = []
    for index in points:
        folder = chaos.fresh(project)
        chaos.run(folder, *project.command, now=project.now, cut=Cut(place, index, fault))
        wrong += [f"{fault} at {place} {index}: {line}" for line in finished(chaos, folder, project, kind, what)]
        shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)
