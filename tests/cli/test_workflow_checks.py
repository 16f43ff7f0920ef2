"""Show that `doctor` says whether CI can do its work, on each forge, and where it cannot, why."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.cli.workflow_checks import workflows

if TYPE_CHECKING:
    from pathlib import Path

APPLY = "- uses: acme/reconciler@v1\n  with: {command: apply}\n"
COMPONENT = "include:\n  - component: $CI_SERVER_FQDN/acme/reconciler/reconciler@v1\n"


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    subprocess.run(["git", "init", "-q", "-b", "trunk", str(tmp_path)], check=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def told(root: Path) -> list[str]:
    return [f"{check.status.value}: {check.found}" for check in workflows(root)]


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_what_init_writes_is_as_it_should_be(ci: str, repository: Path) -> None:
    assert main(["init", "--ci", ci]) == 0
    branch = "`trunk`" if ci == "github" else "the default branch"
    assert told(repository) == [f"ok: apply on {branch}, dispatch on a timer"]


def test_workflows_in_a_folder_are_read_by_nobody(repository: Path) -> None:
    place = repository / "phones" / ".github" / "workflows"
    place.mkdir(parents=True)
    (place / "apply.yaml").write_text(APPLY, encoding="utf-8")
    (found,) = told(repository / "phones")
    assert found.startswith("fail: GitHub reads .github/workflows at the root of the repository only")


def test_workflows_of_another_branch_never_run(repository: Path) -> None:
    assert main(["init"]) == 0
    subprocess.run(["git", "symbolic-ref", "HEAD", "refs/heads/other"], cwd=repository, check=True)
    (found,) = told(repository)
    assert found.startswith("warn: the one that applies does not name `other`, the branch that is checked out")
    subprocess.run(
        ["git", "symbolic-ref", "refs/remotes/origin/HEAD", "refs/remotes/origin/other"], cwd=repository, check=True
    )
    (found,) = told(repository)
    assert found.startswith("fail: the one that applies does not name `other`, the default branch")


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (".gitlab-ci.yml", COMPONENT, "ok: apply on the default branch"),
        (".gitlab-ci.yml", "# component: acme/reconciler/reconciler@v1\n", "warn: none of this repository runs"),
        ("bitbucket-pipelines.yml", "script: [reconciler plan]\n", "warn: none applies"),
        ("bitbucket-pipelines.yml", "script: [reconciler apply --yes]\n", "warn: none dispatches"),
        ("azure-pipelines.yml", "- script: reconciler apply\n- script: reconciler dispatch\n", "ok: apply on the"),
        ("azure-pipelines.yml", "- script: make\n", "warn: none of this repository runs"),
        ("README.md", "nothing\n", "warn: none of this repository runs"),
    ],
)
def test_the_one_file_of_other_forges_is_read(name: str, text: str, said: str, repository: Path) -> None:
    (repository / name).write_text(text, encoding="utf-8")
    (found,) = told(repository)
    assert found.startswith(said)


@pytest.mark.parametrize("ci", ["github", "gitlab"])
def test_jobs_of_another_project_of_the_repository_are_none_of_this_one(ci: str, repository: Path) -> None:
    assert main(["init", "north", "--ci", ci]) == 0
    assert main(["init", "south", "--ci", "none"]) == 0
    (repository / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    assert told(repository / "north")[0].startswith("ok: apply on ")
    (found,) = told(repository / "south")
    assert found == ("warn: none of this repository runs reconciler in `south`: nothing is applied, no call is placed")
    (found,) = told(repository)
    assert found.startswith("warn: none of this repository runs reconciler: ")


def test_outside_of_a_repository_nothing_is_said(tmp_path: Path) -> None:
    assert told(tmp_path) == []
