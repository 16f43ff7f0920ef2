"""Run the script of `action.yml` as a runner would, with its inputs in the environment."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from forge.forge_stand_in import Forge, github_job

ACTION = yaml.safe_load((Path(__file__).resolve().parents[2] / "action.yml").read_text("utf-8"))
SCRIPT = ACTION["runs"]["steps"][-1]["run"]
ON_THE_EMULATOR = "--emulator --now 2030-01-14T14:00Z"
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: Answer for Acme., voice: olivia}
"""


@dataclass(frozen=True)
class Runner:
    """A job on the pull request, in a folder with a project in it."""

    folder: Path
    forge: Forge

    def run(self, **inputs: str) -> subprocess.CompletedProcess[str]:
        environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(self.folder),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_WORKSPACE": str(self.folder),
            "COMMAND": "plan",
            "FOLDER": "phones",
            "ENVIRONMENT": "",
            "COMMENT": "true",
            "ANNOTATE": "true",
            "LOOKAHEAD": "",
            "CALLS_ACTION": "show",
            "CALL_ID": "",
            "CALL": "",
            "WHY": "",
            "GITHUB_OUTPUT": str(self.folder / "outputs"),
            "ARGUMENTS": "",
            "THUNDERPHONE_API_KEY": "",
            "WITHOUT_SECRETS": "false",
            **github_job(self.forge),
            **inputs,
        }
        return subprocess.run(
            [shutil.which("bash") or "bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", SCRIPT],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            encoding="utf-8",
            check=False,
            timeout=120,
        )


@pytest.fixture
def runner(tmp_path: Path, forge: Forge) -> Runner:
    (tmp_path / "phones" / "manifests").mkdir(parents=True)
    (tmp_path / "phones" / "reconciler.yaml").write_text("environments: {live: {}}\n", encoding="utf-8")
    (tmp_path / "phones" / "manifests" / "agents.yaml").write_text(AGENT, encoding="utf-8")
    binaries = tmp_path / "temp" / "reconciler" / "bin"
    binaries.mkdir(parents=True)
    tool = binaries / "reconciler"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    return Runner(tmp_path, forge)


def test_plan_comments_and_annotates(runner: Runner) -> None:
    done = runner.run(ENVIRONMENT="live", ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    assert "### reconciler plan · live · phones" in runner.forge.bodies[0]
    assert "::notice file=phones/manifests/agents.yaml,line=1" in done.stderr


def test_a_pull_request_from_a_fork_is_validated(runner: Runner) -> None:
    done = runner.run(WITHOUT_SECRETS="true")
    assert done.returncode == 0, done.stderr
    assert "1 document, valid" in runner.forge.bodies[0]
    assert "pull request from a fork" in runner.forge.bodies[0]


def test_what_only_plan_knows_is_not_passed_on_to_validate(runner: Runner) -> None:
    done = runner.run(WITHOUT_SECRETS="true", ARGUMENTS="--prune --detailed-exitcode")
    assert done.returncode == 0, done.stderr
    assert "gets no secrets: the manifests are validated instead" in done.stdout


def test_arguments_may_stand_on_several_lines(runner: Runner) -> None:
    done = runner.run(ARGUMENTS="--emulator\n  --now 2030-01-14T14:00Z\n\n--detailed-exitcode\n")
    assert done.returncode == 2, done.stderr


def test_a_forgotten_key_fails(runner: Runner) -> None:
    done = runner.run(ENVIRONMENT="live", COMMENT="false", ANNOTATE="false")
    assert done.returncode == 1
    assert "THUNDERPHONE_API_KEY" in done.stderr


def test_apply_asks_nobody(runner: Runner) -> None:
    done = runner.run(COMMAND="apply", ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    assert "**Applied: 1 done.**" in runner.forge.bodies[0]


def test_dispatch_looks_ahead_and_does_not_comment(runner: Runner) -> None:
    done = runner.run(COMMAND="dispatch", LOOKAHEAD="1m", ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    assert runner.forge.sent == []


def test_another_command_is_refused(runner: Runner) -> None:
    done = runner.run(COMMAND="state unlock")
    assert done.returncode == 1
    assert "command must be plan, apply, dispatch, validate, drift, doctor, calls or test" in done.stdout


def outputs(runner: Runner) -> dict[str, str]:
    lines = (runner.folder / "outputs").read_text("utf-8").splitlines()
    return dict(line.split("=", 1) for line in lines)


def test_later_steps_can_ask_what_a_plan_found(runner: Runner) -> None:
    done = runner.run(ENVIRONMENT="live", ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    found = outputs(runner)
    assert (found["exitcode"], found["changes"]) == ("2", "true")
    assert Path(found["plan"]).read_text("utf-8").startswith("{")
    assert "<html" in Path(found["page"]).read_text("utf-8")
    assert found["comment-url"].startswith("http")


def test_a_plan_without_changes_says_so(runner: Runner) -> None:
    runner.run(COMMAND="apply", ARGUMENTS=ON_THE_EMULATOR)
    done = runner.run(ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    assert (outputs(runner)["exitcode"], outputs(runner)["changes"]) == ("0", "false")


def test_drift_is_an_answer_and_no_failure(runner: Runner) -> None:
    done = runner.run(COMMAND="drift", ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    assert outputs(runner)["changes"] == "false"
    assert Path(outputs(runner)["report"]).read_text("utf-8") == done.stdout


@pytest.mark.parametrize(
    ("action", "call", "code", "said"),
    [
        ("hold all", "", 3, ""),
        ("hold", "", 1, "name the call"),
        ("cancel", "--all", 1, "RC630"),
        ("hold", "jane; rm -rf /", 1, "RC630"),
        ("resolve as rung", "jane", 1, "give the id of the call that rang"),
        ("explode", "", 1, "calls-action is none of those"),
        ("show", "", 0, ""),
    ],
)
def test_a_button_does_one_thing_and_nothing_that_was_typed_into_it_is_run(
    runner: Runner, action: str, call: str, code: int, said: str
) -> None:
    why = "it is $(touch oops) `touch oops`"
    done = runner.run(COMMAND="calls", CALLS_ACTION=action, CALL=call, WHY=why, ARGUMENTS=ON_THE_EMULATOR)
    assert said in done.stdout + done.stderr
    assert done.returncode in (0, code)
    assert not list(runner.folder.rglob("oops"))


@pytest.mark.parametrize("action", ["resolve", "resolve as rung", "resolve as not rung"])
def test_a_button_that_resolves_names_the_call_to_the_command(runner: Runner, action: str) -> None:
    done = runner.run(COMMAND="calls", CALLS_ACTION=action, CALL="jane", CALL_ID="70001", ARGUMENTS=ON_THE_EMULATOR)
    assert (done.returncode, "`jane` has no unknown outcome" in done.stdout + done.stderr) == (1, True)


def test_the_doctor_can_be_asked_in_ci(runner: Runner) -> None:
    done = runner.run(COMMAND="doctor", ARGUMENTS=ON_THE_EMULATOR)
    assert done.returncode == 0, done.stderr
    assert "manifests" in Path(outputs(runner)["report"]).read_text("utf-8")


@pytest.mark.parametrize("name", ["ENVIRONMENT", "ARGUMENTS", "LOOKAHEAD", "COMMAND"])
def test_no_input_is_run_as_a_script(runner: Runner, name: str) -> None:
    runner.run(**{"COMMAND": "dispatch", name: '$(touch "$HOME/owned"); `touch "$HOME/owned"`'})
    assert not (runner.folder / "owned").exists()


def test_every_input_reaches_the_script_as_a_variable() -> None:
    step: dict[str, Any] = ACTION["runs"]["steps"][-1]
    assert "${{" not in step["run"]
    given = " ".join(step["env"].values()) + str(ACTION["runs"]["steps"][0]["with"])
    assert all(f"inputs.{name} " in given for name in ACTION["inputs"])
