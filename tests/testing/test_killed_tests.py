"""A run of tests that is killed at any request or record: the next one says the verdict, and one batch was paid for."""

from __future__ import annotations

import json
import shutil
from typing import TYPE_CHECKING

import pytest
from chaos.faults import Cut
from chaos.killed_runs import KilledRuns
from chaos.projects import LATER, NOON, Project, Start

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILES = {
    "all.yaml": """apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer., voice: olivia}
---
apiVersion: reconciler/v1
kind: TestScenario
metadata: {name: books}
spec: {agent: front-desk, title: Books, scenario_prompt: You call.}
"""
}
PROJECT = Project(Start(applied=FILES), FILES, ("test", "--yes", "--format", "json"))
FIRST_BATCH = 11_001


@pytest.fixture(scope="module")
def chaos(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KilledRuns]:
    with KilledRuns(tmp_path_factory.mktemp("killed")) as bench:
        yield bench


def finished(chaos: KilledRuns, folder: Path) -> list[str]:
    """What is wrong once the same command was run again."""
    second = chaos.run(folder, *PROJECT.command, now=NOON + LATER)
    if second.code != 0:
        return [f"the second run ended with {second.code}: {second.output}"]
    (agent,) = json.loads(second.output[second.output.index("{") : second.output.rindex("}") + 1])["agents"]
    # The platform counts its batches: a second one would have the next number.
    return [] if agent["batch_id"] == FIRST_BATCH else [f"{agent['batch_id']} is not the first batch"]


@pytest.mark.parametrize("fault", ["killed-before", "killed-after"])
@pytest.mark.parametrize("place", ["request", "store"])
def test_a_run_that_is_killed_is_finished_by_the_next_and_paid_for_once(
    chaos: KilledRuns, place: str, fault: str
) -> None:
    untouched = chaos.run(chaos.fresh(PROJECT), *PROJECT.command, now=NOON)
    assert untouched.code == 0, untouched.output
    told = untouched.writes - 1, "killed-after"  # the verdict is out and noted: the next run begins anew
    wrong: list[str] = []
    for index in range(untouched.requests if place == "request" else untouched.writes):
        if place == "store" and (index, fault) == told:
            continue
        folder = chaos.fresh(PROJECT)
        chaos.run(folder, *PROJECT.command, now=NOON, cut=Cut(place, index, fault))
        wrong += [f"{fault} at {place} {index}: {line}" for line in finished(chaos, folder)]
        shutil.rmtree(folder)
    assert not wrong, "\n".join(wrong)
