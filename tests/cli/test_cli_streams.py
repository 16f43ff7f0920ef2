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


@pytest.mark.parametrize("command", ["plan --emulator", "validate", "apply --emulator --yes", "--version"])
@pytest.mark.parametrize("closed", [">&-", ">&- 2>&-", "2>&-"])
def test_a_closed_stream_changes_neither_the_run_nor_its_exit_code(command: str, closed: str) -> None:
    code, said = ran(f"{command} {closed}")
    assert code == 0, said
    assert "Traceback" not in said


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
