"""Prove that every code can happen, means what the catalogue says, and is in the catalogue."""

from __future__ import annotations

import re
import shlex
import subprocess
from pathlib import Path

import pytest
from provoked import CALLABLE, SCENARIOS, Happened

from reconciler.cli import main
from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.explanations import Explanation, explanations
from reconciler.emulator import Platform
from reconciler.schedule.clock import FixedClock, parse_instant

SOURCE = Path(__file__).resolve().parents[2] / "reconciler"
NOW = parse_instant("2030-01-14T09:00:00Z")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    monkeypatch.chdir(tmp_path)
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE", "HTTPS_PROXY"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(line: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """One line of an example: an assignment or two, and the tool or a command of the shell."""
    words = shlex.split(line)
    with monkeypatch.context() as patched:
        while "=" in words[0]:
            name, _, value = words.pop(0).partition("=")
            patched.setenv(name, value)
        if words[0] == "reconciler":
            main(words[1:])
        else:
            subprocess.run(["sh", "-c", line], check=True)


def happened(found: Explanation, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for path, text in found.files.items():
        (project / path).parent.mkdir(parents=True, exist_ok=True)
        (project / path).write_text(text, encoding="utf-8")
    if found.code in SCENARIOS:
        (project / ".reconciler").mkdir()
        scenario, faults = SCENARIOS[found.code]
        with Platform(project / ".reconciler" / "emulator.db", FixedClock(NOW), scenario) as platform:
            for fault in faults:
                platform.inject(fault)
    for line in found.commands:
        run(line, monkeypatch)


def like(says: str) -> re.Pattern[str]:
    """The catalogue's words as a pattern: `…` is anything, and white space is where the width wraps it."""
    parts = (r"\s+".join(map(re.escape, part.split())) for part in says.split("…"))
    return re.compile(r"[\s\S]*?".join(parts))


@pytest.mark.parametrize("code", sorted(set(CODES) - set(CALLABLE)))
def test_the_example_of_a_code_provokes_it_in_the_words_of_the_catalogue(
    code: str, project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    found = explanations()[code]
    happened(found, project, monkeypatch)
    captured = capsys.readouterr()
    said = captured.out + captured.err
    assert "Traceback" not in said
    if code != "RC100":  # it heads a list, whose findings have codes of their own
        assert code in said
    assert like(found.says).search(said.replace('\\"', '"')), said


@pytest.mark.parametrize("code", sorted(CALLABLE))
def test_a_code_that_no_example_can_provoke_is_raised_by_the_function_that_does(code: str) -> None:
    it: Happened = CALLABLE[code]()
    assert it.code == code
    assert like(explanations()[code].says).search(it.message)


def test_every_code_is_explained_and_nothing_else_is() -> None:
    assert sorted(explanations()) == sorted(CODES)
    for found in explanations().values():
        assert 1 <= len(re.findall(r"[.!?](?: |$)", found.text)) <= 6, found.code
        assert found.says, found.code


def test_every_code_of_the_source_is_in_the_catalogue_and_the_other_way_round() -> None:
    used: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        if path.name != "codes.py":
            used |= set(re.findall(r'"(RC\d{3})"', path.read_text(encoding="utf-8")))
    assert used == set(CODES)


def test_a_title_is_a_noun_phrase_and_the_way_out_a_sentence() -> None:
    for code, meaning in CODES.items():
        assert not meaning.title.endswith("."), code
        assert meaning.way_out.strip(), code
