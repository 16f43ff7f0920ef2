"""A test that leaves something behind fails itself, and not one of those that run after it."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from waiting import PATIENCE

TESTS = Path(__file__).parents[1]
LEAVING = """\
import logging, os, signal, sys

def test_environment(): os.environ["LEFT"] = "behind"
def test_folder(tmp_path): os.chdir(tmp_path)
def test_signal(): signal.signal(signal.SIGTERM, signal.SIG_IGN)
def test_level(): logging.getLogger("reconciler").setLevel(1)
def test_module(): sys.path.append("left")
def test_nothing(monkeypatch): monkeypatch.setenv("TAKEN", "back")
"""


def test_whoever_leaves_the_environment_a_folder_or_a_handler_behind_fails(tmp_path: Path) -> None:
    for name in ("conftest.py", "waiting.py"):
        shutil.copy(TESTS / name, tmp_path)
    (tmp_path / "test_leaving.py").write_text(LEAVING, encoding="utf-8")
    words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "--tb=no", "-rE", "--rootdir=."]
    bare = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    done = subprocess.run(
        [sys.executable, *words], cwd=tmp_path, env=bare, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    failed = {line.split()[1] for line in done.stdout.splitlines() if line.startswith("ERROR ")}
    names = ("environment", "folder", "signal", "level", "module")
    assert failed == {f"test_leaving.py::test_{name}" for name in names}, done.stdout
