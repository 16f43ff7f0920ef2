"""Show that a complaint about a document always says what to do next, and that this works."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from reconciler.cli.field_reference import find
from reconciler.errors import InputError
from reconciler.kinds import KINDS
from reconciler.load.reader import load
from reconciler.settings import find_project

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "apiVersion: reconciler/v1\nkind: {kind}\nmetadata: {{name: desk}}\nspec: {spec}\n"


@pytest.mark.parametrize(
    ("kind", "spec", "hint"),
    [
        ("Agent", "{product: sparkle}", "reconciler explain Agent.product"),
        ("Agent", "{ring_duration_seconds: soon}", "reconciler explain Agent.ring_duration_seconds"),
        (
            "Agent",
            "{transfer_destinations: [{name: desk, number: nobody}]}",
            "reconciler explain Agent.transfer_destinations.number",
        ),
        ("PhoneNumber", "{label: Main}", "reconciler explain PhoneNumber.number"),
        (
            "ScheduledCall",
            '{to_number: "+14155550199", attempts: {max: 2, on: [nothing]}}',
            "reconciler explain ScheduledCall.attempts.on",
        ),
        (
            "ScheduledCall",
            '{to_number: "+14155550199", variables: {x: [1]}}',
            "reconciler explain ScheduledCall.variables",
        ),
    ],
)
def test_a_wrong_value_leads_to_the_explanation_of_its_field(tmp_path: Path, kind: str, spec: str, hint: str) -> None:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(HEAD.format(kind=kind, spec=spec), encoding="utf-8")
    found = load([], find_project(tmp_path), KINDS, now=datetime(2030, 1, 1, tzinfo=UTC)).findings
    assert hint in [finding.hint for finding in found]
    assert all(finding.hint and finding.location for finding in found)
    assert find(hint.removeprefix("reconciler explain ")) is not None


def test_a_saved_plan_in_the_place_of_a_manifest_leads_to_its_own_commands(tmp_path: Path) -> None:
    (tmp_path / "plan.json").write_text('{"format": "reconciler.plan/v1", "changes": []}', encoding="utf-8")
    project = find_project(tmp_path)
    (found,) = load([tmp_path / "plan.json"], project, KINDS, now=datetime(2030, 1, 1, tzinfo=UTC)).findings
    assert (found.code, found.message) == ("RC112", "this is a saved plan and no manifest")
    assert found.hint.startswith("`reconciler apply --plan plan.json` does it")


def test_a_misspelt_path_leads_to_the_nearest_that_there_is(tmp_path: Path) -> None:
    (tmp_path / "manifests").mkdir()
    with pytest.raises(InputError) as raised:
        load([tmp_path / "manifest"], find_project(tmp_path), KINDS, now=datetime(2030, 1, 1, tzinfo=UTC))
    assert raised.value.hint == f"did you mean `{tmp_path / 'manifests'}`?"
