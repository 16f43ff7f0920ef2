"""Judge that apply does what was approved, and nothing leaks (promises P5, P8, P10)."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from acceptance.platform import KEY, Fault, SecondPlatform
from acceptance.projects import AGENT, CALLEE, CALLEE_DIGITS, Project, Ran, ahead, call

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def planned(project: Project, platform: SecondPlatform) -> Project:
    """A project with an agent to correct and a number to route, whose plan was saved."""
    platform.new_agent(name="Front desk", prompt="Old words.", voice="olivia")
    project.four_kinds(at=ahead(hours=1))
    assert project.run("plan", "--out", "plan.json").code == 0
    platform.forget_requests()
    return project


def test_an_unchanged_plan_is_done(planned: Project, platform: SecondPlatform) -> None:
    ran = planned.run("apply", "--plan", "plan.json")
    assert ran.code == 0, ran.said
    assert len(platform.agents) == 1
    assert planned.run("plan", "--detailed-exitcode").code == 0


def _agent_edited(planned: Project, platform: SecondPlatform) -> None:
    platform.in_dashboard(next(iter(platform.agents)), voicemail_message="Edited.")


def _number_routed(planned: Project, platform: SecondPlatform) -> None:
    platform.numbers[1]["label"] = "Edited"


def _number_proven_meanwhile(planned: Project, platform: SecondPlatform) -> None:
    platform.billing["auto_reload_amount_cents"] = 1


def _manifest_edited(planned: Project, platform: SecondPlatform) -> None:
    planned.write("manifests/prompts/front-desk.md", "Sneaked in after the approval.\n")


def _manifest_added(planned: Project, platform: SecondPlatform) -> None:
    planned.write("manifests/more.yaml", AGENT.replace("front-desk", "more", 1).replace("Front desk", "More"))


def _callee_swapped(planned: Project, platform: SecondPlatform) -> None:
    text = (planned.root / "manifests/call.yaml").read_text(encoding="utf-8")
    planned.write("manifests/call.yaml", text.replace(CALLEE, "+14155550123"))


@pytest.mark.parametrize(
    ("move", "named"),
    [
        (_agent_edited, "Agent/front-desk"),
        (_number_routed, "PhoneNumber/main-line"),
        (_number_proven_meanwhile, "AutoReload/billing"),
        (_manifest_edited, "Agent/front-desk"),
        (_manifest_added, "Agent/more"),
        (_callee_swapped, "ScheduledCall/confirm-jane"),
    ],
)
def test_what_moved_since_the_approval_is_named_and_nothing_is_written(
    planned: Project, platform: SecondPlatform, move: Callable[[Project, SecondPlatform], None], named: str
) -> None:
    move(planned, platform)
    ran = planned.run("apply", "--plan", "plan.json")
    assert ran.code == 3
    assert named in ran.err
    assert platform.writes == []
    assert planned.run("calls", "--format", "json").json["calls"][0]["state"] == "declared"


def test_less_than_was_approved_is_fine(planned: Project, platform: SecondPlatform) -> None:
    assert planned.run("apply", "--yes", "--target", "AutoReload/billing").code == 0
    assert planned.run("apply", "--plan", "plan.json").code == 0


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"format": "reconciler.plan/v9"}', "\x00", "null"])
def test_what_is_no_saved_plan_is_an_input_error(planned: Project, platform: SecondPlatform, content: str) -> None:
    planned.write("plan.json", content)
    assert planned.run("apply", "--plan", "plan.json").code == 1
    assert platform.writes == []


@pytest.mark.parametrize("spoilt", ["changes", "target", "change"])
def test_a_plan_that_was_tampered_with_is_refused(planned: Project, platform: SecondPlatform, spoilt: str) -> None:
    document = json.loads((planned.root / "plan.json").read_text(encoding="utf-8"))
    match spoilt:
        case "changes":
            document["changes"] = None
        case "target":
            document["target"] = []
        case _:
            document["changes"] = ["Agent/front-desk"]
    planned.write("plan.json", json.dumps(document))
    assert planned.run("apply", "--plan", "plan.json").code in (1, 3)
    assert platform.writes == []


def test_the_same_inputs_give_the_same_bytes(planned: Project) -> None:
    first, second = (planned.run("plan", "--format", "json") for _ in range(2))
    assert first.out.replace("\r", "") == second.out.replace("\r", "") or "in " in first.out
    assert first.json["fingerprint"] == second.json["fingerprint"]


def test_apply_asks_nobody_where_nobody_can_answer(planned: Project, platform: SecondPlatform) -> None:
    ran = planned.run("apply")
    assert ran.code == 3
    assert "--yes" in ran.err
    assert platform.writes == []


# Privacy


def _leaks(project: Project, ran: Ran) -> list[str]:
    files = b"".join(path.read_bytes() for path in project.root.glob("*.json"))
    said = ran.said + files.decode("utf-8", "replace")
    return [secret for secret in (CALLEE_DIGITS, CALLEE, "555-0142", "5550142", KEY) if secret in said]


@pytest.mark.parametrize("how", ["text", "json", "markdown"])
def test_neither_the_callee_nor_the_key_leaves(project: Project, platform: SecondPlatform, how: str) -> None:
    project.write("manifests/call.yaml", call(at=ahead(seconds=-2)))
    for command in (
        ("validate",), ("plan", "--full", "--out", "plan.json"), ("apply", "--yes"), ("plan", "--full"),
        ("dispatch", "--dry-run"), ("dispatch",), ("calls",), ("plan",),
    ):  # fmt: skip
        ran = project.run(*command, "--format", how)
        assert _leaks(project, ran) == [], command
    assert len(platform.dialled) == 1
    state = project.state()
    assert CALLEE_DIGITS.encode() not in state
    assert b"5550142" not in state
    assert KEY.encode() not in state
    assert b"Jane" not in state


def test_the_callee_shows_where_it_was_asked_for(project: Project) -> None:
    project.write("manifests/call.yaml", call(at=ahead(hours=1)))
    assert CALLEE in project.run("plan", "--show-numbers").out
    assert CALLEE not in project.run("plan").out


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, {"to_number": [f"{CALLEE} cannot be called."]}),
        (403, {"detail": f"Calls to (415) 555-0142 or {CALLEE_DIGITS} are blocked for {KEY}."}),
        (502, {"detail": f"carrier refused {CALLEE}"}),
        (409, {"detail": f"{CALLEE} is on your do-not-call list", "retryable": False}),
        (201, {"call_id": 7001, "status": "failed", "failure_reason": f"no route to {CALLEE}"}),
    ],
)
def test_the_vendors_words_about_a_callee_are_masked_in_output_and_state(
    project: Project, platform: SecondPlatform, status: int, body: object
) -> None:
    project.write("manifests/call.yaml", call(at=ahead(seconds=-2)))
    assert project.run("apply", "--yes").code == 0
    platform.faults.append(Fault("POST", "/v1/call", status=status, body=body, times=3))
    for command in (("dispatch", "--format", "json"), ("calls",), ("calls", "--format", "json"), ("plan",)):
        assert _leaks(project, project.run(*command)) == [], command
    state = project.state()
    assert b"5550142" not in state
    assert b"555-0142" not in state
    assert KEY.encode() not in state


def test_the_vendors_words_are_masked_where_they_stop_the_run(project: Project, platform: SecondPlatform) -> None:
    project.write("manifests/call.yaml", call(at=ahead(seconds=-2)))
    platform.faults.append(Fault("GET", "/v1/billing", status=403, body={"detail": f"{CALLEE} {KEY}"}, times=9))
    for how in ("text", "json"):
        ran = project.run("plan", "--format", how)
        assert ran.code == 1
        assert _leaks(project, ran) == []


@pytest.mark.parametrize("how", ["text", "json"])
@pytest.mark.parametrize(
    "text",
    [
        call(at="2026-13-45T99:00:00Z"),
        call(at=ahead(hours=1), more="  colour: red\n"),
        call(at=ahead(hours=1)).replace(f'"{CALLEE}"', f'["{CALLEE}"]'),
        call(at=ahead(hours=1)).replace(f'"{CALLEE}"', f"{CALLEE_DIGITS}"),
        call(at=ahead(hours=1)).replace(f'"{CALLEE}"', '"(415) 555-0142"'),
        call(at=ahead(hours=1)).replace(f'"{CALLEE}"', '"+1 415 555-0142 ext 3"'),
        call(at=ahead(hours=1)).replace(f'to_number: "{CALLEE}"', f'{{to_number: "{CALLEE}", colour: red}}'),
        call(at=ahead(hours=1)).replace(f'to_number: "{CALLEE}"', f'to_number: !tag "{CALLEE}"'),
        call(at=ahead(hours=1)).replace(f'to_number: "{CALLEE}"', f'to_number: "{CALLEE}'),
    ],
)
def test_a_complaint_about_a_number_does_not_show_it(project: Project, text: str, how: str) -> None:
    project.write("manifests/call.yaml", text)
    for command in ("validate", "plan"):
        ran = project.run(command, "--format", how)
        assert ran.code == 1
        assert _leaks(project, ran) == [], ran.said
