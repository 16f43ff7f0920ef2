"""Show that `init` writes a repository that works as it is, and never over what is there."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CHECKOUT = Path(__file__).resolve().parents[2]
PINNED = re.compile(r"[\w.-]+/[\w.-]+@[0-9a-f]{40}")
PROJECT = {
    "reconciler.yaml",
    "manifests/agents.yaml",
    "manifests/numbers.yaml",
    "manifests/calls.yaml",
    "prompts/front-desk.md",
    "prompts/confirm.md",
    ".gitignore",
}
NOW = ("--emulator", "--now", "2030-01-14T14:00Z")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(folder: Path) -> set[str]:
    return {it.relative_to(folder).as_posix() for it in folder.rglob("*") if it.is_file()}


@pytest.mark.parametrize(
    ("ci", "more"),
    [
        ("none", set()),
        ("gitlab", {".gitlab-ci.yml"}),
        ("github", {f".github/workflows/reconciler-{job}.yaml" for job in ("plan", "apply", "dispatch")}),
    ],
)
def test_an_empty_folder_becomes_a_project_that_plans_and_applies(
    folder: Path, ci: str, more: set[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--ci", ci]) == 0
    assert written(folder) == PROJECT | more
    assert main(["validate"]) == 0
    assert "2 documents, valid\n" in capsys.readouterr().err
    assert main(["plan", *NOW, "--detailed-exitcode"]) == 2
    assert main(["apply", *NOW, "--yes"]) == 0
    assert main(["plan", *NOW, "--detailed-exitcode"]) == 0


def test_what_is_commented_out_works_as_soon_as_it_is_not(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init"])
    for name in ("numbers.yaml", "calls.yaml"):
        file = folder / "manifests" / name
        text = file.read_text("utf-8").partition("\n#\n")[2]
        file.write_text(re.sub(r"^# ", "", text, flags=re.MULTILINE), encoding="utf-8")
    capsys.readouterr()
    assert main(["plan", *NOW, "--format", "json"]) == 0
    plan = json.loads(capsys.readouterr().out)
    assert [it for it in plan["findings"] if it["severity"] != "note"] == []
    assert plan["summary"]["arm"] == 1
    assert main(["apply", *NOW, "--yes"]) == 0
    capsys.readouterr()
    assert main(["plan", *NOW, "--detailed-exitcode"]) == 0


def test_nothing_that_is_there_is_overwritten(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "reconciler.yaml").write_text("limits: {calls_per_run: 1}\n", encoding="utf-8")
    (folder / ".gitignore").symlink_to("/nonexistent/elsewhere")
    assert main(["init", "--format", "json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert told["kept"] == ["reconciler.yaml", ".gitignore"]
    assert (folder / "reconciler.yaml").read_text("utf-8") == "limits: {calls_per_run: 1}\n"
    assert not Path("/nonexistent/elsewhere").exists()


def test_a_second_time_there_is_nothing_to_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "phones"])
    before = {name: (folder / "phones" / name).read_bytes() for name in written(folder / "phones")}
    capsys.readouterr()
    assert main(["init", "phones"]) == 0
    said = capsys.readouterr()
    assert all(line.startswith("kept ") for line in said.out.splitlines())
    assert "nothing to write" in said.err
    assert {name: (folder / "phones" / name).read_bytes() for name in written(folder / "phones")} == before


def test_what_comes_next_is_said_in_order(capsys: pytest.CaptureFixture[str]) -> None:
    main(["init", "phones"])
    said = capsys.readouterr().err
    steps = re.findall(r"^  (\d)\. (.*)$", said, re.MULTILINE)
    assert [number for number, _ in steps] == [str(it) for it in range(1, len(steps) + 1)]
    assert steps[0][1] == "cd phones"
    assert "YOUR-ORGANISATION" in said
    assert "THUNDERPHONE_API_KEY" in steps[-1][1]


def test_where_ci_gets_the_tool_from_can_be_said(folder: Path) -> None:
    assert main(["init", "--tool", "acme/reconciler@v1.2.3"]) == 0
    for file in (folder / ".github" / "workflows").iterdir():
        assert "uses: acme/reconciler@v1.2.3\n" in file.read_text("utf-8")
    assert main(["init", "gitlab", "--ci", "gitlab", "--tool", "acme/reconciler@v1.2.3"]) == 0
    assert "git+https://github.com/acme/reconciler@v1.2.3" in (folder / "gitlab" / ".gitlab-ci.yml").read_text("utf-8")


@pytest.mark.parametrize("tool", ["reconciler", "a/b", "a/b@v1\n  evil: true", "a/b@$(id)"])
def test_what_is_no_version_is_refused_before_anything_is_written(folder: Path, tool: str) -> None:
    assert main(["init", "--tool", tool]) == 1
    assert written(folder) == set()


def test_a_folder_that_cannot_be_made_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "manifests").write_text("", encoding="utf-8")
    assert main(["init"]) == 1
    assert "RC125" in capsys.readouterr().err


def workflows() -> Iterator[tuple[str, dict[str, Any]]]:
    for file in sorted((CHECKOUT / "reconciler" / "templates" / "github").iterdir()):
        yield file.stem, yaml.safe_load(file.read_text("utf-8").replace("@TOOL@", "acme/reconciler@v1"))


@pytest.mark.parametrize(("name", "workflow"), list(workflows()), ids=[name for name, _ in workflows()])
def test_a_workflow_asks_for_no_more_than_it_needs(name: str, workflow: dict[str, Any]) -> None:
    (job,) = workflow["jobs"].values()
    needed = {
        "reconciler-plan": {"contents": "read", "pull-requests": "write"},
        "reconciler-apply": {"contents": "write", "pull-requests": "write"},
        "reconciler-dispatch": {"contents": "write"},
    }
    assert workflow["permissions"] == {}
    assert job["permissions"] == needed[name]
    assert workflow["concurrency"]["cancel-in-progress"] is (name == "reconciler-plan")
    assert "timeout-minutes" in job
    # `on` is a boolean to YAML 1.1. A plan of `pull_request_target` would hand the key to a stranger's manifests.
    triggers = {str(key): value for key, value in workflow.items()}["True"]
    assert "pull_request_target" not in triggers


def test_every_foreign_action_is_pinned_to_a_commit() -> None:
    files = [CHECKOUT / "action.yml", *(CHECKOUT / "reconciler" / "templates" / "github").iterdir()]
    used = [it for file in files for it in re.findall(r"uses: (\S+)", file.read_text("utf-8")) if it != "@TOOL@"]
    foreign = [it for it in used if not it.startswith("OWNER/")]
    assert len(foreign) == 4
    assert all(PINNED.fullmatch(it) for it in foreign)


def test_the_gitlab_template_plans_applies_and_dispatches() -> None:
    template = yaml.safe_load((CHECKOUT / "reconciler" / "templates" / "gitlab-ci.yml").read_text("utf-8"))
    jobs = {name: job for name, job in template.items() if name.startswith("reconciler ")}
    assert set(jobs) == {"reconciler plan", "reconciler apply", "reconciler dispatch"}
    assert {job["stage"] for job in jobs.values()} == set(template["stages"])
    writing = [jobs["reconciler apply"], jobs["reconciler dispatch"]]
    assert all("resource_group" in job for job in writing)
    assert template[".reconciler"]["interruptible"] is False


@pytest.mark.parametrize(
    ("key", "source", "ran"),
    [("", "99", "validate"), ("", "12", "plan"), (f"sk_live_{'x' * 24}", "99", "plan"), ("sk_live_x", "12", "plan")],
)
def test_the_gitlab_job_validates_a_fork_and_plans_the_rest(folder: Path, key: str, source: str, ran: str) -> None:
    template = yaml.safe_load((CHECKOUT / "reconciler" / "templates" / "gitlab-ci.yml").read_text("utf-8"))
    tool = folder / "reconciler"
    tool.write_text('#!/bin/sh\necho "$*" >> calls\n', encoding="utf-8")
    tool.chmod(0o755)
    subprocess.run(
        ["sh", "-eu", "-c", "\n".join(template["reconciler plan"]["script"])],
        cwd=folder,
        env={
            "PATH": f"{folder}:{os.environ['PATH']}",
            "THUNDERPHONE_API_KEY": key,
            "CI_MERGE_REQUEST_SOURCE_PROJECT_ID": source,
            "CI_MERGE_REQUEST_PROJECT_ID": "12",
        },
        check=True,
        timeout=30,
    )
    assert (folder / "calls").read_text("utf-8").splitlines()[-1] == f"{ran} --env live --comment gitlab"


def test_the_hook_of_pre_commit_validates() -> None:
    (hook,) = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert hook["entry"] == "reconciler validate"
    wanted = re.compile(hook["files"])
    assert all(wanted.search(it) for it in ("reconciler.yaml", "phones/manifests/a.yaml", "prompts/confirm.md"))
    assert not wanted.search("README.md")
