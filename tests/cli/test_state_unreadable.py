"""Show that a state which cannot be read is never shown, exported or acted on as an empty one."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CALL = """\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm-jane}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  config: {prompt: This is Harbor Dental about your visit., max_call_duration_seconds: 120}
  at: 2030-01-14T18:00:00Z
"""
NOW = ("--emulator", "--now", "2030-01-14T18:05Z")
READERS = (
    ("calls",),
    ("calls", "--format", "json"),
    ("state", "show"),
    ("state", "show", "--format", "json"),
    ("state", "locks"),
    ("state", "export"),
    ("dispatch", "--dry-run"),
)


@pytest.fixture(autouse=True)
def armed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Path:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "calls.yaml").write_text(CALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["apply", "--yes", "--emulator", "--now", "2030-01-14T17:00Z"]) == 0
    capsys.readouterr()
    return tmp_path


def truncated(folder: Path) -> tuple[str, ...]:
    file = folder / ".reconciler" / "state.db"
    file.write_bytes(file.read_bytes()[:4096])
    return ()


def not_a_database(folder: Path) -> tuple[str, ...]:
    (folder / ".reconciler" / "state.db").write_bytes(b"not a database at all" * 400)
    return ()


def out_of_reach(folder: Path) -> tuple[str, ...]:
    return ("--state", f"postgresql://nobody@127.0.0.1:1/{folder.name}")


@pytest.mark.parametrize("broken", [truncated, not_a_database, out_of_reach], ids=lambda it: it.__name__)
@pytest.mark.parametrize("command", READERS, ids=" ".join)
def test_a_state_that_cannot_be_read_is_not_an_empty_one(
    command: tuple[str, ...], broken: object, armed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = broken(armed)  # type: ignore[operator]
    assert main([*command, *NOW, *options]) == 1
    said = capsys.readouterr()
    assert "RC502" in said.out + said.err
    assert "the state cannot be read: " in said.out + said.err
    assert '"entries"' not in said.out


@pytest.mark.parametrize("broken", [truncated, not_a_database, out_of_reach], ids=lambda it: it.__name__)
def test_a_plan_goes_on_without_its_state_and_says_so(
    broken: object, armed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    options = broken(armed)  # type: ignore[operator]
    assert main(["plan", *NOW, *options]) == 0
    assert "RC502" in capsys.readouterr().out
