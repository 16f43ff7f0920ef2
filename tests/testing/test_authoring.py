"""Scenarios that the platform writes become documents, bound to what is there."""

from __future__ import annotations

import io
import json
from contextlib import chdir, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING

from laws.project import NOW

from reconciler.cli import main

if TYPE_CHECKING:
    from testing.conftest import Tested


def said_by(tested: Tested, *words: str) -> tuple[int, str]:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err), chdir(tested.folder.root):
        code = main(["test", *words, "--emulator", "--now", NOW])
    return code, out.getvalue() or err.getvalue()


def told_by(tested: Tested, *words: str) -> str:
    """What a person is told beside the results."""
    with redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()) as err, chdir(tested.folder.root):
        main(["test", *words, "--emulator", "--now", NOW])
    return err.getvalue()


def test_scenarios_are_written_for_an_agent_that_is_declared_and_applied(tested: Tested) -> None:
    tested.declare("Books")
    assert "apply first: reconciler apply" in told_by(tested, "generate", "Agent/front-desk")
    assert "did you mean `Agent/front-desk`?" in told_by(tested, "generate", "Agent/front-dsk")
    said = " ".join(told_by(tested, "generate", "TestScenario/scenario-0").split())
    assert "scenarios are written for an Agent, and `TestScenario/scenario-0` is none" in said


def test_generated_scenarios_are_documents_that_a_plan_finds_as_they_are(tested: Tested) -> None:
    tested.apply()
    code, said = said_by(tested, "generate", "Agent/front-desk", "--count", "3", "--format", "json")
    assert code == 0, said
    assert [it["address"].partition("/")[0] for it in json.loads(said)["scenarios"]] == ["TestScenario"] * 3
    assert len(list((tested.folder.root / "manifests" / "test-scenarios").iterdir())) == 3
    actions = [change["action"] for change in tested.folder.plan()["changes"] if change["kind"] == "TestScenario"]
    assert actions == ["adopt"] * 3
    assert tested.folder.run("apply", "--yes").code == 0
    assert tested.run().code == 0


def test_a_call_becomes_one_document_however_often_it_is_asked_for(tested: Tested) -> None:
    tested.apply("Books")
    ran = json.loads(tested.run("--format", "json").out)
    call = str(ran["agents"][0]["scenarios"][0]["call_id"])
    assert "review them, then: reconciler apply" in told_by(tested, "from-call", call)
    assert told_by(tested, "from-call", call) == "nothing was written: a document is bound to it already\n"
    assert len(list((tested.folder.root / "manifests" / "test-scenarios").iterdir())) == 1
