"""The gate between drafts and deploys: what validation examples say of a draft decides, as the project wants."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from laws.project import Folder, project

from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from collections.abc import Callable

AGENT = """apiVersion: reconciler/v1
kind: Agent
metadata: {{name: {name}{gates}}}
spec: {{prompt: {prompt}, voice: olivia}}
"""
RUN = {"id": 7, "completed_at": "2026-12-01T12:00:00Z", "total_count": 1, "fail_count": 0, "regressions": []}
PASSED = RUN | {"error_message": "", "prompt_hash": ""}
REGRESSED = PASSED | {"fail_count": 1, "regressions": [{"example_id": 4, "expectation": "Says who calls."}]}


class Platform:
    """The embedded platform with an agent's validation as it is told to be."""

    def __init__(self, run: dict[str, Any], *, examples: int = 1, latest: bool = False) -> None:
        self.run, self.examples, self.matches = run, examples, latest
        self.begun = 0

    def handle(self, request: httpx.Request, send: Callable[[], httpx.Response]) -> httpx.Response:
        path = request.url.path
        if path.endswith("/validation-status"):
            latest = self.run if self.matches else None
            told = {"latest_run": latest, "latest_run_matches_draft": self.matches}
            return httpx.Response(200, json={"active_example_count": self.examples, **told})
        if path.endswith("/validation-runs"):
            self.begun += 1
            return httpx.Response(201, json=self.run | {"completed_at": None})
        return httpx.Response(200, json=self.run) if "/validation-runs/" in path else send()


def apply(folder: Folder, monkeypatch: pytest.MonkeyPatch, platform: Platform, **gates: str) -> dict[str, Any]:
    """Deploy two agents, change both prompts under the gate, and say how that ended."""
    names = ("back-desk", "front-desk")

    def declare(prompt: str) -> None:
        own = {name: gates.get(name.partition("-")[0], "") for name in names}
        said = {name: f", gates: {{validation: {word}}}" if word else "" for name, word in own.items()}
        documents = [AGENT.format(name=name, gates=said[name], prompt=prompt) for name in names]
        folder.write({"all.yaml": "---\n".join(documents)})

    declare("You answer.")
    assert folder.run("apply", "--yes").code == 0
    declare("You answer at once.")
    real = EmulatorTransport.handle_request
    monkeypatch.setattr(
        EmulatorTransport,
        "handle_request",
        lambda transport, request: platform.handle(request, lambda: real(transport, request)),
    )
    said = folder.run("apply", "--yes", "--format", "json")
    plan = folder.plan()
    found: dict[str, Any] = json.loads(said.out)
    live = [change["action"] for change in plan["changes"]]
    return {"code": said.code, "text": said.text, "results": found["results"], "left": live}


@pytest.mark.parametrize(
    ("gate", "run", "code", "left"),
    [
        ("required", PASSED, 0, []),
        ("required", REGRESSED, 4, ["update", "update"]),
        ("required", PASSED | {"error_message": "It broke."}, 4, ["update", "update"]),
        ("required", PASSED | {"completed_at": None}, 4, ["update", "update"]),
        ("warn", REGRESSED, 0, []),
        ("off", REGRESSED, 0, []),
    ],
)
def test_a_gate_stops_every_deploy_where_it_is_required(
    monkeypatch: pytest.MonkeyPatch, gate: str, run: dict[str, Any], code: int, left: list[str]
) -> None:
    with project(f"gates: {{validation: {gate}}}\n") as folder:
        found = apply(folder, monkeypatch, Platform(run))
    assert found["code"] == code, found["text"]
    assert [it for it in found["left"] if it != "keep"] == left
    assert ("`Says who calls.`" in found["text"]) is (run is REGRESSED and gate != "off")


def test_without_active_examples_there_is_nothing_to_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(REGRESSED, examples=0)
    with project("gates: {validation: required}\n") as folder:
        assert apply(folder, monkeypatch, platform)["code"] == 0
    assert platform.begun == 0


def test_a_run_that_matches_the_draft_is_not_begun_again(monkeypatch: pytest.MonkeyPatch) -> None:
    platform = Platform(PASSED, latest=True)
    with project("gates: {validation: required}\n") as folder:
        assert apply(folder, monkeypatch, platform)["code"] == 0
    assert platform.begun == 0


def test_an_agents_own_word_goes_over_the_projects(monkeypatch: pytest.MonkeyPatch) -> None:
    with project("gates: {validation: required}\n") as folder:
        found = apply(folder, monkeypatch, Platform(REGRESSED), back="off", front="warn")
    assert found["code"] == 0, found["text"]
