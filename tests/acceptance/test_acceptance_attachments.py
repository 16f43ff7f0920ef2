"""What hangs on an agent against the second platform, whichever spelling of the ids it takes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

AROUND = """\
apiVersion: reconciler/v1
kind: KnowledgeBase
metadata: {name: house}
spec: {description: Where we are.}
---
apiVersion: reconciler/v1
kind: KnowledgeDocument
metadata: {name: hours}
spec: {knowledge_base: house, name: Hours, content: We open at nine.}
---
apiVersion: reconciler/v1
kind: ReusableInstruction
metadata: {name: polite}
spec: {content: Be polite.}
---
apiVersion: reconciler/v1
kind: McpServer
metadata: {name: stock}
spec: {url: "https://mcp.example.com/stock"}
---
apiVersion: reconciler/v1
kind: Integration
metadata: {name: book}
spec: {spec: {type: function, function: {name: book, description: Books., parameters: {type: object}}}}
---
"""
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer., voice: olivia, ATTACHED}
"""
ALL = (
    "integrations: [book], mcp_servers: [stock], knowledge_bases: [house], knowledge_documents: [hours], "
    "reusable_instructions: [polite]"
)
NAMES = ("integrations", "mcp_servers", "knowledge_bases", "knowledge_documents", "reusable_instructions")


def attached(platform: SecondPlatform) -> dict[str, int]:
    (agent,) = platform.agents.values()
    assert agent["has_draft"] is False
    return {name: len(agent[name]) for name in NAMES}


def applied(project: Project, spec: str) -> Any:
    project.write("manifests/all.yaml", AROUND + AGENT.replace("ATTACHED", spec))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said
    assert project.run("plan", "--detailed-exitcode").code == 0
    return ran


@pytest.mark.parametrize("ignores", [False, True], ids=["refuses the other", "ignores the other"])
@pytest.mark.parametrize("spelling", ["draft", "plain", "both"])
def test_all_of_it_is_attached_and_taken_off_again(
    project: Project, platform: SecondPlatform, spelling: str, *, ignores: bool
) -> None:
    platform.attachments.spelling, platform.attachments.ignores = spelling, ignores
    applied(project, ALL)
    assert attached(platform) == dict.fromkeys(NAMES, 1)
    platform.forget_requests()
    assert project.run("apply", "--yes").code == 0
    assert platform.writes == []
    applied(project, ", ".join(f"{name}: []" for name in NAMES))
    assert attached(platform) == dict.fromkeys(NAMES, 0)
    applied(project, ALL)
    assert attached(platform) == dict.fromkeys(NAMES, 1)
