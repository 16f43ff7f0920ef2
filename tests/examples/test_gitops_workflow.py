"""Run the workflows of the repository example as CI would, on a platform behind a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from examples.ci_jobs import git, inputs_of, pushed, run_job, workflow
from examples.example_copies import EXAMPLES
from reconciler.emulator import Platform, Scenario, serve
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = EXAMPLES / "05-gitops-repository"
ORGANIZATION = 42  # what the example pins for `--env live`
JOBS = ("plan", "apply", "dispatch", "calls", "drift")


def inputs(job: str) -> dict[str, str]:
    return inputs_of(workflow(PROJECT, job), job)


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    return pushed(PROJECT, tmp_path)


@pytest.fixture
def platform_url(tmp_path: Path) -> Iterator[str]:
    scenario = Scenario(organization_id=ORGANIZATION)
    with Platform(tmp_path / "platform.db", SystemClock(), scenario) as platform, serve(platform, port=0) as server:
        yield server.url


def test_the_jobs_plan_apply_and_dispatch_from_runners_that_share_only_the_repository(
    tmp_path: Path, origin: Path, platform_url: str
) -> None:
    def on(name: str, job: str) -> str:
        done, said = run_job(inputs(job), tmp_path / name, origin, platform_url)
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
    permissions = {job: workflow(PROJECT, job)["jobs"][job]["permissions"] for job in JOBS}
    assert {job for job, may in permissions.items() if may["contents"] == "write"} == {"apply", "dispatch", "calls"}
    assert all(workflow(PROJECT, job)["permissions"] == {} for job in JOBS)


def test_a_key_of_another_account_is_refused(tmp_path: Path, origin: Path) -> None:
    other = Scenario(organization_id=ORGANIZATION + 1)
    with Platform(tmp_path / "other.db", SystemClock(), other) as platform, serve(platform, port=0) as server:
        done, _ = run_job(inputs("apply"), tmp_path / "runner", origin, server.url)
    assert done.returncode == 3
    assert "RC303" in done.stderr
