"""Show that `reconciler state` tells how calls stand now, in the forms it offers and no other."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

MANIFESTS = """\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm-jane}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  config: {prompt: This is Harbor Dental about your visit., max_call_duration_seconds: 120}
  at: 2030-01-14T18:00:00Z
"""
ON_THE_EMULATOR = ("--emulator", "--now")


@pytest.fixture(autouse=True)
def armed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "calls.yaml").write_text(MANIFESTS, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert main(["apply", "--yes", *ON_THE_EMULATOR, "2030-01-14T17:00Z"]) == 0


def test_a_call_whose_window_closed_is_not_shown_as_armed(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    for now, stands in (("2030-01-14T17:30Z", "armed"), ("2030-01-14T19:00Z", "expired")):
        assert main(["state", "show", *ON_THE_EMULATOR, now]) == 0
        assert f"ScheduledCall/confirm-jane  {stands}  2030-01-14T18:00:00" in capsys.readouterr().out


def test_the_state_is_a_table_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["state", "--format", "markdown", *ON_THE_EMULATOR, "2030-01-14T17:30Z"]) == 0
    head, rule, row, *_ = capsys.readouterr().out.splitlines()
    assert (head, rule) == ("| What | Stands | Since | More |", "| --- | --- | --- | --- |")
    assert row.startswith("| ScheduledCall/confirm-jane | armed |")


def test_markdown_is_refused_where_there_is_none() -> None:
    assert main(["state", "locks", "--format", "markdown", "--emulator"]) == 1


def test_a_missed_call_is_told_once_by_its_own_clock(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["calls", *ON_THE_EMULATOR, "2030-01-14T19:00Z"]) == 0
    assert capsys.readouterr().out.count("window closed on Mon 14 Jan 18:10 UTC") == 1


def test_valid_manifests_have_a_verdict_in_markdown(capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["validate", "--format", "markdown"]) == 0
    assert capsys.readouterr().out.startswith("**1 document, valid")


def test_an_import_into_a_state_that_is_not_empty_says_what_is_there_and_writes_nothing(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    capsys.readouterr()
    assert main(["state", "export", "--emulator"]) == 0
    exported = capsys.readouterr().out
    (tmp_path / "state.json").write_text(exported, encoding="utf-8")
    assert main(["state", "import", "state.json", "--emulator"]) == 1
    said = " ".join(capsys.readouterr().err.split())
    assert "RC500" in said
    assert "is not empty, and nothing was written: it holds 1 of `call`;" in said
    assert "1 of what is imported is there already" in said
    assert "`reconciler state show --emulator` lists it" in said
    assert "another run" not in said
    assert main(["state", "export", "--emulator"]) == 0
    assert capsys.readouterr().out == exported
