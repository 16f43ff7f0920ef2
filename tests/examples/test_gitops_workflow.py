"""Run the workflows of the repository example as CI would, on a platform behind a socket."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from examples.example_copies import EXAMPLES
from reconciler.emulator import EMULATED_KEY, Platform, Scenario, serve
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = EXAMPLES / "05-gitops-repository"
ORGANIZATION = 42  # what the example pins for `--env live`
IDENTITY = ("-c", "user.name=ci", "-c", "user.email=ci@example.invalid")


JOBS = ("plan", "apply", "dispatch", "calls", "drift")
ACTION = yaml.safe_load((PROJECT.parents[1] / "action.yml").read_text("utf-8"))


def workflow(job: str) -> dict[str, Any]:
    text = (PROJECT / f".github/workflows/reconciler-{job}.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - makes text, lists and mappings only
    return found


def inputs_of(job: str) -> dict[str, str]:
    """What the job's step hands to the script of `action.yml`, as the variables of that script."""
    (uses,) = (step for step in workflow(job)["jobs"][job]["steps"] if "/reconciler@" in step.get("uses", ""))
    defaults = {name: str(it.get("default", "")) for name, it in ACTION["inputs"].items()}
    asked = workflow(job)["on"]["workflow_dispatch"]["inputs"] if job == "calls" else {}
    chosen = {name: _plain(value, asked) for name, value in uses["with"].items()}
    given = {**defaults, **chosen, "comment": "false", "github-token": "", "api-key": EMULATED_KEY}
    variables = ACTION["runs"]["steps"][-1]["env"]
    named = {name: re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) }}", value) for name, value in variables.items()}
    return {"WITHOUT_SECRETS": "false", **{name: given[it[1]] for name, it in named.items() if it}}


def _plain(value: str, asked: dict[str, Any]) -> str:
    """A value as it is when the job is started by hand with nothing filled in."""
    found = re.fullmatch(r"\$\{\{ inputs\.(\w+) }}", value)
    return str(asked[found[1]]["default"]) if found else value


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True
    ).stdout


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """The example as a repository on a server of its own."""
    bare, seed = tmp_path / "origin.git", tmp_path / "seed"
    git(tmp_path, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(tmp_path, "clone", "--quiet", str(bare), str(seed))
    for path in PROJECT.rglob("*"):
        if path.is_file() and ".reconciler" not in path.parts:
            place = seed / path.relative_to(PROJECT)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    git(seed, "add", "--all")
    git(seed, "commit", "--quiet", "--message=Declare the account")
    git(seed, "push", "--quiet", "origin", "HEAD:main")
    return bare


@pytest.fixture
def platform_url(tmp_path: Path) -> Iterator[str]:
    scenario = Scenario(organization_id=ORGANIZATION)
    with Platform(tmp_path / "platform.db", SystemClock(), scenario) as platform, serve(platform, port=0) as server:
        yield server.url


def run_job(job: str, runner: Path, origin: Path, url: str) -> tuple[subprocess.CompletedProcess[str], str]:
    """A job on a runner with an empty disk: a shallow clone, and the job's own step."""
    git(runner.parent, "clone", "--quiet", "--depth=1", f"file://{origin}", str(runner))
    temporary = runner.parent / f"{runner.name}-temp"
    tool = temporary / "reconciler" / "bin" / "reconciler"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    summary = temporary / "summary.md"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "GITHUB_"))}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", ACTION["runs"]["steps"][-1]["run"]],
        cwd=runner,
        env={
            **kept,
            **inputs_of(job),
            "PYTHONPATH": str(PROJECT.parents[1]),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_STEP_SUMMARY": str(summary),
            "THUNDERPHONE_API_BASE_URL": url,
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done, summary.read_text("utf-8") if summary.exists() else done.stdout


def test_the_jobs_plan_apply_and_dispatch_from_runners_that_share_only_the_repository(
    tmp_path: Path, origin: Path, platform_url: str
) -> None:
    def on(name: str, job: str) -> str:
        done, said = run_job(job, tmp_path / name, origin, platform_url)
        assert done.returncode == 0, done.stderr
        return said

    assert "**Plan: 3 to create, 3 to update, 1 to verify, 3 to arm" in on("one", "plan")
    assert "Applied: 10 done." in on("two", "apply")
    assert "No changes" in on("three", "plan")
    assert "No call is due." in on("four", "dispatch")
    assert "No drift" in on("five", "drift")
    assert "confirm-" in on("six", "calls")
    assert "reconciler-state" in git(origin, "branch")


def test_only_the_jobs_that_write_the_state_may_push() -> None:
    permissions = {job: workflow(job)["jobs"][job]["permissions"] for job in JOBS}
    assert {job for job, may in permissions.items() if may["contents"] == "write"} == {"apply", "dispatch", "calls"}
    assert all(workflow(job)["permissions"] == {} for job in JOBS)


def test_a_key_of_another_account_is_refused(tmp_path: Path, origin: Path) -> None:
    other = Scenario(organization_id=ORGANIZATION + 1)
    with Platform(tmp_path / "other.db", SystemClock(), other) as platform, serve(platform, port=0) as server:
        done, _ = run_job("apply", tmp_path / "runner", origin, server.url)
    assert done.returncode == 3
    assert "RC303" in done.stderr
