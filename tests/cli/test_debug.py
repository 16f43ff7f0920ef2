"""Show that what a run asks and decides can be seen, and that no key and no number is in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CALL = """\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  config: {prompt: Hello from the clinic., max_call_duration_seconds: 60}
  at: 2030-01-15T18:00:00Z
"""
NOW = ("--emulator", "--now", "2030-01-14T12:00Z")


@pytest.fixture(autouse=True)
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests/calls.yaml").write_text(CALL, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("RECONCILER_LOG", raising=False)


def test_each_request_the_state_and_each_decision_are_said_on_stderr(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", *NOW, "--debug", "--show-numbers"]) == 0
    said = capsys.readouterr()
    assert "GET emulator.invalid/v1/whoami: 200 in " in said.err
    assert "state: sqlite .reconciler/state.db" in said.err
    assert "ScheduledCall/confirm: arm (" in said.err
    assert "debug" not in said.out
    assert "4155550199" not in said.err


def test_the_environment_can_ask_for_it_and_nothing_is_said_unasked(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    main(["plan", *NOW])
    assert "debug" not in capsys.readouterr().err
    monkeypatch.setenv("RECONCILER_LOG", "debug")
    main(["plan", *NOW])
    assert "GET emulator.invalid/v1/whoami: 200 in " in capsys.readouterr().err
