"""What takes effect as it is written is said with whom it reaches; what is refused is not waited for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from unittest import mock

import httpx
from laws.project import project

from reconciler.emulator import EmulatorTransport

if TYPE_CHECKING:
    from reconciler.emulator import EmulatorTransport as Transport

AGENTS = "---\n".join(
    f"""apiVersion: reconciler/v1
kind: Agent
metadata: {{name: {name}}}
spec: {{prompt: You answer., voice: olivia, reusable_instructions: [polite]}}
"""
    for name in ("back-desk", "front-desk")
)
INSTRUCTION = """---
apiVersion: reconciler/v1
kind: ReusableInstruction
metadata: {name: polite}
spec: {content: CONTENT}
"""
SERVER = """apiVersion: reconciler/v1
kind: McpServer
metadata: {name: calendar}
spec: {url: "https://calendar.example/mcp"}
"""


def test_another_text_of_an_instruction_says_for_how_many_agents_it_is_live_at_once() -> None:
    with project() as folder:
        folder.write({"all.yaml": AGENTS + INSTRUCTION.replace("CONTENT", "Be polite.")})
        assert folder.run("apply", "--yes").code == 0
        folder.write({"all.yaml": AGENTS + INSTRUCTION.replace("CONTENT", "Be very polite.")})
        (change,) = (it for it in folder.plan()["changes"] if it["action"] != "keep")
        text = folder.run("plan").out
    assert change["consequences"] == ["live_at_once"]
    assert [it["agents"] for it in change["amounts"]] == [2]
    assert text.count("live at once for 2 agents") == 2


def test_tools_that_may_not_be_asked_for_are_said_at_once_and_asked_for_by_the_next_apply() -> None:
    real, reads = EmulatorTransport.handle_request, []

    def refuses(transport: Transport, request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/sync-tools"):
            return httpx.Response(403, json={"detail": "Tools are off in this plan."})
        reads.extend([request] if request.method == "GET" and "/mcp-servers/" in request.url.path else [])
        return real(transport, request)

    with project() as folder:
        folder.write({"all.yaml": SERVER})
        with mock.patch.object(EmulatorTransport, "handle_request", refuses):
            said = folder.run("apply", "--yes", "--format", "json")
        (result,) = json.loads(said.out)["results"]
        assert (said.code, result["outcome"]) == (4, "failed")
        assert "Tools are off in this plan." in result["detail"]
        assert len(reads) <= 2
        assert folder.run("apply", "--yes").code == 0
        assert folder.run("plan", "--detailed-exitcode").code == 0
