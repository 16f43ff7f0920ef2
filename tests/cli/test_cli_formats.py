"""Show that findings come out as SARIF and JUnit, also when they are what stops the run."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: Answer for Acme., %s: olivia}
"""
each_command = pytest.mark.parametrize("command", [["validate"], ["plan", "--emulator"]], ids=["validate", "plan"])


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in os.environ:
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
            monkeypatch.delenv(name)
    root = tmp_path / "phones"
    (root / "manifests").mkdir(parents=True)
    (root / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(tmp_path))
    monkeypatch.chdir(root)
    return root


@each_command
def test_sarif_names_the_line_that_stops_the_run(
    project: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "manifests" / "agents.yaml").write_text(AGENT % "voise", encoding="utf-8")
    assert main([*command, "--format", "sarif"]) == 1
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    place = next(it for it in results if it["ruleId"] == "RC110")["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "phones/manifests/agents.yaml"
    assert place["region"]["startLine"] == 4


@each_command
def test_junit_fails_where_the_run_stops(project: Path, command: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    (project / "manifests" / "agents.yaml").write_text(AGENT % "voise", encoding="utf-8")
    assert main([*command, "--format", "junit"]) == 1
    root = ET.fromstring(capsys.readouterr().out)  # noqa: S314 - our own text
    assert int(root.attrib["failures"]) >= 1


@each_command
def test_what_is_valid_has_a_test_for_each_resource_and_no_error(
    project: Path, command: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "manifests" / "agents.yaml").write_text(AGENT % "voice", encoding="utf-8")
    assert main([*command, "--format", "junit"]) == 0
    root = ET.fromstring(capsys.readouterr().out)  # noqa: S314 - our own text
    assert root.find("testsuite/testcase[@classname='Agent'][@name='front-desk']") is not None
    assert root.attrib["failures"] == "0"
    assert main([*command, "--format", "sarif"]) == 0
    results = json.loads(capsys.readouterr().out)["runs"][0]["results"]
    assert [it for it in results if it["level"] == "error"] == []


def test_apply_has_no_such_format(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["apply", "--format", "sarif"]) == 1
    assert "'sarif' is not one of" in capsys.readouterr().err
