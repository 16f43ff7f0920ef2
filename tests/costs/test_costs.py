"""Counts do not jitter: what a run asks, writes and parses is the same on every machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from acceptance.projects import ahead, call

if TYPE_CHECKING:
    from costs.conftest import Till

MANY = 40
LOOK = {"GET /v1/whoami": 1, "GET /v1/agents": 1, "GET /v1/voices": 1, "GET /v1/voices/policy": 1}
STEPS = (("PATCH", ""), ("GET", "/validation-status"), ("POST", "/deploy"), ("GET", ""))  # the second is the gate's


def agents(count: int, *, edited: int = 0) -> str:
    """As many agents, the first of them with other words."""
    return "---\n".join(
        f"""\
apiVersion: reconciler/v1
kind: Agent
metadata: {{name: agent-{index}}}
spec: {{name: Agent {index}, voice: olivia, prompt: "You are {"new" if index < edited else "old"} number {index}."}}
"""
        for index in range(count)
    )


def calls(count: int, *, at: str) -> str:
    return "---\n".join(call(f"call-{index}", at=at, to=f"+14155550{100 + index}") for index in range(count))


def test_a_plan_asks_for_one_list_per_kind_and_reads_each_file_once(till: Till) -> None:
    till.write("manifests/some.yaml", agents(MANY))
    till.write("manifests/other.yaml", agents(1).replace("gent-0", "gent-x").replace("Agent 0", "Agent x"))
    costs = till.run("plan")
    assert costs.requests == LOOK
    assert costs.parsed == {"manifests/some.yaml": 1, "manifests/other.yaml": 1, "reconciler.yaml": 1}
    assert costs.commits == 0


def test_creating_many_is_one_post_each_and_one_list_to_read_them_back(till: Till) -> None:
    till.write("manifests/agents.yaml", agents(MANY))
    costs = till.run("apply", "--yes")
    assert costs.requests == LOOK | {"GET /v1/agents": 2, "POST /v1/agents": MANY}
    assert costs.parsed == {"manifests/agents.yaml": 1, "reconciler.yaml": 1}


def test_every_create_is_written_before_and_after_and_what_was_about_to_be_done_in_one_commit(till: Till) -> None:
    till.write("manifests/agents.yaml", agents(MANY))
    costs = till.run("apply", "--yes", "--parallelism", "1")
    assert len(costs.written_below("binding/")) == 2 * MANY
    assert costs.commits <= MANY + 10


def test_a_second_apply_writes_to_nobody_and_stores_nothing_but_its_lease(till: Till) -> None:
    till.write("manifests/agents.yaml", agents(MANY))
    till.run("apply", "--yes")
    costs = till.run("apply", "--yes")
    assert costs.requests == LOOK
    assert {key.split("/")[1] for key in costs.written} == {"lease"}
    assert len(costs.written) <= 2


def test_an_edit_is_one_patch_one_deploy_and_one_look(till: Till) -> None:
    till.write("manifests/agents.yaml", agents(MANY))
    till.run("apply", "--yes")
    till.write("manifests/agents.yaml", agents(MANY, edited=3))
    costs = till.run("apply", "--yes")
    edited = [id_ for id_, agent in till.platform.agents.items() if "new" in agent["prompt"]]
    each = [f"{method} /v1/agents/{id_}{tail}" for id_ in edited for method, tail in STEPS]
    assert len(edited) == 3
    assert costs.requests == LOOK | dict.fromkeys(each, 1)


def test_a_dispatch_with_nothing_due_asks_who_it_is_and_reads_no_manifest(till: Till) -> None:
    till.write("manifests/calls.yaml", calls(MANY, at=ahead(hours=5)))
    till.run("apply", "--yes")
    costs = till.run("dispatch")
    assert costs.requests == {"GET /v1/whoami": 1}
    assert set(costs.parsed) == {"reconciler.yaml"}
    assert costs.commits == 0


def test_every_call_that_is_due_is_claimed_once_sent_once_and_recorded_once(till: Till) -> None:
    till.write("manifests/calls.yaml", calls(MANY, at=ahead(seconds=-1)))
    till.run("apply", "--yes")
    costs = till.run("dispatch")
    assert costs.requests["POST /v1/call"] == MANY
    assert len(till.platform.dialled) == MANY
    attempts = costs.written_below("call/")
    assert len(attempts) == 2 * MANY
    assert all(attempts.count(key) == 2 for key in attempts)
    assert costs.requests["GET /v1/phone-numbers"] == 1
    assert set(costs.parsed.values()) == {1}
