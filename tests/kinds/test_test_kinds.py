"""Test scenarios and suites beyond plain REST: what a schedule comes to, and how their fields are called."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kinds.specimens import specimen

if TYPE_CHECKING:
    from kinds.conftest import KilledRuns

import pytest


@pytest.fixture
def kind() -> str:
    return "TestSuite"


def test_a_schedule_that_is_on_says_the_billed_test_calls_of_a_month_and_their_price(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document())
    bench.applied()
    bench.declare(bench.specimen.document(bench.specimen.second))
    (change,) = (it for it in bench.folder.plan()["changes"] if it["action"] == "update")
    assert "up to 62 billed test calls a month" in change["sentence"]
    assert change["consequences"] == ["spends_money"]
    assert change["amounts"][0]["cents"] == 62 * 2 * 2 * 10  # two scenarios a day, spark, ten minutes, twice the rate
    bench.applied()
    bench.clean()


def test_a_key_inside_a_group_of_keys_is_called_by_both(bench: KilledRuns) -> None:
    bench.declare(bench.specimen.document())
    bench.applied()
    bench.declare(bench.specimen.document({**bench.specimen.first, "criteria": {"min_pass_rate": 95}}))
    (change,) = (it for it in bench.folder.plan()["changes"] if it["action"] == "update")
    assert [(it["path"], it["before"], it["after"]) for it in change["fields"]] == [("criteria.min_pass_rate", 90, 95)]


def test_a_suite_holds_scenarios_of_its_own_agent_only(bench: KilledRuns) -> None:
    other = specimen("Agent").document(specimen("Agent").first, name="other")
    stranger = specimen("TestScenario").document({"agent": "other", "scenario_prompt": "You call."}, name="stranger")
    mixed = bench.specimen.document({**bench.specimen.first, "scenarios": ["books", "stranger"]})
    bench.declare(other, stranger, mixed)
    said = bench.folder.run("validate", online=False)
    assert said.code == 1
    told = " ".join(said.text.split())
    assert "`stranger` is a scenario of `Agent/other`, and the suite is of `Agent/beside`" in told
