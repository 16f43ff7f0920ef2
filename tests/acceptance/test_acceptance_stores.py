"""The same promises over each store: processes that race, and runners that start from an empty disk."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from postgres_server import PostgresServer, running_server

from acceptance.projects import Project, ahead, call, ended

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from acceptance.platform import SecondPlatform

ENGINES = ("sqlite", "git", "postgres")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


def git(folder: Path, *words: str) -> None:
    identity = ["-c", "user.name=test", "-c", "user.email=test@localhost"]
    subprocess.run(["git", *identity, *words], cwd=folder, check=True, capture_output=True)


@pytest.fixture(params=ENGINES)
def shared(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    platform: SecondPlatform,
    project: Project,
    monkeypatch: pytest.MonkeyPatch,
) -> Callable[[], Project]:
    """Makes further checkouts of one project whose runs share their state; the first is ``project`` itself."""
    engine: str = request.param
    if engine == "sqlite":
        state = f"sqlite:{tmp_path / 'shared' / 'state.db'}"
    elif engine == "git":
        state = "git:reconciler-state"
    else:
        state = request.getfixturevalue("postgres_server").url()
    if engine == "sqlite":  # a file outside the project is named by who runs it, not by what is checked out
        monkeypatch.setenv("RECONCILER_STATE", state)
    else:
        settings = (project.root / "reconciler.yaml").read_text(encoding="utf-8")
        project.write("reconciler.yaml", f'{settings}\nstate: "{state}"\n')
    project.four_kinds(at=ahead(seconds=4))
    remote = tmp_path.parent / f"{tmp_path.name}-remote.git"
    git(tmp_path, "init", "--quiet", "--initial-branch=main")
    git(tmp_path, "add", "reconciler.yaml", "manifests")
    git(tmp_path, "commit", "--quiet", "--message=manifests")
    git(tmp_path, "init", "--quiet", "--bare", str(remote))
    git(tmp_path, "remote", "add", "origin", str(remote))
    git(tmp_path, "push", "--quiet", "origin", "main")
    made = 0

    def checkout() -> Project:
        nonlocal made
        made += 1
        folder = tmp_path.parent / f"{tmp_path.name}-clone-{made}"
        git(tmp_path, "clone", "--quiet", "--depth=1", "--branch=main", f"file://{remote}", str(folder))
        return Project(folder, platform)

    return checkout


def test_four_applies_and_eight_dispatches_on_different_runners_make_one_agent_and_one_call(
    shared: Callable[[], Project], platform: SecondPlatform
) -> None:
    applied = ended(*[shared().start("apply", "--yes") for _ in range(4)])
    assert [each.code for each in applied] == [0] * 4, [each.said for each in applied]
    assert [request.path for request in platform.writes].count("/v1/agents") == 1
    dispatched = ended(*[shared().start("dispatch", "--lookahead", "10s") for _ in range(8)])
    assert {each.code for each in dispatched} == {0}, [each.said for each in dispatched]
    assert len(platform.dialled) == 1
    assert sum(request.path == "/v1/call" for request in platform.writes) == 1


def test_a_runner_with_an_empty_disk_knows_what_the_last_one_did(
    shared: Callable[[], Project], platform: SecondPlatform
) -> None:
    assert shared().run("apply", "--yes").code == 0
    platform.forget_requests()
    later = shared()
    assert later.run("plan", "--detailed-exitcode").code == 0
    assert later.run("apply", "--yes").code == 0
    assert platform.writes == []
    assert shared().run("dispatch", "--lookahead", "10s").code == 0
    assert shared().run("dispatch").code == 0
    assert len(platform.dialled) == 1


def test_a_call_armed_on_one_runner_and_removed_on_another_is_cancelled(
    shared: Callable[[], Project], platform: SecondPlatform
) -> None:
    first = shared()
    first.write("manifests/call.yaml", call(at=ahead(hours=3)))
    assert first.run("apply", "--yes").code == 0
    second = shared()
    (second.root / "manifests/call.yaml").unlink()
    assert second.run("plan", "--format", "json").actions == {"ScheduledCall/confirm-jane": ["cancel"]}
    assert second.run("apply", "--yes").code == 0
    assert first.run("dispatch", "--lookahead", "1s").code == 0
    assert platform.dialled == []
