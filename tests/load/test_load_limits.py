"""Work ends soon, whatever a few bytes of a manifest ask for."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.documents import reading

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\n"


def merges(levels: int, width: int) -> str:
    first = "l0: &l0 {a: 1}\n"
    return first + "".join(f"l{n}: &l{n} {{<<: [{', '.join([f'*l{n - 1}'] * width)}]}}\n" for n in range(1, levels + 1))


@pytest.mark.parametrize(("levels", "width"), [(10, 10), (40, 2), (7, 10)])
def test_merges_of_merges_are_a_finding_and_not_a_wait(levels: int, width: int) -> None:
    (problem,) = reading.read(merges(levels, width), "a.yaml")
    assert isinstance(problem, reading.Problem)
    assert (problem.code, problem.message) == ("RC104", "the document expands without bound")


def test_a_few_levels_of_merges_are_read() -> None:
    (document,) = reading.read(merges(3, 4), "a.yaml")
    assert isinstance(document, reading.Document)
    assert document.value["l3"] == {"a": 1}


def test_a_document_of_too_many_values_is_a_finding() -> None:
    (problem,) = reading.read(f"a: [{'[],' * 500_000}]\n", "a.yaml")
    assert isinstance(problem, reading.Problem)
    assert problem.code == "RC104"


def test_after_a_hundred_documents_that_are_no_yaml_the_rest_is_left_unread() -> None:
    parts = list(reading.read("---\n{\n" * 20_000, "a.yaml"))
    assert [part.code for part in parts if isinstance(part, reading.Problem)] == ["RC101"] * 100 + ["RC107"]
    assert parts[-1].location.line == 201


def test_a_document_keeps_its_place_after_a_hundred_others(tmp_path: Path) -> None:
    parts = list(reading.read("---\n{\n" * 99 + "---\na: 1\n", "a.yaml"))
    assert parts[-1].location.line == 200


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_of_thousands_of_findings_a_thousand_are_shown_and_the_others_counted(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    keys = "".join(f"  k{n}: '${{var.none}}'\n" for n in range(5_000))
    (project / "manifests" / "a.yaml").write_text(f"{HEAD}spec:\n{keys}", encoding="utf-8")
    assert main(["validate"]) == 1
    said = capsys.readouterr().out
    assert "more findings are not shown" in said
    assert "\n1,001 errors." in said


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        ("a:\n\tb: 1\n", "indent with spaces: YAML does not allow tabs"),
        ("a: 1\n \tb: 1\n", "indent with spaces: YAML does not allow tabs"),
        ("a: &x 1\n---\nb: *x\n", "anchors end with their document"),
        ("a: {note: see #5, b: 1}\n", "quote the value: ` #` begins a comment"),
        ("a: b: c\n", "quote the value: it contains `: `"),
        ("a: @b\n", "quote the value"),
    ],
)
def test_what_is_no_yaml_has_the_hint_that_helps(text: str, hint: str) -> None:
    problems = [part for part in reading.read(text, "a.yaml") if isinstance(part, reading.Problem)]
    assert problems[0].hint.startswith(hint)


@pytest.mark.parametrize(
    ("command", "what"),
    [
        (["apply", "--emulator", "--plan"], "a saved plan"),
        (["state", "import", "--emulator"], "an exported state"),
    ],
)
def test_a_json_file_that_is_none_is_refused_and_never_waited_for(
    project: Path, capsys: pytest.CaptureFixture[str], command: list[str], what: str
) -> None:
    os.mkfifo(project / "pipe")
    (project / "deep").write_text("[" * 100_000, encoding="utf-8")
    (project / "half").write_text('{"a": ', encoding="utf-8")
    (project / "no-utf8").write_bytes(b"\xff\xfe{")
    reasons = {"pipe": "it is a pipe or a device", "deep": "it is not JSON", "half": "it is not JSON"}
    for name, why in {**reasons, "no-utf8": "it is not JSON"}.items():
        assert main([*command, name]) == 1
        assert f"error RC125: `{name}` is not {what}: {why}" in capsys.readouterr().err
