"""Judge the whole job from outside: four kinds, real processes, another platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.projects import PROJECT, Project, ahead, ended
from acceptance.server import serving

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acceptance.platform import SecondPlatform


class Settled:
    """A project that was planned, applied, planned and applied again; what each said and sent."""

    def __init__(self, project: Project) -> None:
        platform = project.platform
        project.four_kinds(at=ahead(hours=1))
        self.project, self.platform = project, platform
        self.first_plan = project.run("plan", "--format", "json", "--detailed-exitcode")
        self.sent_by_plan = [request.method for request in platform.requests]
        self.applied = project.run("apply", "--yes", "--format", "json")
        self.applied_writes = platform.writes
        self.second_plan = project.run("plan", "--detailed-exitcode")
        platform.forget_requests()
        self.second_apply = project.run("apply", "--yes")
        self.sent_by_second_apply = list(platform.requests)
        platform.forget_requests()

    @property
    def agent(self) -> dict[str, object]:
        return next(iter(self.platform.agents.values()))


@pytest.fixture(scope="module")
def settled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settled]:
    with serving() as platform:
        project = Project(tmp_path_factory.mktemp("project"), platform)
        project.write("reconciler.yaml", PROJECT)
        yield Settled(project)


@pytest.fixture
def applied(project: Project, platform: SecondPlatform) -> Project:
    """A project whose agent and numbers are as declared; the requests so far forgotten."""
    project.four_kinds(at=ahead(hours=1))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said
    platform.forget_requests()
    return project


def test_plan_lists_create_verify_update_and_arm(settled: Settled) -> None:
    assert settled.first_plan.code == 2
    assert settled.first_plan.actions == {
        "Agent/front-desk": ["create"],
        "PhoneNumber/main-line": ["update"],
        "PhoneNumber/second-line": ["verify"],
        "AutoReload/billing": ["update"],
        "ScheduledCall/confirm-jane": ["arm"],
    }


def test_plan_sends_only_reads(settled: Settled) -> None:
    assert set(settled.sent_by_plan) == {"GET"}
    assert len(settled.sent_by_plan) < 10


def test_apply_does_all_of_it(settled: Settled) -> None:
    assert settled.applied.code == 0, settled.applied.said
    assert [result["outcome"] for result in settled.applied.json["results"]] == ["done"] * 5


def test_everything_reads_back(settled: Settled) -> None:
    agent, (main, second, _) = settled.agent, settled.platform.numbers.values()
    assert agent["name"] == "Front desk"
    assert agent["prompt"] == "You answer the telephone."
    assert agent["outbound_speak_order"] == "agent_first"
    assert agent["has_draft"] is False
    assert (main["inbound_agent_id"], main["outbound_agent_id"]) == (agent["id"], agent["id"])
    assert main["label"] == "Main line"
    assert second["voip_verification_status"] == "verified"
    assert settled.platform.billing["auto_reload_monthly_limit_cents"] == 20000


def test_the_calls_agent_is_made_with_exactly_what_was_declared(settled: Settled) -> None:
    create = next(request for request in settled.applied_writes if request.path == "/v1/agents")
    assert sorted(create.body) == ["name", "outbound_speak_order", "prompt", "voice"]


def test_arming_a_call_sends_nothing(settled: Settled) -> None:
    assert not any(request.path == "/v1/call" for request in settled.applied_writes)
    assert settled.platform.dialled == []


def test_a_second_plan_has_nothing_to_do(settled: Settled) -> None:
    assert settled.second_plan.code == 0, settled.second_plan.said


def test_a_second_apply_writes_nothing(settled: Settled) -> None:
    assert settled.second_apply.code == 0
    assert {request.method for request in settled.sent_by_second_apply} == {"GET"}


def test_an_edited_prompt_is_one_patch_of_just_the_prompt_and_one_deploy(
    applied: Project, platform: SecondPlatform
) -> None:
    before = next(iter(platform.agents.values()))["updated_at"]
    applied.write("manifests/prompts/front-desk.md", "You answer the telephone, and you are brief.\n")
    assert applied.run("plan", "--format", "json").actions == {"Agent/front-desk": ["update"]}
    assert applied.run("apply", "--yes").code == 0
    patch, deploy = platform.writes
    (id_,) = platform.agents
    assert (patch.method, patch.path) == ("PATCH", f"/v1/agents/{id_}")
    assert sorted(patch.body) == ["if_updated_at", "prompt"]
    assert patch.body["if_updated_at"] == before
    assert (deploy.method, deploy.path) == ("POST", f"/v1/agents/{id_}/deploy")
    assert platform.agents[id_]["prompt"] == "You answer the telephone, and you are brief."
    assert platform.agents[id_]["has_draft"] is False
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_white_space_that_the_vendor_keeps_is_no_difference_either(project: Project, platform: SecondPlatform) -> None:
    platform.trims = False
    project.four_kinds(at=ahead(hours=1))
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_four_applies_at_once_create_one_agent(project: Project, platform: SecondPlatform) -> None:
    project.four_kinds(at=ahead(hours=1))
    ran = ended(*[project.start("apply", "--yes") for _ in range(4)])
    assert [each.code for each in ran] == [0] * 4, [each.said for each in ran]
    assert len(platform.agents) == 1
    assert sum(request.path.endswith("/verify-voip") for request in platform.writes) == 1


def test_what_is_not_declared_survives(applied: Project, platform: SecondPlatform) -> None:
    (id_,) = platform.agents
    platform.in_dashboard(id_, voicemail_message="Please call back.", max_call_duration_seconds=90)
    platform.numbers[1]["webhook_url"] = "https://hooks.example/x"
    assert applied.run("plan", "--detailed-exitcode").code == 0
    applied.write("manifests/prompts/front-desk.md", "Answer.\n")
    assert applied.run("apply", "--yes").code == 0
    assert platform.agents[id_]["voicemail_message"] == "Please call back."
    assert platform.agents[id_]["max_call_duration_seconds"] == 90
    assert platform.numbers[1]["webhook_url"] == "https://hooks.example/x"
