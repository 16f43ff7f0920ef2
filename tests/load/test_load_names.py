"""A callee's number in a name or a path is an error, and programs still find what they are told of."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

CALL = """apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: %s}
spec:
  from_number: "+15551230001"
  to_number: "%s"
  config: {prompt: "This is Lakeside Clinic calling to confirm.", voice: olivia, max_call_duration_seconds: 60}
  at: 2030-01-15T10:00:00-08:00
"""


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("number", ["+14155550199", "+1 (415) 555-0199"])
@pytest.mark.parametrize("name", ["visit-4155550199", "visit-14155550199", "visit-415-555-0199"])
def test_a_callees_number_in_a_name_is_an_error_at_the_name(
    project: Path, capsys: pytest.CaptureFixture[str], number: str, name: str
) -> None:
    (project / "manifests" / "a.yaml").write_text(CALL % (name, number), encoding="utf-8")
    assert main(["validate"]) == 1
    said = capsys.readouterr().out
    assert "manifests/a.yaml:3:18: error RC154: `metadata.name` holds a callee's number" in said
    assert "4155550199" not in said
    assert "415-555-0199" not in said


def test_a_callees_number_in_a_path_is_an_error_and_sarif_names_the_file(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "manifests" / "4155550199.yaml").write_text(CALL % ("visit", "+14155550199"), encoding="utf-8")
    assert main(["validate", "--format", "sarif"]) == 1
    (result,) = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert result["ruleId"] == "RC154"
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "manifests/4155550199.yaml"
    assert main(["validate", "--annotate", "github", "--format", "json"]) == 1
    out, err = capsys.readouterr()
    assert json.loads(out)["findings"][0]["source"]["path"] == "manifests/4155550199.yaml"
    assert "::error file=manifests/4155550199.yaml,line=1" in err
    assert main(["validate", "--format", "junit"]) == 1
    assert 'file="manifests/4155550199.yaml"' in capsys.readouterr().out


def test_digits_that_are_nobodys_number_may_stand_in_a_name(project: Path) -> None:
    (project / "manifests" / "a.yaml").write_text(CALL % ("visit-20300115-0199", "+14155550199"), encoding="utf-8")
    assert main(["validate"]) == 0
