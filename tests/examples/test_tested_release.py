"""The release of the tested example as CI runs it: staging, tests, live, each on a runner of its own."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

from examples.ci_jobs import git, inputs_of, pushed, run_job, workflow
from examples.example_copies import EXAMPLES
from reconciler.emulator import Platform, Scenario, serve
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    import subprocess
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = EXAMPLES / "08-tested-release"
ACCOUNTS = {"staging": 43, "live": 42}


class Release:
    """The example on a server, with an account behind a socket for each environment."""

    def __init__(self, folder: Path, urls: dict[str, str]) -> None:
        self.folder, self.urls = folder, urls
        self.origin = pushed(PROJECT, folder)
        self._jobs = 0

    def run(self, job: str) -> tuple[subprocess.CompletedProcess[str], str]:
        inputs = inputs_of(workflow(PROJECT, "apply"), job)
        self._jobs += 1
        return run_job(inputs, self.folder / f"runner-{self._jobs}", self.origin, self.urls[inputs["ENVIRONMENT"]])

    def edit(self, name: str, before: str, after: str) -> None:
        file = self.folder / "seed" / name
        file.write_text(file.read_text("utf-8").replace(before, after), encoding="utf-8")
        git(self.folder / "seed", "commit", "--quiet", "--all", "--message=Change it")
        git(self.folder / "seed", "push", "--quiet", "origin", "HEAD:main")


@pytest.fixture
def release(tmp_path: Path) -> Iterator[Release]:
    with ExitStack() as stack:
        urls = {}
        for name, organization in ACCOUNTS.items():
            scenario = Scenario(organization_id=organization)
            platform = stack.enter_context(Platform(tmp_path / f"{name}.db", SystemClock(), scenario))
            urls[name] = stack.enter_context(serve(platform, port=0)).url
        yield Release(tmp_path, urls)


def test_what_passed_on_staging_goes_live(release: Release) -> None:
    assert release.run("staging")[0].returncode == 0
    done, said = release.run("test")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "3 scenarios of 1 agent: 3 passed; green" in said
    done, said = release.run("live")
    assert (done.returncode, "Applied: 5 done." in said) == (0, True), said


def test_what_failed_on_staging_stops_the_release(release: Release) -> None:
    release.edit("manifests/tests.yaml", "title: Books a check-up", "title: Books a check-up (fails)")
    assert release.run("staging")[0].returncode == 0
    assert release.run("test")[0].returncode == 6


def test_tests_of_what_staging_does_not_have_are_refused(release: Release) -> None:
    assert release.run("staging")[0].returncode == 0
    release.edit("prompts/front-desk.md", "Paw clinic", "Claw clinic")
    done, _ = release.run("test")
    assert (done.returncode, "RC311" in done.stderr) == (3, True)
