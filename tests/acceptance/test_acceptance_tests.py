"""`reconciler test` against the second platform: each end that a batch can have, and none is paid for twice."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest
from waiting import PATIENCE, until

from acceptance.platform import Fault, SecondPlatform
from acceptance.projects import killed_at

if TYPE_CHECKING:
    from acceptance.projects import Project, Ran

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {{name: {name}}}
spec: {{name: {name}, prompt: {prompt}, voice: olivia}}
"""
SCENARIO = """\
---
apiVersion: reconciler/v1
kind: TestScenario
metadata: {{name: {name}}}
spec: {{agent: front-desk, title: {title}, scenario_prompt: You call.}}
"""
REPLAY = ("test", "--yes", "--format", "json")


def declare(project: Project, *titles: str, prompt: str = "You answer the telephone.") -> None:
    scenarios = [SCENARIO.format(name=title.lower(), title=title) for title in titles]
    project.write("manifests/all.yaml", AGENT.format(name="front-desk", prompt=prompt) + "".join(scenarios))


def applied(project: Project, *titles: str, prompt: str = "You answer the telephone.") -> None:
    declare(project, *titles, prompt=prompt)
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said


def agent_of(ran: Ran) -> dict[str, Any]:
    (found,) = ran.json["agents"]
    return dict(found)


def execute(platform: SecondPlatform) -> str:
    (agent_id,) = platform.agents
    return f"/v1/agents/{agent_id}/test-runs/execute"


def lose(platform: SecondPlatform, *, acts: bool, how: str = "cut") -> None:
    platform.faults.append(Fault("POST", execute(platform), how=how, acts=acts, status=502))


@pytest.fixture(autouse=True)
def _soon_over(platform: SecondPlatform) -> None:
    platform.tests.reads = 1


@pytest.mark.parametrize(
    ("outcome", "code", "verdict"),
    [("pass", 0, "passed"), ("fail", 6, "failed"), ("breaks", 6, "error"), ("splendid", 6, "unknown")],
)
def test_a_batch_ends_as_it_was_graded(
    project: Project, platform: SecondPlatform, outcome: str, code: int, verdict: str
) -> None:
    platform.tests.outcomes["Cancels"] = outcome
    applied(project, "Books", "Cancels")
    ran = project.run(*REPLAY)
    assert (ran.code, agent_of(ran)["verdict"]) == (code, verdict), ran.said
    found = {it["name"]: it["verdict"] for it in agent_of(ran)["scenarios"]}
    assert found == {"books": "passed", "cancels": verdict}
    assert platform.tests.paid == 1


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"status": "finalized"}, 6),
        ({"pass_count": 0}, 6),
        ({"agent_prompt_hash": "0" * 64}, 6),
        ({"error_message": "The account has no line left."}, 6),
        ({"error_message": "The line was cut.", "completed": 0, "pass_count": 0}, 4),
        ({"status": "cancelled", "completed": 0, "pass_count": 0, "completed_at": None}, 4),
        ({"runs": []}, 0),
    ],
)
def test_only_counts_that_add_up_are_green(
    project: Project, platform: SecondPlatform, told: dict[str, Any], code: int
) -> None:
    applied(project, "Books")
    platform.tests.told = told
    ran = project.run(*REPLAY)
    assert ran.code == code, ran.said


def test_what_the_platform_says_of_a_failure_is_shown_whatever_its_keys_are(
    project: Project, platform: SecondPlatform
) -> None:
    platform.tests.outcomes |= {"Books": "fail", "Cancels": "breaks"}
    applied(project, "Books", "Cancels")
    ran = project.run("test", "--yes", "--format", "junit")
    assert ran.code == 6
    cases = {case.get("name"): [(it.tag, it.text) for it in case] for case in ET.fromstring(ran.out).iter("testcase")}  # noqa: S314 - our own output
    assert cases == {
        "books": [("failure", "judge A fail, I say.; call 5001")],
        "cancels": [("error", "reason The line was cut.")],
    }


def test_what_never_ends_is_left_running_and_taken_up_and_not_paid_for_again(
    project: Project, platform: SecondPlatform
) -> None:
    platform.tests.outcomes["Books"] = "never"
    applied(project, "Books")
    first = project.run(*REPLAY, "--wait", "1s")
    assert (first.code, agent_of(first)["verdict"]) == (4, "running")
    assert "test --resume" in first.words
    again = project.run(*REPLAY, "--wait", "1s")
    assert (again.code, agent_of(again)["resumed"]) == (4, True)
    platform.tests.outcomes.clear()
    ended = project.run("test", "--resume", "--format", "json")
    assert (ended.code, agent_of(ended)["verdict"]) == (0, "passed")
    assert platform.tests.paid == 1


@pytest.mark.parametrize("how", ["cut", "answer"])
def test_a_lost_answer_is_found_in_the_list(project: Project, platform: SecondPlatform, how: str) -> None:
    applied(project, "Books")
    lose(platform, acts=True, how=how)
    ran = project.run(*REPLAY)
    assert (ran.code, platform.tests.paid) == (0, 1), ran.said


def test_a_batch_that_is_listed_late_is_found_by_looking_again(project: Project, platform: SecondPlatform) -> None:
    applied(project, "Books")
    lose(platform, acts=True)
    platform.tests.late = 3
    ran = project.run(*REPLAY)
    assert (ran.code, platform.tests.paid) == (0, 1), ran.said


def test_what_no_list_shows_is_unknown_until_a_person_says_that_it_is_to_be_begun_again(
    project: Project, platform: SecondPlatform
) -> None:
    applied(project, "Books")
    lose(platform, acts=True)
    platform.tests.late = 1_000
    first = project.run(*REPLAY)
    assert (first.code, agent_of(first)["verdict"]) == (4, "unknown")
    assert "test --again Agent/front-desk" in first.words
    second = project.run(*REPLAY)
    assert (second.code, agent_of(second)["verdict"], platform.tests.paid) == (4, "unknown", 1)
    platform.tests.late = 0
    found = project.run(*REPLAY)
    assert (found.code, platform.tests.paid) == (0, 1), found.said


def test_what_is_begun_again_on_purpose_is_paid_for_again(project: Project, platform: SecondPlatform) -> None:
    applied(project, "Books")
    lose(platform, acts=False)
    assert project.run(*REPLAY).code == 4
    ran = project.run(*REPLAY, "--again", "Agent/front-desk")
    assert (ran.code, platform.tests.paid) == (0, 1), ran.said


def test_a_prompt_that_was_changed_since_apply_is_not_tested(project: Project, platform: SecondPlatform) -> None:
    applied(project, "Books")
    (agent_id,) = platform.agents
    platform.in_dashboard(agent_id, prompt="Somebody else's words.")
    ran = project.run(*REPLAY)
    assert (ran.code, platform.tests.paid) == (3, 0)
    assert "prompt" in ran.words


def left_running(project: Project, platform: SecondPlatform) -> None:
    platform.tests.outcomes["Books"] = "never"
    applied(project, "Books")
    assert project.run(*REPLAY, "--wait", "1s").code == 4


def test_a_batch_of_an_older_prompt_that_is_still_running_is_no_verdict(
    project: Project, platform: SecondPlatform
) -> None:
    left_running(project, platform)
    applied(project, "Books", prompt="You answer at once.")
    platform.tests.end_at_the_next_look_but(1)
    ran = project.run(*REPLAY)
    assert (ran.code, agent_of(ran)["verdict"], platform.tests.paid) == (6, "other_revision", 1), ran.said


def test_a_batch_of_an_older_prompt_that_has_ended_makes_room_for_one_of_the_new(
    project: Project, platform: SecondPlatform
) -> None:
    left_running(project, platform)
    applied(project, "Books", prompt="You answer at once.")
    platform.tests.end_at_the_next_look_but(0)
    ran = project.run(*REPLAY)
    assert (ran.code, agent_of(ran)["resumed"], platform.tests.paid) == (0, False, 2), ran.said


def test_a_batch_that_is_taken_up_says_nothing_of_an_agent_that_was_changed_since(
    project: Project, platform: SecondPlatform
) -> None:
    left_running(project, platform)
    (agent_id,) = platform.agents
    platform.in_dashboard(agent_id, voicemail_message="Call again.")
    platform.tests.end_at_the_next_look_but(0)
    ran = project.run(*REPLAY)
    assert (ran.code, agent_of(ran)["verdict"], platform.tests.paid) == (6, "other_revision", 1), ran.said
    assert "the agent was changed at" in ran.words


def test_a_scenario_that_a_resumed_batch_did_not_try_is_not_green(project: Project, platform: SecondPlatform) -> None:
    platform.tests.outcomes["Books"] = "never"
    applied(project, "Books")
    assert project.run(*REPLAY, "--wait", "1s").code == 4
    applied(project, "Books", "Cancels")
    platform.tests.outcomes.clear()
    ran = project.run(*REPLAY)
    assert (ran.code, agent_of(ran)["verdict"], platform.tests.paid) == (4, "not_tried", 1), ran.said
    assert {it["name"]: it["verdict"] for it in agent_of(ran)["scenarios"]} == {
        "books": "passed",
        "cancels": "not_tried",
    }
    assert project.run(*REPLAY).code == 0


def test_agents_without_scenarios_are_no_success(project: Project, platform: SecondPlatform) -> None:
    applied(project)
    ran = project.run(*REPLAY)
    assert (ran.code, platform.tests.paid) == (1, 0)
    assert "reconciler test generate Agent/NAME" in ran.words


def test_a_budget_of_zero_is_refused_before_anything_is_paid(project: Project, platform: SecondPlatform) -> None:
    applied(project, "Books")
    platform.tests.budget = 0
    platform.forget_requests()
    ran = project.run(*REPLAY)
    assert (ran.code, platform.writes) == (3, [])


def test_no_money_is_a_refusal_also_where_only_the_begin_tells_of_it(
    project: Project, platform: SecondPlatform
) -> None:
    applied(project, "Books")
    platform.faults.append(Fault("POST", execute(platform), status=402, body={"detail": "Your balance is $0.00."}))
    ran = project.run(*REPLAY)
    assert (ran.code, platform.tests.paid) == (3, 0)
    assert "balance is $0.00" in ran.words


def test_the_estimate_is_what_the_platform_estimated_the_last_time(project: Project, platform: SecondPlatform) -> None:
    applied(project, "Books", "Cancels")
    first = project.run(*REPLAY)
    assert "$0.24 (estimated at 3 minutes a test" in first.words
    assert "$0.14 (as the platform estimated the last batch)" in project.run(*REPLAY).words
    assert project.run(*REPLAY, "--max-cost-cents", "13").code == 3
    assert platform.tests.paid == 2


def test_a_poll_that_fails_is_no_end(project: Project, platform: SecondPlatform) -> None:
    platform.tests.outcomes["Books"] = "never"
    applied(project, "Books")
    assert project.run(*REPLAY, "--wait", "1s").code == 4
    (batch_id,) = platform.tests.batches
    (agent_id,) = platform.agents
    path = f"/v1/agents/{agent_id}/test-runs/{batch_id}"
    platform.faults.append(Fault("GET", path, status=500, times=1_000, body={"detail": "No."}))
    ran = project.run(*REPLAY, "--wait", "1s")
    assert (ran.code, agent_of(ran)["verdict"], platform.tests.paid) == (4, "unknown", 1), ran.said
    platform.faults.clear()
    platform.tests.outcomes.clear()
    assert project.run("test", "--resume").code == 0


def test_an_interrupted_run_keeps_its_batch_and_goes_on_with_it(project: Project, platform: SecondPlatform) -> None:
    platform.tests.outcomes["Books"] = "never"
    applied(project, "Books")
    running = project.start(*REPLAY)
    until(lambda: platform.tests.paid, "a batch that is paid")
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, err
    assert json.loads(out)["agents"][0]["batch_id"] in platform.tests.batches
    platform.tests.outcomes.clear()
    assert project.run("test", "--resume").code == 0
    assert platform.tests.paid == 1


@pytest.mark.parametrize("after", [False, True], ids=["before it acts", "after it acted"])
def test_a_run_that_is_killed_in_its_begin_is_finished_by_the_next_and_paid_once(
    project: Project, platform: SecondPlatform, *, after: bool
) -> None:
    applied(project, "Books")
    lose(platform, acts=after, how="hang")
    running = project.start(*REPLAY)
    killed_at(platform, running, "POST", execute(platform))
    ran = project.run(*REPLAY)
    assert (ran.code, platform.tests.paid) == (0, 1), ran.said


def test_two_runs_at_once_share_one_batch(project: Project, platform: SecondPlatform) -> None:
    platform.tests.reads = 3
    applied(project, "Books")
    runs = [project.start(*REPLAY) for _ in range(2)]
    for run in runs:
        out, err = run.communicate(timeout=PATIENCE)
        assert run.returncode == 0, out + err
    assert platform.tests.paid == 1
