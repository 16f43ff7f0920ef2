"""Who owns which live object, and what a plan says before apply would refuse it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.platform import Fault
from acceptance.projects import AGENT, PROJECT, Project

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform

BILLING = """\
apiVersion: reconciler/v1
kind: AutoReload
metadata: {name: billing}
spec: {enabled: true, minimum_cents: 1000, amount_cents: 5000%s}
"""


def agent(name: str, more: str = "", spec: str = "") -> str:
    return (
        f"apiVersion: reconciler/v1\nkind: Agent\nmetadata: {{name: {name}{more}}}\n"
        f"spec: {{name: {name}, prompt: You answer., voice: olivia, max_call_duration_seconds: 60{spec}}}\n"
    )


@pytest.fixture
def applied(project: Project) -> Project:
    project.write("manifests/agents.yaml", agent("old"))
    assert project.run("apply", "--yes").code == 0
    return project


def id_of(platform: SecondPlatform, name: str) -> int:
    return next(int(each["id"]) for each in platform.agents.values() if each["name"] == name)


def test_a_document_that_names_the_id_of_another_takes_it_over_and_nothing_is_deleted(
    applied: Project, platform: SecondPlatform
) -> None:
    id_ = id_of(platform, "old")
    applied.write("manifests/agents.yaml", agent("new", f", id: {id_}"))
    plan = applied.run("plan", "--prune", "--format", "json")
    assert plan.actions == {"Agent/new": ["adopt", "update"]}
    assert applied.run("apply", "--yes", "--prune").code == 0
    assert list(platform.agents) == [id_]
    assert applied.run("plan", "--prune", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("claim", ["id: 7", "was: [older]"])
def test_two_documents_cannot_claim_one_object(project: Project, claim: str) -> None:
    project.write("manifests/agents.yaml", f"{agent('a', f', {claim}')}---\n{agent('b', f', {claim}')}")
    ran = project.run("validate")
    assert ran.code == 1
    assert "RC117" in ran.said


def test_a_number_is_taken_from_an_agent_before_it_is_deleted(applied: Project, platform: SecondPlatform) -> None:
    number = (
        'apiVersion: reconciler/v1\nkind: PhoneNumber\nmetadata: {name: main-line}\nspec: {number: "+15551230001"%s}\n'
    )
    applied.write("manifests/numbers.yaml", number % ", inbound_agent: old")
    assert applied.run("apply", "--yes").code == 0
    applied.write("manifests/numbers.yaml", number % ", label: Main")
    (applied.root / "manifests/agents.yaml").write_text("")
    plan = applied.run("plan", "--prune")
    assert "taken from +15551230001 first" in plan.words
    assert applied.run("apply", "--yes", "--prune").code == 0
    assert platform.agents == {}
    assert [each["inbound_agent_id"] for each in platform.numbers.values() if each["number"] == "+15551230001"] == [
        None
    ]


@pytest.mark.parametrize("more", ["", ", monthly_limit_cents: 20000", ", monthly_limit_cents: null"])
def test_what_a_month_may_cost_is_refused_by_plan_and_apply_alike(
    project: Project, platform: SecondPlatform, more: str
) -> None:
    project.write("reconciler.yaml", PROJECT + "limits: {auto_reload_monthly_cents: 10000}\n")
    project.write("manifests/billing.yaml", BILLING % more)
    for command in (("plan",), ("apply", "--yes")):
        ran = project.run(*command)
        assert ran.code == 3, ran.said
        assert "limit $100.00" in ran.words
    assert platform.writes == []


@pytest.mark.parametrize(
    "words",
    [("--target", "Agent/front-dsk"), ("-l", "team=nobody"), ("--verify-again", "PhoneNumber/none")],
)
def test_a_misspelt_selection_is_no_success(project: Project, words: tuple[str, ...]) -> None:
    project.write("manifests/agent.yaml", AGENT)
    project.write("manifests/prompts/front-desk.md", "You answer.\n")
    for command in ("plan", "apply"):
        ran = project.run(command, *words)
        assert ran.code == 1, ran.said
        assert "RC124" in ran.said


def test_the_next_command_is_for_the_plan_just_shown(project: Project) -> None:
    project.write("manifests/agents.yaml", agent("a"))
    ran = project.run("plan", "--target", "Agent/a", "--state", "sqlite:other.db")
    assert "Next: reconciler apply --state sqlite:other.db --target Agent/a" in ran.words


def test_a_refusal_names_the_way_out(applied: Project, platform: SecondPlatform) -> None:
    platform.draft_in_dashboard(id_of(platform, "old"), voice="maya")
    applied.write("manifests/agents.yaml", agent("old", spec=", primary_language: es"))
    ran = applied.run("plan")
    assert ran.code == 3
    assert "deploy or discard the draft in the dashboard" in ran.words


def test_a_create_that_was_refused_makes_nobodys_agent_ours(project: Project, platform: SecondPlatform) -> None:
    project.write("manifests/agents.yaml", agent("old").replace("olivia", "nobody"))
    assert project.run("apply", "--yes").code != 0
    platform.new_agent(name="old", voice="olivia", prompt="Somebody else's.")
    project.write("manifests/agents.yaml", agent("old"))
    plan = project.run("plan", "--format", "json").json
    assert [each["reason"] for each in plan["changes"] if each["action"] == "adopt"] == ["same_name"]


def test_a_saved_plan_is_finished_after_a_deploy_that_failed(applied: Project, platform: SecondPlatform) -> None:
    applied.write("manifests/agents.yaml", agent("old", spec=", background_track: null, primary_language: es"))
    assert applied.run("plan", "--out", "plan.json").code == 0
    id_ = id_of(platform, "old")
    platform.faults.append(Fault("POST", f"/v1/agents/{id_}/deploy", status=503))
    assert applied.run("apply", "--plan", "plan.json").code == 4
    finished = applied.run("apply", "--plan", "plan.json")
    assert finished.code == 0, finished.said
    assert platform.agents[id_]["primary_language"] == "es"
    assert applied.run("plan", "--detailed-exitcode").code == 0
