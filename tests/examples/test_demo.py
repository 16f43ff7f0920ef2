"""Run the demo as a newcomer does: as a process of its own."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """As much of a checkout as the demo looks at, so that it never touches the developer's own."""
    shutil.copytree(CHECKOUT / "examples", tmp_path / "examples", ignore=shutil.ignore_patterns(".reconciler"))
    return tmp_path


def demo(checkout: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(checkout / "examples" / "demo.py")],
        cwd=checkout,
        env={**os.environ, **variables},
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def files(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if "__pycache__" not in path.parts}


def test_the_demo_runs_the_main_job_and_shows_every_command(checkout: Path) -> None:
    done = demo(checkout)
    assert (done.returncode, done.stderr) == (0, "")
    assert re.findall(r"^\$ reconciler (\w+)", done.stdout, re.MULTILINE) == [
        "validate",
        "plan",
        "apply",
        "plan",
        "dispatch",
        "dispatch",
        "calls",
    ]
    assert "No changes: the account is as declared." in done.stdout
    assert "42 s, $0.02, caller_hangup" in done.stdout
    assert "Where to go next" in done.stdout


def test_the_demo_reads_well_at_80_columns(checkout: Path) -> None:
    assert [line for line in demo(checkout).stdout.splitlines() if len(line) > 80] == []


def test_the_demo_says_the_same_twice_and_leaves_nothing_outside_its_folder(checkout: Path) -> None:
    before = files(checkout)
    first, second = demo(checkout), demo(checkout)
    assert first.stdout == second.stdout
    assert all(name == ".reconciler" or name.startswith(".reconciler/demo") for name in files(checkout) - before)


def test_the_demo_never_leaves_the_emulator_whatever_the_environment_says(checkout: Path) -> None:
    done = demo(
        checkout,
        THUNDERPHONE_API_KEY="sk_live_elsewhere",
        THUNDERPHONE_API_BASE_URL="http://127.0.0.1:9",
        RECONCILER_STATE=f"sqlite:{checkout}/elsewhere.db",
    )
    assert done.returncode == 0
    assert not (checkout / "elsewhere.db").exists()


def test_the_demo_stops_with_a_clear_message_when_a_step_misbehaves(checkout: Path) -> None:
    billing = checkout / "examples" / "05-gitops-repository" / "manifests" / "billing.yaml"
    billing.write_text(billing.read_text("utf-8").replace("amount_cents", "amount_of_cents"), "utf-8")
    done = demo(checkout)
    assert done.returncode == 1
    assert done.stderr.strip() == "demo stopped: `reconciler validate` exited 1, expected 0"
    assert "manifests/billing.yaml:8:3" in done.stdout
