from __future__ import annotations

import re
from typing import Any

import pytest
from plans_to_render import ERROR, FULL, PLANS, REFUSED, WARNING, plan_of

from reconciler import __version__, distribution
from reconciler.diagnostics.codes import CODES
from reconciler.model import Finding, Location, Severity
from reconciler.render import sarif


def run(log: dict[str, Any]) -> dict[str, Any]:
    assert set(log) == {"$schema", "version", "runs"}
    assert log["version"] == "2.1.0"
    (only,) = log["runs"]
    assert isinstance(only, dict)
    return only


@pytest.mark.parametrize("name", PLANS)
def test_a_log_has_the_structure_of_sarif(name: str) -> None:
    """What 2.1.0 requires: 3.13, 3.14 (run), 3.19 (driver), 3.49 (rules), 3.27 (results), 3.30 (regions)."""
    told = run(sarif.plan(PLANS[name]))
    driver = told["tool"]["driver"]
    assert driver["name"] == "reconciler"
    assert driver["semanticVersion"] == __version__
    rules = [rule["id"] for rule in driver["rules"]]
    assert len(set(rules)) == len(rules)
    for result in told["results"]:
        assert result["ruleId"] == rules[result["ruleIndex"]]
        assert result["level"] in {"none", "note", "warning", "error"}
        assert result["message"]["text"]
        (place,) = result["locations"]
        region = place["physicalLocation"]["region"]
        assert region["startLine"] >= 1
        assert region["startColumn"] >= 1
        assert not place["physicalLocation"]["artifactLocation"]["uri"].startswith("/")


def test_a_rule_is_what_the_code_means() -> None:
    (rule,) = run(sarif.findings([ERROR]))["tool"]["driver"]["rules"]
    assert rule["shortDescription"]["text"] == CODES[ERROR.code].title
    assert rule["help"]["text"] == CODES[ERROR.code].way_out


def test_a_rule_has_a_name_and_no_address_that_was_made_up() -> None:
    log = run(sarif.findings([ERROR]))
    (rule,) = log["tool"]["driver"]["rules"]
    assert re.fullmatch(r"(?:[A-Z0-9][A-Za-z0-9]*)+", rule["name"])
    assert "helpUri" not in rule
    assert "informationUri" not in log["tool"]["driver"]


def test_rules_lead_to_the_documentation_where_the_release_has_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distribution, "homepage", lambda: "https://forge.example/acme/reconciler")
    log = run(sarif.findings([ERROR]))
    (rule,) = log["tool"]["driver"]["rules"]
    assert log["tool"]["driver"]["informationUri"] == "https://forge.example/acme/reconciler"
    assert rule["helpUri"] == "https://forge.example/acme/reconciler/blob/HEAD/docs/messages.md"


def test_a_code_that_is_not_explained_is_still_a_rule() -> None:
    log = sarif.findings([Finding(Severity.NOTE, "RC000", "hm")])
    assert run(log)["tool"]["driver"]["rules"] == [{"id": "RC000"}]


def test_a_place_is_written_from_the_root_of_the_repository() -> None:
    finding = Finding(Severity.ERROR, "RC110", "unknown key", location=Location("manifests/my agents.yaml", 3, 5))
    (result,) = run(sarif.findings([finding], folder="phones"))["results"]
    place = result["locations"][0]["physicalLocation"]
    assert place["artifactLocation"] == {"uri": "phones/manifests/my%20agents.yaml", "uriBaseId": "%SRCROOT%"}
    assert place["region"] == {"startLine": 3, "startColumn": 5}


def test_a_finding_about_the_account_is_placed_at_the_project_file() -> None:
    (result,) = run(sarif.findings([Finding(Severity.WARNING, "RC210", "the balance is $0.00")]))["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "reconciler.yaml"


def test_a_refused_change_is_an_error() -> None:
    (result,) = run(sarif.plan(plan_of(REFUSED)))["results"]
    assert (result["ruleId"], result["level"]) == ("RC300", "error")
    assert result["message"]["text"] == REFUSED.sentence
    assert result["locations"][0]["logicalLocations"][0]["fullyQualifiedName"] == str(REFUSED.address)


def test_equal_plans_give_equal_logs() -> None:
    assert sarif.plan(FULL) == sarif.plan(FULL)
    assert [it["level"] for it in run(sarif.findings([WARNING, ERROR]))["results"]] == ["warning", "error"]
