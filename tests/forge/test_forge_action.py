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
            timeout=60,
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
    assert "command must be plan, apply, dispatch or validate" in done.stdout


@pytest.mark.parametrize("name", ["ENVIRONMENT", "ARGUMENTS", "LOOKAHEAD", "COMMAND"])
def test_no_input_is_run_as_a_script(runner: Runner, name: str) -> None:
    runner.run(**{"COMMAND": "dispatch", name: '$(touch "$HOME/owned"); `touch "$HOME/owned"`'})
    assert not (runner.folder / "owned").exists()


def test_every_input_reaches_the_script_as_a_variable() -> None:
    step: dict[str, Any] = ACTION["runs"]["steps"][-1]
    assert "${{" not in step["run"]
    given = " ".join(step["env"].values()) + str(ACTION["runs"]["steps"][0]["with"])
    assert all(f"inputs.{name} " in given for name in ACTION["inputs"])
