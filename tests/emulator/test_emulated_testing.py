"""Tests and validation where they are refused, never end, or judge something else."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.emulator import Fault

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator import Platform

GO = {"channel": "web", "consent_to_charge": True}


def write(http: httpx.Client, agent: int, *titles: str) -> list[int]:
    path = f"/v1/agents/{agent}/test-scenarios"
    return [http.post(path, json={"title": title, "scenario_prompt": "Call."}).json()["id"] for title in titles]


def execute(http: httpx.Client, agent: int, **changes: Any) -> httpx.Response:
    return http.post(f"/v1/agents/{agent}/test-runs/execute", json={**GO, **changes})


def batch(http: httpx.Client, agent: int, key: int) -> dict[str, Any]:
    return dict(http.get(f"/v1/agents/{agent}/test-runs/{key}").json())


def example(platform: Platform, agent: int, *labels: str) -> None:
    platform.change(validation_examples=[{"agent_id": agent, "status": "active", "labels": list(labels)}])


def validate(http: httpx.Client, platform: Platform, agent: int) -> dict[str, Any]:
    key = http.post(f"/v1/agents/{agent}/validation-runs", json={"config_source": "draft"}).json()["id"]
    platform.advance(10)
    return dict(http.get(f"/v1/validation-runs/{key}").json())


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"consent_to_charge": False}, "consent_to_charge"),
        ({"channel": "pigeon"}, "channel"),
        ({"channel": "telephony"}, "phone_number_id"),
        ({"scenario_ids": [1]}, "scenario_ids"),
        ({"scenario_ids": []}, "scenario_ids"),
    ],
)
def test_a_batch_that_cannot_be_run_is_a_400_and_costs_nothing(
    http: httpx.Client, platform: Platform, agent: int, changes: dict[str, Any], field: str
) -> None:
    write(http, agent, "Books")
    refused = execute(http, agent, **changes)
    assert (refused.status_code, list(refused.json())) == (400, [field])
    assert platform.state()["test_call_budget_remaining_cents"] == 1000
    assert platform.objects("test_batches") == []


def test_an_agent_without_scenarios_has_nothing_to_run(http: httpx.Client, agent: int) -> None:
    assert execute(http, agent).json() == {"scenario_ids": ["This agent has no test scenarios."]}


def test_a_batch_beyond_the_budget_is_a_402(http: httpx.Client, platform: Platform, agent: int) -> None:
    write(http, agent, "Books", "Cancels")
    platform.change(test_call_budget_remaining_cents=7)
    refused = execute(http, agent)
    assert (refused.status_code, refused.json()["code"]) == (402, "test_call_budget_exceeded")
    platform.change(test_call_budget_remaining_cents=8)
    assert execute(http, agent).json()["estimated_cost_cents"] == 8


def test_a_batch_that_hangs_never_ends_while_the_rest_of_it_does(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    write(http, agent, "Books", "This hangs")
    key = execute(http, agent).json()["id"]
    platform.advance(10_000)
    found = batch(http, agent, key)
    assert (found["status"], found["completed"], found["pass_count"]) == ("in_progress", 1, 1)
    assert found["completed_at"] is None


def test_a_batch_names_the_prompt_that_was_deployed_when_it_began(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    write(http, agent, "Books")
    http.patch(f"/v1/agents/{agent}", json={"prompt": "Not deployed."})
    key = execute(http, agent).json()["id"]
    http.post(f"/v1/agents/{agent}/deploy")
    expected = hashlib.sha256(b"Greet {{patient}}.").hexdigest()
    assert batch(http, agent, key)["agent_prompt_hash"] == expected


def test_a_matrix_multiplies_the_runs_and_the_cost(http: httpx.Client, agent: int) -> None:
    write(http, agent, "Books", "Cancels")
    matrix = {"audio_conditions": [{"noise_asset": "cafe"}, {"noise_asset": "car"}], "speech_style": [{"pace": "fast"}]}
    made = execute(http, agent, matrix=matrix).json()
    assert (made["total"], made["estimated_cost_cents"]) == (4, 16)


def test_a_lost_answer_leaves_a_batch_that_was_paid_for(http: httpx.Client, platform: Platform, agent: int) -> None:
    write(http, agent, "Books")
    platform.inject(Fault(method="POST", path="*/execute", status=502, took_effect=True))
    assert execute(http, agent).status_code == 502
    assert len(http.get(f"/v1/agents/{agent}/test-runs").json()) == 1
    assert platform.state()["test_call_budget_remaining_cents"] == 996


def test_verdicts_reach_the_scenarios_and_the_suite(http: httpx.Client, platform: Platform, agent: int) -> None:
    good, bad = write(http, agent, "Books", "This fails")
    suite = http.post("/v1/suites", json={"name": "S", "agent_id": agent, "scenario_ids": [good]}).json()
    execute(http, agent)
    platform.advance(10)
    listed = http.get(f"/v1/agents/{agent}/test-scenarios").json()
    assert {each["id"]: each["latest_verdict"] for each in listed} == {good: "pass", bad: "fail"}
    assert http.get(f"/v1/suites/{suite['id']}").json()["last_green_at"]
    http.delete(f"/v1/agents/{agent}/test-scenarios/{good}")
    assert http.get(f"/v1/suites/{suite['id']}").json()["scenario_ids"] == []


def test_a_part_of_a_condition_is_filled_up_by_the_server(http: httpx.Client, agent: int) -> None:
    path = f"/v1/agents/{agent}/test-scenarios"
    body = {"title": "A", "scenario_prompt": "B", "speech_style": {"pace": "fast"}}
    made = http.post(path, json=body).json()
    assert made["speech_style"] == {"accent": "default", "disfluencies": "none", "pace": "fast"}
    again = http.patch(f"{path}/{made['id']}", json={"speech_style": {"accent": "en-GB"}}).json()
    assert again["speech_style"] == {"accent": "en-GB", "disfluencies": "none", "pace": "natural"}


def test_a_generated_scenario_is_stale_once_the_prompt_changed(http: httpx.Client, agent: int) -> None:
    path = f"/v1/agents/{agent}/test-scenarios"
    http.post(f"{path}/generate", json={"count": 1})
    http.patch(f"/v1/agents/{agent}", json={"prompt": "New."})
    http.post(f"/v1/agents/{agent}/deploy")
    assert [each["is_stale"] for each in http.get(path).json()] == [True]
    assert len(http.post(f"{path}/refresh", json={"only_stale": True}).json()["scenarios"]) == 1
    assert [each["is_stale"] for each in http.get(path).json()] == [False]


def test_a_suite_takes_no_scenario_of_another_agent(http: httpx.Client, agent: int) -> None:
    other = http.post("/v1/agents", json={"name": "B", "prompt": "C", "voice": "maya"}).json()["id"]
    (key,) = write(http, other, "Books")
    refused = http.post("/v1/suites", json={"name": "S", "agent_id": agent, "scenario_ids": [key]})
    assert (refused.status_code, list(refused.json())) == (400, ["scenario_ids"])


@pytest.mark.parametrize(
    ("labels", "status", "counts"),
    [
        ([()], "completed", (1, 0, 0, 0)),
        ([("fails",), ()], "completed", (1, 1, 0, 0)),
        ([("warns",), ("skips",)], "completed", (0, 0, 1, 1)),
        ([("breaks",), ()], "failed", (0, 0, 0, 0)),
        ([("hangs",)], "running", (0, 0, 0, 0)),
    ],
)
def test_labels_decide_a_validation(
    http: httpx.Client,
    platform: Platform,
    agent: int,
    labels: list[tuple[str, ...]],
    status: str,
    counts: tuple[int, ...],
) -> None:
    for each in labels:
        example(platform, agent, *each)
    run = validate(http, platform, agent)
    assert run["status"] == status
    assert tuple(run[f"{word}_count"] for word in ("pass", "fail", "warn", "skipped")) == counts
    assert bool(run["error_message"]) is (status == "failed")


def test_a_validation_is_of_the_draft_as_it_was(http: httpx.Client, platform: Platform, agent: int) -> None:
    status = f"/v1/agents/{agent}/validation-status"
    assert http.post(f"/v1/agents/{agent}/validation-runs").status_code == 400
    example(platform, agent)
    assert http.get(status).json() == {
        "active_example_count": 1,
        "latest_run": None,
        "latest_run_matches_draft": False,
    }
    http.patch(f"/v1/agents/{agent}", json={"prompt": "Draft."})
    validate(http, platform, agent)
    assert http.get(status).json()["latest_run_matches_draft"] is True
    http.post(f"/v1/agents/{agent}/deploy")
    assert http.get(status).json()["latest_run_matches_draft"] is True
    http.patch(f"/v1/agents/{agent}", json={"prompt": "Another."})
    assert http.get(status).json()["latest_run_matches_draft"] is False


def test_what_fails_again_is_no_regression(http: httpx.Client, platform: Platform, agent: int) -> None:
    example(platform, agent, "fails")
    assert [len(validate(http, platform, agent)["regressions"]) for _ in range(2)] == [1, 0]
