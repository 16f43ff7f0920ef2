"""Only files of the project are opened, whatever leads to others, and none without a limit."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.documents.project_files import ProjectFiles, Unreadable, read_limited

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec: {prompt: {file: %s}, voice: olivia}\n"
SECRET = "hunter2-is-in-this-file"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    root = tmp_path / "project"
    (root / "manifests").mkdir(parents=True)
    (root / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "outside.txt").write_text(SECRET, encoding="utf-8")
    subprocess.run(["git", "init", "--quiet", root], check=True)
    monkeypatch.chdir(root)
    return root


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str]:
    code = main(list(arguments))
    out, err = capsys.readouterr()
    assert "internal error" not in err
    return code, out + err


@pytest.mark.parametrize(
    ("place", "why"),
    [
        (".git/config", "is hidden"),
        (".env", "is hidden"),
        (".keys/live.txt", "is hidden"),
        ("private/live.txt", "is ignored by git"),
        ("../outside.txt", "lies outside the project"),
        ("/etc/passwd", "lies outside the project"),
        ("link.txt", "lies outside the project"),
    ],
)
def test_a_prompt_is_read_only_from_what_git_would_keep(
    project: Path, capsys: pytest.CaptureFixture[str], place: str, why: str
) -> None:
    (project / ".gitignore").write_text("private/\n", encoding="utf-8")
    for name in (".env", ".keys/live.txt", "private/live.txt"):
        (project / name).parent.mkdir(exist_ok=True)
        (project / name).write_text(SECRET, encoding="utf-8")
    (project / "link.txt").symlink_to(project.parent / "outside.txt")
    (project / "manifests" / "a.yaml").write_text(AGENT % place, encoding="utf-8")
    code, text = said(capsys, "plan", "--emulator")
    assert code == 1
    assert "manifests/a.yaml:4:23: error RC142" in text
    assert why in " ".join(text.split())
    assert SECRET not in text


def test_a_prompt_that_is_tracked_is_read_though_a_pattern_of_gitignore_fits_it(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "prompt.md").write_text("Hello.", encoding="utf-8")
    subprocess.run(["git", "-C", project, "add", "prompt.md"], check=True)
    (project / ".gitignore").write_text("*.md\n", encoding="utf-8")
    (project / "manifests" / "a.yaml").write_text(AGENT % "prompt.md", encoding="utf-8")
    assert said(capsys, "validate")[0] == 0


def test_a_link_inside_the_project_is_followed(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "prompt.md").write_text("Hello.", encoding="utf-8")
    (project / "manifests" / "again.md").symlink_to(project / "prompt.md")
    (project / "manifests" / "a.yaml").write_text(AGENT % "again.md", encoding="utf-8")
    (project / "manifests" / "b.yaml").symlink_to("a.yaml")
    assert said(capsys, "validate") == (0, "1 document, valid\n")


@pytest.mark.parametrize("form", ["text", "json", "markdown", "sarif", "junit"])
def test_a_manifest_that_is_a_link_out_of_the_project_is_not_opened(
    project: Path, capsys: pytest.CaptureFixture[str], form: str
) -> None:
    (project / "manifests" / "x.yaml").symlink_to(project.parent / "outside.txt")
    code, text = said(capsys, "validate", "--format", form)
    assert code == 1
    assert "RC142" in text
    assert "x.yaml" in text
    assert SECRET not in text


def test_a_folder_of_manifests_that_is_a_link_inside_the_project_is_read_once(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "shared").mkdir()
    (project / "shared" / "b.yaml").write_text(AGENT % "../prompt.md", encoding="utf-8")
    (project / "prompt.md").write_text("Hello.", encoding="utf-8")
    for name, behind in (("shared", "../shared"), ("again", "../shared"), ("self", "../manifests"), ("up", "..")):
        (project / "manifests" / name).symlink_to(behind)
    assert said(capsys, "validate") == (0, "1 document, valid\n")


@pytest.mark.parametrize("command", [("validate",), ("plan", "--emulator"), ("fmt", "--check")])
def test_a_folder_of_manifests_that_is_a_link_out_of_the_project_is_an_error_at_the_link(
    project: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    (project.parent / "neighbour").mkdir()
    (project.parent / "neighbour" / "x.yaml").write_text(SECRET, encoding="utf-8")
    for name, behind in (("neighbour", "../../neighbour"), ("all", "/")):
        (project / "manifests" / name).symlink_to(behind)
    code, text = said(capsys, *command)
    assert (code, SECRET in text) == (1, False)
    assert "manifests/neighbour:1:1: error RC142" in text
    assert "manifests/all:1:1: error RC142" in text


@pytest.mark.parametrize("command", [("validate",), ("plan", "--emulator"), ("export", "--emulator")])
def test_a_whole_folder_of_manifests_that_lies_elsewhere_is_refused(
    project: Path, capsys: pytest.CaptureFixture[str], command: tuple[str, ...]
) -> None:
    (project / "manifests").rename(project.parent / "elsewhere")
    (project / "manifests").symlink_to("../elsewhere")
    code, text = said(capsys, *command)
    assert code == 1
    assert "error RC142: `manifests` lies outside the project" in text


def test_a_project_file_that_is_a_link_out_of_the_project_is_not_opened(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "reconciler.yaml").unlink()
    (project / "reconciler.yaml").symlink_to(project.parent / "outside.txt")
    code, text = said(capsys, "validate")
    assert (code, "RC142" in text, SECRET in text) == (1, True, False)


@pytest.mark.parametrize(
    ("settings", "where"),
    [
        ("manifests: ../..\n", "1:12"),
        ("environments: {live: {manifests: /etc}}\n", "1:34"),
        ("state: sqlite:../elsewhere.db\n", "1:8"),
    ],
)
def test_a_setting_that_leads_out_of_the_project_is_an_error_at_its_line(
    project: Path, capsys: pytest.CaptureFixture[str], settings: str, where: str
) -> None:
    (project / "reconciler.yaml").write_text(settings, encoding="utf-8")
    code, text = said(capsys, "validate")
    assert code == 1
    assert f"reconciler.yaml:{where}: error RC142" in text
    assert "\n1 error" in text


@pytest.mark.parametrize("name", ["a" * 300, "a/" * 2000, "a\\0b"])
def test_a_setting_that_no_file_system_takes_is_a_finding(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (project / "reconciler.yaml").write_text(f'manifests: "{name}"\n', encoding="utf-8")
    code, text = said(capsys, "validate")
    assert (code, "RC122" in text) == (1, True)


@pytest.mark.parametrize("place", ["manifests/a.yaml", "reconciler.yaml", "prompt.md"])
def test_a_pipe_is_never_waited_for(project: Path, capsys: pytest.CaptureFixture[str], place: str) -> None:
    (project / "manifests" / "b.yaml").write_text(AGENT % "prompt.md", encoding="utf-8")
    (project / place).unlink(missing_ok=True)
    os.mkfifo(project / place)
    code, text = said(capsys, "validate")
    assert (code, "is a pipe or a device" in text) == (1, True)


def test_a_file_is_measured_before_it_is_read(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("prompt.md", "manifests/big.yaml"):
        with (project / name).open("wb") as file:
            file.truncate(4 << 30)
    (project / "manifests" / "a.yaml").write_text(AGENT % "prompt.md", encoding="utf-8")
    code, text = said(capsys, "validate")
    assert code == 1
    assert "RC141: `prompt.md` is larger than 1 MiB" in text
    assert "RC105: the file is larger than 32 MiB" in text


def test_what_is_hidden_is_no_content_and_may_still_hold_the_state(project: Path) -> None:
    files = ProjectFiles(project)
    hidden = project / ".reconciler" / "state.db"
    assert files.refused(hidden) == Unreadable(
        "RC142", "is hidden: its name or a folder's begins with a dot", "move it out of there"
    )
    assert files.refused(hidden, content=False) is None


def test_a_file_of_just_the_limit_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"12345")
    assert read_limited(tmp_path / "file", largest=5) == b"12345"
    assert isinstance(read_limited(tmp_path / "file", largest=4), Unreadable)


def test_a_manifest_in_a_json_file_is_not_overlooked_in_silence(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "manifests" / "desk.json").write_text('{"apiVersion": "reconciler/v1", "kind": "Agent"}\n', "utf-8")
    (project / "manifests" / "other.json").write_text('{"rows": []}\n', "utf-8")
    (project / "manifests" / "a.yaml").write_text(AGENT.replace("{file: %s}", "Hello."), "utf-8")
    code, text = said(capsys, "validate")
    assert code == 0
    assert "manifests/desk.json:1:1: warning RC108: a manifest in a JSON file is not read" in text
    assert "name it `desk.yaml`" in text
    assert "other.json" not in text


@pytest.mark.parametrize("name", ["desk.YAML", "desk.Yml"])
def test_a_manifest_is_read_however_the_end_of_its_name_is_spelt(
    project: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    (project / "manifests" / name).write_text(AGENT.replace("{file: %s}", "Hello."), "utf-8")
    code, text = said(capsys, "validate")
    assert (code, "1 document, valid" in text) == (0, True)


def test_a_project_that_git_ignores_as_a_whole_is_read_as_any_other(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    trial = project / "scratch" / "trial"
    (trial / "manifests").mkdir(parents=True)
    (trial / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (trial / "prompt.md").write_text("Hello.", encoding="utf-8")
    (trial / ".env").write_text(SECRET, encoding="utf-8")
    (trial / "manifests" / "a.yaml").write_text(AGENT % "prompt.md", encoding="utf-8")
    (project / ".gitignore").write_text("scratch/\n", encoding="utf-8")
    monkeypatch.chdir(trial)
    assert said(capsys, "validate")[0] == 0
    (trial / "manifests" / "a.yaml").write_text(AGENT % ".env", encoding="utf-8")
    code, text = said(capsys, "validate")
    assert (code, SECRET in text) == (1, False)
