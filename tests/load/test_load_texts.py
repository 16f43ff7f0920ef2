"""A text says what its author wrote, or a finding says at its line that it does not."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli import main
from reconciler.kinds import KINDS
from reconciler.load.reader import load
from reconciler.settings import find_project

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec:\n  voice: olivia\n"
CALL = """---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: visit}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  at: 2030-01-15T10:00:00-08:00
"""
CONFIG = '  config: {prompt: "%s", voice: olivia, max_call_duration_seconds: 60}\n'


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "prompts").mkdir()
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def found(project: Path, capsys: pytest.CaptureFixture[str], text: str) -> list[tuple[str, str, int, int]]:
    """The code, severity, line and column of each finding of validate."""
    (project / "manifests" / "a.yaml").write_text(text, encoding="utf-8")
    main(["validate", "--format", "json"])
    findings = json.loads(capsys.readouterr().out)["findings"]
    return [(it["code"], it["severity"], it["source"]["line"], it["source"]["column"]) for it in findings]


def variables(project: Path, text: str) -> Any:
    (project / "manifests" / "a.yaml").write_text(text, encoding="utf-8")
    loaded = load([], find_project(project), KINDS, now=datetime(2030, 1, 1, tzinfo=UTC))
    return loaded.resources["ScheduledCall/visit"].declared["variables"]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("19.90", "19.90"),
        ("12E4", "12E4"),
        ("0x1F", "0x1F"),
        ("0o17", "0o17"),
        (".5", ".5"),
        ("1.", "1."),
        ("-0", "-0"),
        ("3.14159265358979323846", "3.14159265358979323846"),
        ("02134", "02134"),
        ("12:30", "12:30"),
        ("12345678901234567890", "12345678901234567890"),
        ("9007199254740992", 9007199254740992),
        ("25", 25),
        ("19.9", 19.9),
        ("true", True),
        ('"25"', "25"),
    ],
)
def test_a_fact_is_what_was_written(project: Path, written: str, value: object) -> None:
    said = variables(project, f"{CALL}{CONFIG % 'Pay {{fee}}.'}  variables: {{fee: {written}}}\n")
    assert said == {"fee": value}
    assert type(said["fee"]) is type(value)


def test_a_variable_of_the_project_is_spelled_as_it_was_written(project: Path) -> None:
    (project / "reconciler.yaml").write_text("variables: {fee: 19.90, code: 1e3}\n", encoding="utf-8")
    text = f"{CALL}{CONFIG % 'x'}  variables: {{line: 'Pay ${{var.fee}}, code ${{var.code}}'}}\n"
    assert variables(project, text) == {"line": "Pay 19.90, code 1e3"}


@pytest.mark.parametrize("written", ["", "~", "null", "#5"])
def test_a_variable_without_a_value_fills_nothing(
    project: Path, capsys: pytest.CaptureFixture[str], written: str
) -> None:
    text = f"{CALL}{CONFIG % 'Greet {{who}}.'}  variables:\n    who: {written}\n"
    assert ("RC143", "error") in {each[:2] for each in found(project, capsys, text)}


def test_a_placeholder_is_named_with_the_text_that_says_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    agent = f"{AGENT}  prompt: Greet {{{{who}}}}.\n  voicemail_message: Call {{{{us}}}} back, {{{{who}}}}.\n---\n"
    (project / "manifests" / "a.yaml").write_text(f"{agent}{CALL}  agent: desk\n", encoding="utf-8")
    assert main(["validate", "--format", "json", str(project)]) == 1
    told = [it["message"] for it in json.loads(capsys.readouterr().out)["findings"] if it["code"] == "RC143"]
    assert told == [
        "the voicemail message of `Agent/desk` says `{{us}}`, and `variables` has no `us`",
        "the prompt of `Agent/desk` says `{{who}}`, and `variables` has no `who`",
    ]


def test_the_markers_of_a_merge_in_the_project_file_are_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    conflict = "# a project\n<<<<<<< HEAD\nmanifests: a\n=======\nmanifests: b\n>>>>>>> feature\n"
    (project / "reconciler.yaml").write_text(conflict, encoding="utf-8")
    assert main(["validate", str(project)]) == 1
    assert "reconciler.yaml:2:1: error RC156: `<<<<<<< HEAD` marks a merge conflict" in capsys.readouterr().err


def test_an_empty_file_is_named_as_the_manifest_names_it(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "prompts" / "empty.md").write_text("\n", encoding="utf-8")
    (project / "manifests" / "a.yaml").write_text(f"{AGENT}  prompt: {{file: prompts/empty.md}}\n", encoding="utf-8")
    assert main(["validate", str(project)]) == 1
    assert "`prompts/empty.md` is empty" in capsys.readouterr().out


@pytest.mark.parametrize("prompt", ["''", '"  "', "", "~", "{file: ../prompts/desk.md}"])
def test_a_prompt_that_says_nothing_is_an_error(project: Path, capsys: pytest.CaptureFixture[str], prompt: str) -> None:
    (project / "prompts" / "desk.md").write_text(" \n\n", encoding="utf-8")
    (project / "manifests" / "a.yaml").write_text(f"{AGENT}  prompt: {prompt}\n", encoding="utf-8")
    assert main(["validate"]) == 1
    said = capsys.readouterr().out
    assert "is empty" in said
    assert said.startswith("prompts/desk.md:1:1: error RC141" if "file" in prompt else "manifests/a.yaml:6:")


@pytest.mark.parametrize("marker", ["<<<<<<< HEAD", ">>>>>>> feature", "||||||| base"])
def test_a_merge_conflict_is_an_error_at_its_line(
    project: Path, capsys: pytest.CaptureFixture[str], marker: str
) -> None:
    conflict = f"{marker}\nBe brief.\n<<<<<<< HEAD\n"
    (project / "prompts" / "desk.md").write_text(f"Hello.\n{conflict}", encoding="utf-8")
    assert found(project, capsys, f"{AGENT}  prompt: {{file: ../prompts/desk.md}}\n") == [("RC156", "error", 2, 1)]
    assert found(project, capsys, f"{AGENT}{conflict}") == [("RC156", "error", 6, 1)]


def test_a_line_of_equals_signs_is_a_heading(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (project / "prompts" / "desk.md").write_text("Hello\n=======\nWe are Lakeside.\n", encoding="utf-8")
    assert found(project, capsys, f"{AGENT}  prompt: {{file: ../prompts/desk.md}}\n") == []


@pytest.mark.parametrize(
    ("text", "places"),
    [
        ("  prompt: You are agent #1 of Lakeside.\n", [("RC157", "warning", 6, 25)]),
        ("  prompt: Hello.  # a comment\n", [("RC157", "warning", 6, 19)]),
        ("  prompt: 'You are agent #1.'  # a comment\n", []),
        ("  prompt: You are agent#1.\n", []),
        ("  prompt: |\n    You are agent #1.\n", []),
        ("  prompt: &text You are agent #1.\n", [("RC157", "warning", 6, 31)]),
        ("  prompt: You are\n    agent number\n    five #1.\n", [("RC157", "warning", 8, 10)]),
        ("  prompt:\n    You are\n    agent #1.\n", [("RC157", "warning", 8, 11)]),
        ("  prompt: &text 'You are agent #1.'  # a comment\n", []),
        ("  prompt: You are\n    agent#1.\n  name: Desk #2\n", []),
        ("  prompt: Hello.\n  name: Desk  # what the dashboard shows\n", []),
    ],
)
def test_a_text_that_ends_at_a_comment_is_a_warning_at_the_hash(
    project: Path, capsys: pytest.CaptureFixture[str], text: str, places: list[tuple[str, str, int, int]]
) -> None:
    assert found(project, capsys, f"{AGENT}{text}") == places


def test_a_fact_that_ends_at_a_hash_is_a_warning_and_a_comment_beside_one_is_none(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = f"{CALL}{CONFIG % 'This is Lakeside, about {{a}} and {{b}}.'}  variables:\n"
    text += "    a: Suite #5, 12 Elm Street\n    b: Jane  # her first name\n"
    assert found(project, capsys, text) == [("RC157", "warning", 11, 14)]


def test_a_value_of_the_project_that_ends_at_a_hash_is_a_warning_in_its_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    values = "variables:\n  suite: Suite #5\n  two: two  # meant\nenvironments:\n  live: {variables: {a: b}}\n"
    (project / "reconciler.yaml").write_text(values, encoding="utf-8")
    assert found(project, capsys, f"{AGENT}  prompt: Come to ${{var.suite}}.\n") == [("RC157", "warning", 2, 16)]


@pytest.mark.parametrize(
    "braces",
    [
        "{{first-name}}",
        "{{ title | default: 'the patient' }}",
        "{{doctor name}}",
        "{{time}",
        "{time}}",
        "{{current_time_America/New_York}}",
        "{{1st_id}}",
        "{{#if vip}}",
        "{{> partial}}",
        "{{-x-}}",
        "{{név}}",
        "{{ }}",
    ],
)
def test_braces_that_the_platform_does_not_fill_are_a_warning_where_they_stand(
    project: Path, capsys: pytest.CaptureFixture[str], braces: str
) -> None:
    (project / "prompts" / "desk.md").write_text(f"Hello {{{{name}}}}.\nSay {braces}, please.\n", encoding="utf-8")
    assert found(project, capsys, f"{AGENT}  prompt: {{file: ../prompts/desk.md}}\n") == [("RC714", "warning", 2, 5)]


@pytest.mark.parametrize("text", ["{{name}}", "{{ a.b_c }}", '{"a": {"b": 1}}', "${x}", "{agent_name}", "a }} b"])
def test_what_the_platform_fills_and_what_is_no_placeholder_is_not_complained_of(
    project: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    (project / "prompts" / "desk.md").write_text(text.replace("$", "$$"), encoding="utf-8")
    assert found(project, capsys, f"{AGENT}  prompt: {{file: ../prompts/desk.md}}\n") == []


def test_a_placeholder_of_the_voicemail_message_must_be_filled_as_well(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    agent = f"{AGENT}  prompt: This is Lakeside calling about a visit.\n  max_call_duration_seconds: 60\n"
    agent += "  voicemail_action: message\n  voicemail_message: Hello {{patient}}, call {{phone}} back.\n"
    assert [each[0] for each in found(project, capsys, f"{agent}{CALL}  agent: desk\n")] == ["RC143", "RC143"]


def test_a_variable_that_stands_in_braces_with_a_filter_is_not_called_unused(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prompt = "This is Lakeside calling to confirm. Greet {{ title | upper }}."
    codes = [each[0] for each in found(project, capsys, f"{CALL}{CONFIG % prompt}  variables: {{title: Ms Doe}}\n")]
    assert codes == ["RC714"]
