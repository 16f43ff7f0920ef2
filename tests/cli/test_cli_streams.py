"""Show that closed and full streams, and folders that cannot be written, end a run in words."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer the telephone., voice: olivia}
"""


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "agents.yaml").write_text(AGENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def ran(command: str) -> tuple[int, str]:
    line = f"{sys.executable} -m reconciler {command}"
    done = subprocess.run(line, shell=True, capture_output=True, text=True, check=False)  # noqa: S602 - streams of a shell
    return done.returncode, done.stdout + done.stderr


COMMANDS = [
    "plan --emulator",
    "plan --emulator --format json",
    "validate --format json",
    "apply --emulator --yes",
    "--version",
]


@pytest.mark.parametrize("command", COMMANDS)
def test_closed_talk_changes_neither_the_run_nor_its_exit_code(command: str) -> None:
    code, said = ran(f"{command} 2>&-")
    assert code == 0, said
    assert "Traceback" not in said


@pytest.mark.parametrize("command", [*COMMANDS, "plan --help"])
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-"])
def test_an_answer_that_a_closed_stdout_does_not_take_is_an_error(command: str, closed: str) -> None:
    code, said = ran(f"{command} {closed}")
    assert code == 1, said
    assert "Traceback" not in said
    assert "bug" not in said
    assert "2>&-" in closed or "stdout is closed" in " ".join(said.split())


def test_what_was_to_be_done_is_done_when_nobody_gets_the_answer() -> None:
    assert ran("apply --emulator --yes >&-")[0] == 1
    assert ran("plan --emulator --detailed-exitcode")[0] == 0


def test_an_error_is_told_on_stderr_when_the_document_that_was_asked_for_reaches_nobody(folder: Path) -> None:
    (folder / "manifests" / "agents.yaml").write_text(AGENT.replace("olivia", "5"), encoding="utf-8")
    code, said = ran("plan --emulator --format json >&-")
    assert (code, "RC113" in said) == (1, True), said


@pytest.mark.skipif(not Path("/dev/full").is_char_device(), reason="the system has no /dev/full")
@pytest.mark.parametrize("command", ["plan --emulator", "validate --format json", "plan --emulator --format json"])
def test_a_full_disk_is_said_in_words(command: str) -> None:
    code, said = ran(f"{command} > /dev/full")
    assert code == 1, said
    assert "RC125" in said
    assert "no space left on device" in said
    assert "Traceback" not in said
    assert "bug" not in said


def test_a_folder_that_the_emulator_cannot_write_is_named(folder: Path) -> None:
    (folder / ".reconciler").write_text("in the way", encoding="utf-8")
    code, said = ran("plan --emulator")
    assert code == 1, said
    assert "RC125" in said
    assert "cannot be read or written: file exists" in " ".join(said.split())
    assert "bug" not in said
