"""Show that a state branch which was deleted by mistake is not taken for a new one, and nobody is rung for it."""

from __future__ import annotations

import json
import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

PROJECT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer the telephone., voice: olivia}
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm-jane}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  agent: front-desk
  at: 2030-01-14T18:00:00Z
"""
NOW = ("--emulator", "--now", "2030-01-14T17:00Z")


def git(folder: Path, *words: str) -> None:
    subprocess.run(["git", "-c", "user.name=test", "-c", "user.email=test@localhost", *words], cwd=folder, check=True)


@pytest.fixture(autouse=True)
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    git(tmp_path, "init", "--quiet", "--bare", "remote.git")
    git(tmp_path, "clone", "--quiet", "remote.git", "clone")
    folder = tmp_path / "clone"
    (folder / "reconciler.yaml").write_text("state: git:reconciler-state\n", encoding="utf-8")
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text(PROJECT, encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "first")
    git(folder, "push", "--quiet", "origin", "HEAD")
    monkeypatch.chdir(folder)
    assert main(["apply", "--yes", *NOW]) == 0
    return folder


def test_apply_refuses_to_begin_anew_until_the_history_was_read(
    clone: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    git(clone, "push", "--quiet", "origin", "--delete", "reconciler-state")
    capsys.readouterr()
    assert main(["plan", *NOW]) == 3
    said = " ".join(capsys.readouterr().out.split())
    assert "git branch reconciler-state on origin holds nothing" in said
    assert "`Agent/front-desk` is on the account already and 1 call would be armed: was the state deleted?" in said
    assert main(["apply", "--yes", *NOW]) == 3
    capsys.readouterr()
    assert main(["doctor", "--format", "json", *NOW]) == 1
    checks = {it["name"]: it for it in json.loads(capsys.readouterr().out)["checks"]}
    assert checks["state"]["status"] == "fail"
    assert "calls adopt-history" in checks["state"]["fix"]
    assert main(["calls", "adopt-history", *NOW]) == 0
    assert main(["apply", "--yes", *NOW]) == 0


def test_a_state_that_is_new_for_a_new_account_is_no_surprise(clone: Path) -> None:
    git(clone, "push", "--quiet", "origin", "--delete", "reconciler-state")
    (clone / ".reconciler" / "emulator.db").unlink()
    assert main(["apply", "--yes", *NOW]) == 0


def test_adopting_agents_rings_nobody_and_is_no_surprise_either(clone: Path) -> None:
    git(clone, "push", "--quiet", "origin", "--delete", "reconciler-state")
    (clone / "manifests" / "all.yaml").write_text(PROJECT.partition("---\n")[0], encoding="utf-8")
    assert main(["apply", "--yes", *NOW]) == 0
