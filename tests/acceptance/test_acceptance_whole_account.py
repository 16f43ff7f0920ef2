"""The rest of the account against the second platform: each kind lives its life, and no secret is ever shown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from kinds.specimens import Specimen, specimen

from acceptance.platform import Fault

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project, Ran

PATTERNS = {
    "Integration": "integrations",
    "McpServer": "mcp-servers",
    "WebhookEndpoint": "developer/webhook-endpoints",
    "PublishableKey": "publishable-key",
    "SipEndpoint": "sip-endpoints",
    "AgentVariant": "agents/*/variants",
    "KnowledgeDocument": "knowledge-bases/*/documents",
}
SECRETS = ("value-of-it", "whsec-", "sip-shown-once")


def declare(project: Project, it: Specimen, *, second: bool = False, **envelope: Any) -> None:
    spec = dict(it.second if second else it.first)
    if "headers" in spec:
        spec["headers"] = [{**header, "value": "${env:HEADER}"} for header in spec["headers"]]
    project.write("manifests/all.yaml", it.text(it.document(spec, **envelope)))


def run(project: Project, *words: str, header: str = "first-value-of-it") -> Ran:
    ran = project.run(*words, HEADER=header)
    for secret in SECRETS:
        assert secret not in ran.said
        assert secret.encode() not in project.state()
    return ran


def live(platform: SecondPlatform, kind: str) -> list[dict[str, Any]]:
    return [it for it in platform.whole.of(PATTERNS[kind]).values() if it.get("is_active", True)]


def clean(project: Project, platform: SecondPlatform, header: str = "first-value-of-it") -> None:
    ran = run(project, "plan", "--detailed-exitcode", header=header)
    assert ran.code == 0, ran.said
    platform.forget_requests()
    assert run(project, "apply", "--yes", header=header).code == 0
    assert platform.writes == []


@pytest.mark.parametrize("kind", PATTERNS)
def test_a_kind_lives_its_life(project: Project, platform: SecondPlatform, kind: str) -> None:
    it = specimen(kind)
    declare(project, it)
    ran = run(project, "apply", "--yes")
    assert ran.code == 0, ran.said
    assert len(live(platform, kind)) == 1
    clean(project, platform)
    declare(project, it, second=True)
    ran = run(project, "apply", "--yes", header="second-value-of-it")
    assert ran.code == 0, ran.said
    clean(project, platform, "second-value-of-it")
    (only,) = live(platform, kind)
    name = next(name for name in ("display_name", "label", "name") if name in it.first)
    assert only[name] == it.second[name]
    only[name] = "Somebody else's words"
    ran = run(project, "apply", "--yes", header="second-value-of-it")
    assert (ran.code, only[name]) == (0, it.second[name]), ran.said
    for own in platform.whole.objects.values():
        own.pop(str(only["id"]), None)
    ran = run(project, "apply", "--yes", header="second-value-of-it")
    assert (ran.code, len(live(platform, kind))) == (0, 1), ran.said
    clean(project, platform, "second-value-of-it")
    declare(project, it, second=True, absent=True)
    ran = run(project, "apply", "--yes", header="second-value-of-it")
    assert (ran.code, live(platform, kind)) == (0, []), ran.said


def test_the_settings_of_the_organisation_are_kept_right(project: Project, platform: SecondPlatform) -> None:
    it = specimen("Organization")
    for second in (False, True):
        declare(project, it, second=second)
        ran = run(project, "apply", "--yes", "--format", "json")
        assert [(change["action"], change["outcome"]) for change in ran.json["results"]] == [("update", "done")]
        clean(project, platform)
    assert platform.organization["name"] == it.second["name"]
    assert platform.whole.organization["timezone"] == it.second["timezone"]


def collection(platform: SecondPlatform, kind: str) -> str:
    """Where an object of a kind is made, below the first of its possible parents."""
    pattern = PATTERNS[kind]
    parents = platform.agents if pattern.startswith("agents") else platform.plain.objects["knowledge-bases"]
    return f"/v1/{pattern.replace('*', str(next(iter(parents), '')))}"


@pytest.mark.parametrize("how", ["cut", "answer"])
@pytest.mark.parametrize("kind", PATTERNS)
def test_a_create_whose_answer_is_lost_ends_in_one_object(
    project: Project, platform: SecondPlatform, kind: str, how: str
) -> None:
    it = specimen(kind)
    if it.beside:
        project.write("manifests/all.yaml", it.text())
        assert run(project, "apply", "--yes").code == 0
    declare(project, it)
    platform.faults.append(Fault("POST", collection(platform, kind), how=how, acts=True))
    first = run(project, "apply", "--yes")
    again = f"--again {kind}/specimen"
    assert (first.code == 0) is (again not in first.words), first.said
    if first.code:
        assert run(project, "apply", "--yes").code != 0
        ran = run(project, "apply", "--yes", *again.split())
        assert ran.code == 0, ran.said
    assert len(live(platform, kind)) == 1
    clean(project, platform)
