"""An export of a whole account of the second platform: a plan right after it is clean, with the state and without."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import yaml
from kinds.specimens import specimen

from acceptance.projects import PROJECT, Project

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.platform import SecondPlatform

KINDS = (
    "Agent",
    "AgentVariant",
    "Integration",
    "KnowledgeBase",
    "KnowledgeDocument",
    "McpServer",
    "Organization",
    "PhoneNumberLabel",
    "PublishableKey",
    "ReusableInstruction",
    "SipEndpoint",
    "TestScenario",
    "TestSuite",
    "WebhookEndpoint",
)
SECRETS = ("first-value-of-it", "whsec-", "sip-shown-once")


def whole_account() -> str:
    """A document of each kind, with what they name."""
    documents: dict[tuple[str, str], dict[str, object]] = {}
    for kind in KINDS:
        it = specimen(kind)
        for document in [*it.beside, it.document(name=f"the-{kind.lower()}")]:
            documents.setdefault((document["kind"], document["metadata"]["name"]), document)
    return str(yaml.safe_dump_all(documents.values(), sort_keys=False))


@pytest.fixture
def account(project: Project, platform: SecondPlatform) -> SecondPlatform:
    """The second platform's account, made by another project."""
    text = whole_account().replace("value: first-value-of-it", "value: ${env:HEADER}")
    project.write("manifests/all.yaml", text)
    ran = project.run("apply", "--yes", HEADER="first-value-of-it")
    assert ran.code == 0, ran.said
    return platform


@pytest.mark.parametrize("bound", [True, False], ids=["bound", "without the state"])
def test_a_plan_right_after_an_export_is_clean(tmp_path: Path, account: SecondPlatform, *, bound: bool) -> None:
    fresh = Project(tmp_path / "fresh", account)
    fresh.write("reconciler.yaml", PROJECT)
    account.forget_requests()
    ran = fresh.run("export", *(() if bound else ("--no-bind",)))
    assert ran.code == 0, ran.said
    assert account.writes == []
    files = [file for file in fresh.root.rglob("*") if file.is_file() and "state" not in file.name]
    written = "".join(file.read_text("utf-8") for file in files)
    assert all(secret not in written + ran.said for secret in SECRETS)
    manifests = [yaml.safe_load_all(file.read_text("utf-8")) for file in (fresh.root / "manifests").rglob("*.yaml")]
    assert {document["kind"] for documents in manifests for document in documents} >= set(KINDS)
    names = {line.strip() for line in written.split("${env:")[1:]}
    values = {name.partition("}")[0]: "first-value-of-it" for name in names}
    plan = fresh.run("plan", "--format", "json", **values)
    assert plan.code == 0, plan.said
    changes = {it["address"]: it["action"] for it in plan.json["changes"] if it["action"] not in ("keep", "adopt")}
    assert changes == {} if bound else set(changes.values()) <= {"update"}
