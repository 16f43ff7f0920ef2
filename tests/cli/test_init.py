"""Show that `init` writes a repository that works as it is, and never over what is there."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from reconciler.cli import init_files, main
from reconciler.cli.schema import schema_files

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
    "AGENTS.md",
    ".vscode/settings.json",
    *(f"schemas/{name}" for name in schema_files()),
}
JOBS = ("plan", "apply", "dispatch", "calls", "drift")
GITHUB = {*(f".github/workflows/reconciler-{job}.yaml" for job in JOBS), ".github/dependabot.yml"}
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
        ("github", GITHUB),
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


@pytest.mark.parametrize("ci", ["none", "gitlab", "github"])
def test_with_tests_the_project_has_scenarios_that_pass_on_the_emulator(
    folder: Path, ci: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", "--ci", ci, "--with-tests"]) == 0
    more = {"none": set(), "gitlab": {".gitlab-ci.yml"}, "github": GITHUB}[ci]
    assert written(folder) == PROJECT | more | {"manifests/tests.yaml"}
    assert main(["validate"]) == 0
    assert "5 documents, valid\n" in capsys.readouterr().err
    assert main(["apply", *NOW, "--yes"]) == 0
    assert main(["test", *NOW, "--yes"]) == 0
    environments = yaml.safe_load((folder / "reconciler.yaml").read_text("utf-8")).get("environments", {})
    assert set(environments) == (set() if ci == "none" else {"live", "staging"})


def test_a_job_that_goes_live_without_tests_is_not_passed_over(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init"])
    capsys.readouterr()
    assert main(["init", "--with-tests"]) == 0
    said = capsys.readouterr().err
    assert ".github/workflows/reconciler-apply.yaml was there already and goes live without tests" in said
    assert "# organization: 43" in said
    (folder / ".github/workflows/reconciler-apply.yaml").unlink()
    main(["init", "--with-tests"])
    assert "without tests" not in capsys.readouterr().err


@pytest.mark.skipif(shutil.which("sed") is None, reason="the command that the files name is of POSIX")
def test_what_is_commented_out_works_after_the_very_command_that_its_file_names(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main(["init"])
    for name in ("numbers.yaml", "calls.yaml"):
        named = re.search(r"sed -i\.bak .*$", (folder / "manifests" / name).read_text("utf-8"), re.MULTILINE)
        assert named is not None
        subprocess.run(["sh", "-c", named[0]], cwd=folder, check=True)
    assert main(["validate"]) == 0
    assert "4 documents, valid\n" in capsys.readouterr().err
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
    for file in sorted((folder / ".github" / "workflows").iterdir()):
        assert "uses: acme/reconciler@v1.2.3\n" in file.read_text("utf-8")
    assert main(["init", "gitlab", "--ci", "gitlab", "--tool", "acme/reconciler@v1.2.3"]) == 0
    wanted = "thunderphone-reconciler[postgres] @ git+https://github.com/acme/reconciler@v1.2.3"
    assert wanted in (folder / "gitlab" / ".gitlab-ci.yml").read_text("utf-8")


@pytest.mark.parametrize(
    "tool", ["reconciler", "a/b", "a/b@v1\n  evil: true", "a/b@$(id)", "https://git.acme.com/a/b@v1"]
)
def test_what_is_no_version_is_refused_before_anything_is_written(folder: Path, tool: str) -> None:
    assert main(["init", "--tool", tool]) == 1
    assert written(folder) == set()


def test_a_folder_that_cannot_be_made_is_said(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "manifests").write_text("", encoding="utf-8")
    assert main(["init"]) == 1
    assert "RC125" in capsys.readouterr().err


def workflows(*, tested: bool = False) -> Iterator[tuple[str, dict[str, Any]]]:
    where = init_files.Place(Path("/example"), Path("/example"))
    for file, text in init_files.repository_files(where, "github", "acme/reconciler@v1", tested=tested):
        if file.suffix == ".yaml" and "workflows" in file.parts:
            yield file.stem, yaml.safe_load(text)


@pytest.mark.parametrize(("name", "workflow"), list(workflows()), ids=[name for name, _ in workflows()])
def test_a_workflow_asks_for_no_more_than_it_needs(name: str, workflow: dict[str, Any]) -> None:
    (job,) = workflow["jobs"].values()
    needed = {
        "reconciler-plan": {"contents": "read", "pull-requests": "write"},
        "reconciler-apply": {"contents": "write", "pull-requests": "write"},
        "reconciler-dispatch": {"contents": "write"},
        "reconciler-calls": {"contents": "write"},
        "reconciler-drift": {"contents": "read", "issues": "write"},
    }
    assert workflow["permissions"] == {}
    assert job["permissions"] == needed[name]
    assert workflow["concurrency"]["cancel-in-progress"] is (name == "reconciler-plan")
    assert "timeout-minutes" in job
    # `on` is a boolean to YAML 1.1. A plan of `pull_request_target` would hand the key to a stranger's manifests.
    triggers = {str(key): value for key, value in workflow.items()}["True"]
    assert "pull_request_target" not in triggers
    if name != "reconciler-plan":  # "Run workflow" on a feature branch must not reach the live account
        assert job["environment"] == "live"
        assert job["if"] == "github.ref == 'refs/heads/main'"


def test_a_tested_release_goes_live_only_after_staging_and_tests() -> None:
    release = dict(workflows(tested=True))["reconciler-apply"]
    jobs = release["jobs"]
    assert list(jobs) == ["staging", "test", "live"]
    assert (jobs["test"]["needs"], jobs["live"]["needs"]) == ("staging", "test")
    assert jobs["staging"]["if"] == "github.ref == 'refs/heads/main'"
    assert [job["environment"] for job in jobs.values()] == ["staging", "staging", "release"]
    steps = [job["steps"][-1]["with"] for job in jobs.values()]
    assert [(it["command"], it["environment"]) for it in steps] == [
        ("apply", "staging"),
        ("test", "staging"),
        ("apply", "live"),
    ]
    keys = [it["api-key"].partition("secrets.")[2].partition(" ")[0] for it in steps]
    assert keys == ["THUNDERPHONE_STAGING_API_KEY"] * 2 + ["THUNDERPHONE_API_KEY"]
    assert release["permissions"] == {}
    assert all("timeout-minutes" in job and job["permissions"]["contents"] == "write" for job in jobs.values())


def test_every_foreign_action_is_pinned_to_a_commit() -> None:
    files = [CHECKOUT / "action.yml", *sorted((CHECKOUT / "reconciler" / "templates" / "github").iterdir())]
    used = [it for file in files for it in re.findall(r"uses: (\S+)", file.read_text("utf-8")) if it != "@TOOL@"]
    foreign = [it for it in used if not it.startswith("OWNER/")]
    assert len(foreign) == 10
    assert all(PINNED.fullmatch(it) for it in foreign)


def gitlab(where: str = ".", tool: str = "acme/reconciler@v1", *, tested: bool = False) -> dict[str, Any]:
    root = Path("/example")
    files = init_files.repository_files(init_files.Place(root / where, root), "gitlab", tool, tested=tested)
    found: dict[str, Any] = yaml.safe_load(next(text for file, text in files if file.name == ".gitlab-ci.yml"))
    return found


def test_the_gitlab_template_plans_applies_and_dispatches() -> None:
    template = gitlab()
    jobs = {name: job for name, job in template.items() if name.startswith("reconciler ")}
    assert set(jobs) == {f"reconciler {job}" for job in JOBS}
    assert {job["stage"] for job in jobs.values()} == set(template["stages"])
    writing = [jobs["reconciler apply"], jobs["reconciler dispatch"]]
    assert all("resource_group" in job and job["environment"] == "live" for job in writing)
    assert template[".reconciler"]["interruptible"] is False
    assert "timeout" in template[".reconciler"]
    for name in JOBS[1:]:
        rules = jobs[f"reconciler {name}"]["rules"]
        assert all("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"] for rule in rules)


def test_the_gitlab_template_of_a_tested_release_waits_for_approval_before_live() -> None:
    template = gitlab("phones", tested=True)
    assert template["stages"] == ["plan", "staging", "test", "apply", "dispatch"]
    staging, test, live = (template[f"reconciler {name}"] for name in ("staging", "test", "apply"))
    assert [job["stage"] for job in (staging, test, live)] == ["staging", "test", "apply"]
    assert all(rule["when"] == "manual" and rule["allow_failure"] is False for rule in live["rules"])
    assert test["artifacts"]["reports"] == {"junit": "phones/reconciler-tests.xml"}
    for job in (staging, test):
        assert job["script"][0] == 'export THUNDERPHONE_API_KEY="${THUNDERPHONE_STAGING_API_KEY:-}"'
        assert all("$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH" in rule["if"] for rule in job["rules"])


@pytest.mark.parametrize("code", [0, 6])
def test_the_gitlab_job_of_tests_ends_as_the_tests_did_and_keeps_the_report(folder: Path, code: int) -> None:
    tool = folder / "reconciler"
    tool.write_text(f'#!/bin/sh\necho "$*" "$THUNDERPHONE_API_KEY"\nexit {code}\n', encoding="utf-8")
    tool.chmod(0o755)
    done = subprocess.run(
        ["sh", "-eu", "-c", "\n".join(gitlab(tested=True)["reconciler test"]["script"])],
        cwd=folder,
        env={"PATH": f"{folder}:{os.environ['PATH']}", "THUNDERPHONE_STAGING_API_KEY": "key-of-staging"},
        capture_output=True,
        encoding="utf-8",
        check=False,
        timeout=120,
    )
    said = (folder / "reconciler-tests.xml").read_text("utf-8")
    assert (done.returncode, done.stdout) == (code, said if code else "")
    assert said.startswith("test --env staging --yes --max-cost-cents 200")
    assert said.endswith("key-of-staging\n")


@pytest.mark.parametrize(
    ("tool", "requirement"),
    [
        ("acme/reconciler@v1", "thunderphone-reconciler[postgres] @ git+https://github.com/acme/reconciler@v1"),
        ("https://git.acme.com/infra/r@v1", "thunderphone-reconciler[postgres] @ git+https://git.acme.com/infra/r@v1"),
        ("git+https://git.acme.com/r.git@v1", "thunderphone-reconciler[postgres] @ git+https://git.acme.com/r.git@v1"),
        ("thunderphone-reconciler[postgres]==0.1.0", "thunderphone-reconciler[postgres]==0.1.0"),
    ],
)
def test_gitlab_gets_the_tool_from_wherever_pip_does(tool: str, requirement: str) -> None:
    assert gitlab(tool=tool)[".reconciler"]["variables"]["TOOL"] == requirement


def repository(folder: Path, branch: str) -> None:
    subprocess.run(["git", "init", "-q", "-b", branch, str(folder)], check=True)


def test_in_a_folder_of_a_repository_ci_is_written_where_it_is_read_and_names_its_branch(folder: Path) -> None:
    repository(folder, "master")
    assert main(["init", "my phones"]) == 0
    assert not (folder / "my phones" / ".github").exists()
    applies = yaml.safe_load((folder / ".github" / "workflows" / "reconciler-apply.yaml").read_text("utf-8"))
    (job,) = applies["jobs"].values()
    assert job["steps"][-1]["with"]["path"] == "my phones"
    assert job["if"] == "github.ref == 'refs/heads/master'"
    assert {str(key): value for key, value in applies.items()}["True"]["push"] == {"branches": ["master"]}


def test_a_second_project_of_a_repository_gets_workflows_of_its_own(folder: Path) -> None:
    repository(folder, "main")
    assert main(["init", "north"]) == main(["init", "south"]) == main(["init", "south"]) == 0
    names = {file.name for file in (folder / ".github" / "workflows").iterdir()}
    assert names == {f"reconciler-{job}{of}.yaml" for job in JOBS for of in ("", "-south")}


def test_a_project_at_the_root_beside_one_in_a_folder_gets_workflows_of_its_own(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(folder, "main")
    assert main(["init", "sub"]) == main(["init", "."]) == 0
    assert "workflows:" not in capsys.readouterr().err
    assert main(["init", "root"]) == 0
    place = folder / ".github" / "workflows"
    assert {file.name for file in place.iterdir()} == {
        f"reconciler-{job}{of}.yaml" for job in JOBS for of in ("", "-root", "-root-2")
    }
    assert "path: sub\n" in (place / "reconciler-apply.yaml").read_text("utf-8")
    assert "path:" not in (place / "reconciler-apply-root.yaml").read_text("utf-8")
    assert "path: root\n" in (place / "reconciler-apply-root-2.yaml").read_text("utf-8")
    capsys.readouterr()
    for again in (".", "sub", "root"):
        assert main(["init", again]) == 0
        assert "nothing to write: all of it is there" in capsys.readouterr().err


def test_jobs_on_two_forges_are_each_read(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    repository(folder, "main")
    assert main(["init", "north", "--ci", "gitlab"]) == main(["init", "south", "--with-tests"]) == 0
    capsys.readouterr()
    assert main(["init", "south", "--with-tests"]) == main(["init", "north", "--ci", "gitlab"]) == 0
    said = capsys.readouterr().err
    assert "none of this repository" not in said
    assert said.count("nothing to write: all of it is there") == 2


def test_what_is_lacking_is_not_all_there(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    (folder / "reconciler.yaml").write_text("project: acme/phones\n", encoding="utf-8")
    capsys.readouterr()
    assert main(["init"]) == 0
    said = capsys.readouterr().err
    assert "reconciler.yaml lacks what the jobs need" in said
    assert said.endswith("\nnothing was written\n")


def test_a_second_project_on_gitlab_is_told_that_the_jobs_there_run_another_one(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    repository(folder, "main")
    assert main(["init", "north", "--ci", "gitlab"]) == 0
    assert "nothing is applied" not in capsys.readouterr().err
    assert main(["init", "south", "--ci", "gitlab"]) == 0
    said = capsys.readouterr().err
    assert "workflows: none of this repository runs reconciler in `south`: nothing is applied" in said


def test_gitlab_runs_a_project_in_its_folder(folder: Path) -> None:
    repository(folder, "main")
    assert main(["init", "phones", "--ci", "gitlab"]) == 0
    template = yaml.safe_load((folder / ".gitlab-ci.yml").read_text("utf-8"))
    assert template[".reconciler"]["variables"]["FOLDER"] == "phones"
    assert template["reconciler plan"]["artifacts"]["paths"] == ["phones/plan.html"]


def test_where_manifests_are_there_no_samples_are_written_and_what_is_lacking_is_said(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "manifests").mkdir()
    (folder / "manifests" / "desk.yaml").write_text("# exported\n", encoding="utf-8")
    (folder / "reconciler.yaml").write_text("organization: 42\n", encoding="utf-8")
    assert main(["init"]) == 0
    assert {name for name in written(folder) if name.startswith(("manifests/", "prompts/"))} == {"manifests/desk.yaml"}
    said = capsys.readouterr().err
    assert "reconciler.yaml lacks what the jobs need; add:" in said
    assert "    state: git:reconciler-state" in said


@pytest.mark.parametrize(
    ("name", "kinds", "tested"),
    [("05-gitops-repository", ("github",), False), ("08-tested-release", ("github", "gitlab"), True)],
)
def test_the_example_ships_the_files_that_init_writes(name: str, kinds: tuple[str, ...], *, tested: bool) -> None:
    example = CHECKOUT / "examples" / name
    where = init_files.Place(example, example)
    files = [
        it
        for ci in kinds
        for it in init_files.repository_files(where, ci, init_files.TOOL, tested=tested)
        if is_ci(*it)
    ]
    found = {*(example / ".github").rglob("*"), *example.glob(".gitlab-ci.yml")}
    assert {file for file in found if file.is_file()} == {file for file, _ in files}
    assert {file: file.read_text("utf-8") for file, _ in files} == dict(files)


def is_ci(file: Path, _text: str) -> bool:
    return ".github" in file.parts or file.name == ".gitlab-ci.yml"


def test_an_editor_checks_every_document_of_a_file(folder: Path) -> None:
    main(["init"])
    settings = json.loads((folder / ".vscode" / "settings.json").read_text("utf-8"))
    assert settings["yaml.schemas"]["./schemas/manifest.json"] == ["manifests/**/*.yaml", "manifests/**/*.yml"]
    assert json.loads((folder / "schemas" / "manifest.json").read_text("utf-8"))["title"] == "reconciler manifest"


@pytest.mark.parametrize(
    ("key", "source", "ran"),
    [("", "99", "validate"), ("", "12", "plan"), (f"sk_live_{'x' * 24}", "99", "plan"), ("sk_live_x", "12", "plan")],
)
def test_the_gitlab_job_validates_a_fork_and_plans_the_rest(folder: Path, key: str, source: str, ran: str) -> None:
    template = gitlab()
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
        timeout=120,
    )
    assert (folder / "calls").read_text("utf-8").splitlines()[-1].startswith(f"{ran} --env live --comment gitlab")


def test_the_hooks_of_pre_commit_see_every_layout() -> None:
    validate, quotes = yaml.safe_load((CHECKOUT / ".pre-commit-hooks.yaml").read_text("utf-8"))
    assert (validate["entry"], quotes["entry"]) == ("reconciler validate", "reconciler fmt")
    wanted = re.compile(validate["files"])
    assert all(wanted.search(it) for it in ("reconciler.yaml", "phones/config/a.yml", "prompts/confirm.md"))
    assert not wanted.search("main.py")


def test_at_the_root_of_a_repository_every_project_below_is_checked(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, text in (("north", "kind: ["), ("south", "# nothing yet\n")):
        (folder / name / "config").mkdir(parents=True)
        (folder / name / "reconciler.yaml").write_text("manifests: config/\n", encoding="utf-8")
        (folder / name / "config" / "a.yaml").write_text(text, encoding="utf-8")
    assert main(["validate"]) == 1
    said = capsys.readouterr()
    assert "north:" in said.err
    assert "RC101" in said.out + said.err
    assert "south:" in said.err
    assert main(["validate", "south"]) == 0
    assert main(["fmt", "--check"]) == 1
    assert main(["validate", "--json"]) == 1
    assert "`north`, `south`" in capsys.readouterr().out
