"""A plan of a whole account asks for one list per kind, and one per parent where the platform has no other."""

from __future__ import annotations

import json
from collections import Counter
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from unittest import mock

import pytest
from laws.project import Folder, project

from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Iterator

    import httpx

BASES = 5
LISTS = {
    "/v1/whoami": 1,
    "/v1/voices": 1,
    "/v1/voices/policy": 1,
    "/v1/agents": 1,
    "/v1/integrations": 1,
    "/v1/knowledge-bases": 1,
    "/v1/knowledge/documents": 1,
    "/v1/reusable-instructions": 1,
}


def account(*, agents: int, integrations: int, documents: int, scenarios: int) -> str:
    """An account in which everything hangs together."""
    made = [("ReusableInstruction", "manners", {"content": "Be polite."})]
    made += [("KnowledgeBase", f"base-{index}", {}) for index in range(BASES)]
    made += [("Integration", f"tool-{index}", _tool(index)) for index in range(integrations)]
    made += [("KnowledgeDocument", f"text-{index}", _text(index)) for index in range(documents)]
    made += [("Agent", f"agent-{index}", _agent(index, integrations)) for index in range(agents)]
    made += [("TestScenario", f"case-{index}", _case(index, agents)) for index in range(scenarios)]
    heads = {"apiVersion": "reconciler/v1"}
    return "---\n".join(
        json.dumps({**heads, "kind": kind, "metadata": {"name": name}, "spec": spec}) + "\n"
        for kind, name, spec in made
    )  # fmt: skip - JSON is YAML


def _tool(index: int) -> dict[str, Any]:
    function = {"type": "function", "function": {"name": f"tool_{index}"}}
    return {"spec": function, "endpoint_url": f"https://tools.example.com/{index}"}


def _text(index: int) -> dict[str, Any]:
    return {"knowledge_base": f"base-{index % BASES}", "content": f"Text {index}."}


def _agent(index: int, integrations: int) -> dict[str, Any]:
    tools = sorted({f"tool-{index % integrations}", f"tool-{(index + 1) % integrations}"})
    attached = {
        "integrations": tools,
        "knowledge_bases": [f"base-{index % BASES}"],
        "reusable_instructions": ["manners"],
    }
    return {"prompt": f"You are number {index}.", "voice": "olivia", **attached}


def _case(index: int, agents: int) -> dict[str, Any]:
    return {"agent": f"agent-{index % agents}", "title": f"Case {index}", "scenario_prompt": "Ask for the hours."}


@contextmanager
def counted() -> Iterator[Counter[str]]:
    """The requests by method and path."""
    found: Counter[str] = Counter()
    real = EmulatorTransport.handle_request

    def handle(transport: EmulatorTransport, request: httpx.Request) -> httpx.Response:
        found[f"{request.method} {request.url.path}"] += 1
        return real(transport, request)

    with mock.patch.object(EmulatorTransport, "handle_request", handle):
        yield found


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project() as it:
        yield it


def test_a_plan_of_two_thousand_new_things_asks_for_one_list_per_kind(folder: Folder) -> None:
    folder.write({"all.yaml": account(agents=300, integrations=200, documents=500, scenarios=1000)})
    with counted() as requests:
        plan = folder.plan()
    assert plan["summary"]["create"] == 300 + 200 + 500 + 1000 + BASES + 1
    assert requests == {f"GET {path}": count for path, count in LISTS.items()}


def test_a_plan_of_what_is_there_adds_one_list_per_parent(folder: Folder) -> None:
    agents = 20
    folder.write({"all.yaml": account(agents=agents, integrations=10, documents=30, scenarios=60)})
    said = folder.run("apply", "--yes", "--format", "json")
    assert said.code == 0, said.text
    with counted() as requests:
        plan = folder.run("plan", "--detailed-exitcode")
    assert plan.code == 0, plan.text
    below = {path: count for path, count in requests.items() if path.removeprefix("GET ") not in LISTS}
    assert requests.total() - sum(below.values()) == sum(LISTS.values())
    assert set(below.values()) == {1}
    assert sum("/test-scenarios" in path for path in below) == agents
    assert sum("/documents" in path for path in below) == BASES
    assert len(below) == agents + BASES
