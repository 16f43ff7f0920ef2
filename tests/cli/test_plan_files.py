"""Show that `plan --out` writes a file whole, and to anything else as it stands."""

from __future__ import annotations

import json
import os
import stat
import subprocess
import sys
from threading import Thread
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer the telephone., voice: olivia}
"""
PLAN = ("plan", "--emulator", "--now", "2030-01-14T17:00Z")


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "agents.yaml").write_text(AGENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def is_plan(text: str) -> bool:
    return bool(json.loads(text)["format"] == "reconciler.plan/v1")


def left_over(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if path.name.startswith(".") and path.name != ".reconciler")


def test_a_new_plan_file_has_the_permissions_of_any_new_file(folder: Path) -> None:
    mask = os.umask(0o022)
    try:
        assert main([*PLAN, "--out", "plan.json"]) == 0
    finally:
        os.umask(mask)
    assert stat.S_IMODE((folder / "plan.json").stat().st_mode) == 0o644
    assert is_plan((folder / "plan.json").read_text("utf-8"))


def test_a_file_that_was_there_keeps_its_permissions(folder: Path) -> None:
    (folder / "plan.json").write_text("old", "utf-8")
    (folder / "plan.json").chmod(0o664)
    assert main([*PLAN, "--out", "plan.json"]) == 0
    assert stat.S_IMODE((folder / "plan.json").stat().st_mode) == 0o664


def test_a_link_is_followed_and_not_replaced(folder: Path) -> None:
    (folder / "shared").mkdir()
    (folder / "link.json").symlink_to("shared/plan.json")
    assert main([*PLAN, "--out", "link.json"]) == 0
    assert (folder / "link.json").is_symlink()
    assert is_plan((folder / "shared" / "plan.json").read_text("utf-8"))


def test_a_pipe_stays_a_pipe_and_its_reader_gets_the_plan(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    heard: list[str] = []
    reader = Thread(target=lambda: heard.append((folder / "pipe").read_text("utf-8")), daemon=True)
    reader.start()
    assert main([*PLAN, "--out", "pipe"]) == 0
    reader.join(PATIENCE)
    assert [is_plan(text) for text in heard] == [True]
    assert stat.S_ISFIFO((folder / "pipe").stat().st_mode)


@pytest.mark.skipif(not hasattr(os, "mknod") or os.geteuid() != 0, reason="only root may make a device")
def test_a_device_stays_a_device(folder: Path) -> None:
    os.mknod(folder / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))
    assert main([*PLAN, "--out", "null"]) == 0
    assert stat.S_ISCHR((folder / "null").stat().st_mode)


def test_a_descriptor_of_the_shell_is_written_to(folder: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "reconciler", *PLAN, "--out", "/dev/fd/2"], capture_output=True, text=True, check=True
    )
    assert is_plan(done.stderr[done.stderr.index("{") : done.stderr.rindex("}") + 1])


def test_a_folder_is_refused_and_nothing_is_left_behind(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([*PLAN, "--out", "manifests"]) == 1
    assert "RC125" in capsys.readouterr().err
    assert left_over(folder) == []
