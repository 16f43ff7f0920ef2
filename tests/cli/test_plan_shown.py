"""Show that a saved plan can be read by whoever approves it, without the account."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli import main
from reconciler.render import saved_plan

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec: {prompt: Hello., voice: olivia}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("environments: {live: {organization: 42}}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(AGENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("THUNDERPHONE_API_KEY", raising=False)
    return tmp_path


@pytest.mark.usefixtures("project")
def test_a_saved_plan_is_shown_without_an_account(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "--emulator", "--out", "plan.json"]) == 0
    capsys.readouterr()
    assert main(["plan", "show", "plan.json"]) == 0
    said = capsys.readouterr().out
    assert "saved plan · Emulated organisation (organisation 900001) · emulator" in said
    assert "Agent/desk  create  manifests/a.yaml:1" in said
    assert "    prompt  none → Hello." in said
    assert "1 change; fingerprint " in said


def test_a_plan_whose_texts_were_changed_is_not_shown_for_approval(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--emulator", "--out", "plan.json"]) == 0
    document = json.loads((project / "plan.json").read_text("utf-8"))
    document["changes"][0]["sentence"] = "\x1b[2Jharmless"
    (project / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    capsys.readouterr()
    assert main(["plan", "show", "plan.json"]) == 3
    said = capsys.readouterr()
    assert "does not show what was planned" in said.err
    assert "\x1b" not in said.out + said.err


def test_odd_values_in_a_plan_are_shown_as_they_are_and_no_terminal_is_taken_over() -> None:
    odd: dict[str, Any] = {
        "target": {"url": "u", "organization": {"id": 1, "name": "\x1b[2J"}},
        "changes": [{"address": "a", "action": "create", "fields": 5, "consequences": [1]}],
        "findings": [1, {"severity": "warning", "code": "RC1", "message": "m", "hint": None}, None],
    }
    assert "\x1b" not in saved_plan.text(odd)


@pytest.mark.usefixtures("project")
def test_what_is_no_saved_plan_is_said(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["plan", "show", "reconciler.yaml"]) == 1
    assert "RC125" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--format", "html"], "shown as text or as JSON, not as html"),
        (["--format", "markdown"], "shown as text or as JSON, not as markdown"),
        (["--target", "Agent/desk"], "`--target` has no meaning for a saved plan"),
        (["--detailed-exitcode"], "`--detailed-exitcode` has no meaning for a saved plan"),
    ],
)
def test_what_a_saved_plan_has_none_of_is_not_passed_over(
    words: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--emulator", "--out", "plan.json"]) == 0
    capsys.readouterr()
    assert main(["plan", "show", "plan.json", *words]) == 1
    shown = capsys.readouterr()
    assert said in " ".join(shown.err.split())
    assert shown.out == ""
