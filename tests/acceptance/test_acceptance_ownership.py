"""Judge what happens where others touch the account too (promises P3, P7, P11, P12)."""

from __future__ import annotations

import pytest

from acceptance.platform import Fault, SecondPlatform
from acceptance.projects import AGENT, PROJECT, Project, ahead


@pytest.fixture
def desk(project: Project) -> Project:
    """A project with one agent, not applied yet."""
    project.write("manifests/agent.yaml", AGENT)
    project.write("manifests/prompts/front-desk.md", "You answer the telephone.\n")
    return project


@pytest.fixture
def applied(desk: Project, platform: SecondPlatform) -> Project:
    ran = desk.run("apply", "--yes")
    assert ran.code == 0, ran.said
    platform.forget_requests()
    return desk


def test_the_only_agent_of_that_name_is_adopted_and_corrected(desk: Project, platform: SecondPlatform) -> None:
    id_ = platform.new_agent(name="Front desk", prompt="Old words.", voice="olivia")
    planned = desk.run("plan", "--format", "json")
    assert planned.actions == {"Agent/front-desk": ["adopt", "update"]}
    ran = desk.run("apply", "--yes")
    assert ran.code == 0, ran.said
    assert list(platform.agents) == [id_]
    assert platform.agents[id_]["prompt"] == "You answer the telephone."
    assert desk.run("plan", "--detailed-exitcode").code == 0


def test_an_adoption_that_needs_no_change_writes_nothing(desk: Project, platform: SecondPlatform) -> None:
    platform.new_agent(
        name="Front desk", prompt="You answer the telephone.", voice="olivia", outbound_speak_order="agent_first"
    )
    assert desk.run("apply", "--yes").code == 0
    assert platform.writes == []
    assert desk.run("plan", "--detailed-exitcode").code == 0


def test_two_agents_of_one_name_are_refused_with_their_ids(desk: Project, platform: SecondPlatform) -> None:
    ids = [platform.new_agent(name="Front desk", prompt="One of two.", voice="olivia") for _ in range(2)]
    planned, ran = desk.run("plan"), desk.run("apply", "--yes")
    assert (planned.code, ran.code) == (3, 3)
    assert all(str(id_) in planned.out for id_ in ids)
    assert platform.writes == []


def test_the_id_in_the_manifest_settles_which_of_two_is_meant(desk: Project, platform: SecondPlatform) -> None:
    _, second = (platform.new_agent(name="Front desk", prompt="One of two.", voice="olivia") for _ in range(2))
    desk.write("manifests/agent.yaml", AGENT.replace("{name: front-desk}", f"{{name: front-desk, id: {second}}}"))
    assert desk.run("apply", "--yes").code == 0
    assert platform.agents[second]["prompt"] == "You answer the telephone."


def test_somebody_elses_draft_is_neither_deployed_nor_lost(applied: Project, platform: SecondPlatform) -> None:
    (id_,) = platform.agents
    platform.draft_in_dashboard(id_, voicemail_message="A colleague is at work.")
    applied.write("manifests/prompts/front-desk.md", "New words.\n")
    planned, ran = applied.run("plan"), applied.run("apply", "--yes")
    assert (planned.code, ran.code) == (3, 3)
    assert "draft" in planned.out
    assert platform.writes == []
    assert platform.agents[id_]["draft_voicemail_message"] == "A colleague is at work."


def test_a_waiting_draft_is_named_even_where_nothing_changes(applied: Project, platform: SecondPlatform) -> None:
    (id_,) = platform.agents
    platform.draft_in_dashboard(id_, voicemail_message="A colleague is at work.")
    planned = applied.run("plan", "--detailed-exitcode")
    assert planned.code == 0
    assert "draft" in planned.said


def test_a_colleague_who_saves_while_we_apply_wins(applied: Project, platform: SecondPlatform) -> None:
    (id_,) = platform.agents
    applied.write("manifests/prompts/front-desk.md", "New words.\n")
    platform.faults.append(Fault("PATCH", f"/v1/agents/{id_}", status=409, body={"detail": "Updated by another."}))
    ran = applied.run("apply", "--yes")
    assert ran.code == 4
    assert "changed while we were applying" in ran.out
    assert platform.agents[id_]["prompt"] == "You answer the telephone."


def test_a_dashboard_edit_is_named_and_put_back(applied: Project, platform: SecondPlatform) -> None:
    (id_,) = platform.agents
    platform.in_dashboard(id_, prompt="Clicked together.")
    planned = applied.run("plan", "--format", "json")
    (change,) = [change for change in planned.json["changes"] if change["action"] == "update"]
    assert change["reason"] == "drift"
    assert [(field["path"], field["changed_by"]) for field in change["fields"]] == [("prompt", "dashboard")]
    assert applied.run("apply", "--yes").code == 0
    assert platform.agents[id_]["prompt"] == "You answer the telephone."


def test_an_edit_on_both_sides_is_a_conflict_by_name(applied: Project, platform: SecondPlatform) -> None:
    (id_,) = platform.agents
    platform.in_dashboard(id_, prompt="Clicked together.")
    applied.write("manifests/prompts/front-desk.md", "New words.\n")
    (change,) = applied.run("plan", "--format", "json").json["changes"]
    assert (change["reason"], change["fields"][0]["changed_by"]) == ("conflict", "both")


@pytest.mark.parametrize("dangling", [True, False], ids=["the-number-keeps-the-dead-id", "the-number-is-cleared"])
def test_an_agent_deleted_outside_is_made_again_and_its_number_follows(
    desk: Project, platform: SecondPlatform, *, dangling: bool
) -> None:
    desk.four_kinds(at=ahead(hours=1))
    assert desk.run("apply", "--yes").code == 0
    (old,) = platform.agents
    del platform.agents[old]
    if not dangling:
        platform.numbers[1] |= {"inbound_agent_id": None, "outbound_agent_id": None}
    planned = desk.run("plan", "--format", "json")
    assert planned.actions == {"Agent/front-desk": ["create"], "PhoneNumber/main-line": ["update"]}
    assert f"deleted outside (id {old})" in planned.out
    ran = desk.run("apply", "--yes")
    assert ran.code == 0, ran.said
    (new,) = platform.agents
    assert platform.numbers[1]["inbound_agent_id"] == new
    assert desk.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("echoes", [False, True], ids=["and-the-answer-shows-it", "and-the-answer-hides-it"])
def test_a_field_that_the_server_drops_on_create_fails_with_its_line(
    desk: Project, platform: SecondPlatform, *, echoes: bool
) -> None:
    platform.dropped, platform.echoes_what_it_drops = {"outbound_speak_order"}, echoes
    ran = desk.run("apply", "--yes")
    assert ran.code == 4
    assert "outbound_speak_order" in ran.out
    assert "manifests/agent.yaml:8" in ran.out


def test_a_field_that_the_server_drops_on_update_fails_with_its_line(
    applied: Project, platform: SecondPlatform
) -> None:
    applied.write("manifests/agent.yaml", AGENT + "  voicemail_action: hangup\n")
    platform.dropped = {"voicemail_action"}
    ran = applied.run("apply", "--yes")
    assert ran.code == 4
    assert "voicemail_action" in ran.out
    assert "manifests/agent.yaml:9" in ran.out


def test_a_routing_field_that_the_server_drops_fails_too(desk: Project, platform: SecondPlatform) -> None:
    desk.four_kinds(at=ahead(hours=1))
    platform.dropped = {"label"}
    ran = desk.run("apply", "--yes")
    assert ran.code == 4
    assert "`label`" in ran.out


def test_an_answer_lost_after_the_create_makes_no_second_agent(desk: Project, platform: SecondPlatform) -> None:
    platform.faults.append(Fault("POST", "/v1/agents", how="cut", acts=True))
    ran = desk.run("apply", "--yes")
    assert ran.code == 0, ran.said
    assert len(platform.agents) == 1
    assert desk.run("plan", "--detailed-exitcode").code == 0


def test_a_create_that_was_lost_before_it_arrived_comes_about_in_the_next_run(
    desk: Project, platform: SecondPlatform
) -> None:
    platform.faults.append(Fault("POST", "/v1/agents", how="cut"))
    first = desk.run("apply", "--yes")
    assert first.code == 4
    assert "unknown" in first.out
    assert desk.run("apply", "--yes").code == 0
    assert len(platform.agents) == 1


@pytest.mark.parametrize("verb", ["", "/deploy"], ids=["patch", "deploy"])
@pytest.mark.parametrize("acts", [True, False], ids=["that-happened", "that-did-not"])
def test_a_lost_answer_to_an_update_converges(
    applied: Project, platform: SecondPlatform, verb: str, *, acts: bool
) -> None:
    (id_,) = platform.agents
    method = "POST" if verb else "PATCH"
    platform.faults.append(Fault(method, f"/v1/agents/{id_}{verb}", how="cut", acts=acts))
    applied.write("manifests/prompts/front-desk.md", "New words.\n")
    first = applied.run("apply", "--yes")
    assert first.code == (0 if acts else 4), first.said
    second = applied.run("apply", "--yes")
    assert second.code == 0, second.said
    assert platform.agents[id_]["prompt"] == "New words."
    assert platform.agents[id_]["has_draft"] is False
    assert applied.run("plan", "--detailed-exitcode").code == 0


def test_one_refused_draft_leaves_every_caller_on_the_old_release(applied: Project, platform: SecondPlatform) -> None:
    more = AGENT.replace("front-desk", "night-desk", 1).replace("Front desk", "Night desk")
    applied.write("manifests/night.yaml", more)
    assert applied.run("apply", "--yes").code == 0
    first, second = platform.agents
    platform.faults.append(Fault("PATCH", f"/v1/agents/{second}", status=400, body={"prompt": ["Too rude."]}))
    applied.write("manifests/prompts/front-desk.md", "New words.\n")
    ran = applied.run("apply", "--yes")
    assert ran.code == 4
    assert "Too rude." in ran.words
    assert {agent["prompt"] for agent in platform.agents.values()} == {"You answer the telephone."}
    assert not any(agent["has_draft"] for agent in platform.agents.values())
    assert applied.run("apply", "--yes").code == 0
    assert platform.agents[first]["prompt"] == "New words."


def test_a_pinned_project_refuses_another_organisation(applied: Project, platform: SecondPlatform) -> None:
    platform.organization = {"id": 43, "name": "Somebody else"}
    for command in (["plan"], ["apply", "--yes"], ["dispatch"], ["calls"]):
        ran = applied.run(*command)
        assert ran.code == 3, command
        assert "43" in ran.err
        assert "42" in ran.err
    assert platform.writes == []


def test_a_proof_that_failed_is_not_billed_again_until_a_person_asks(desk: Project, platform: SecondPlatform) -> None:
    desk.four_kinds(at=ahead(hours=1))
    platform.carrier = "failed"
    assert desk.run("apply", "--yes").code == 4
    planned, again = desk.run("plan"), desk.run("apply", "--yes")
    assert "--verify-again PhoneNumber/second-line" in planned.words
    assert sum(request.path.endswith("/verify-voip") for request in platform.writes) == 1, again.said
    platform.carrier = "verified"
    assert desk.run("apply", "--yes", "--verify-again", "PhoneNumber/second-line").code == 0
    assert platform.numbers[2]["voip_verification_status"] == "verified"


def test_a_new_account_mixes_with_no_old_state(applied: Project, platform: SecondPlatform) -> None:
    platform.organization = {"id": 99, "name": "Elsewhere"}
    platform.agents.clear()
    applied.write("reconciler.yaml", PROJECT.replace("organization: 42\n", ""))
    planned = applied.run("plan", "--format", "json")
    (change,) = planned.json["changes"]
    assert (change["action"], change["reason"]) == ("create", "missing")
