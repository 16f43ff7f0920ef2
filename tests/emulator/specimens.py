"""One valid body, and one change to it, for every plain resource of the platform.

What is not listed is a collection of a plain kind, and takes them from that kind's two valid specs.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from kinds.specimens import specimen

from reconciler.contract.fields import policies
from reconciler.emulator.catalogue import RESOURCES
from reconciler.kinds import KINDS
from reconciler.kinds.rest import RestKind

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx

AGENT = 1001
TELNYX = {"provider": "telnyx", "credentials": {"apiKey": "sesame"}, "sip_config": {"domain": "example.sip"}}


def evidence(http: httpx.Client) -> dict[str, Any]:
    tested = http.post("/v1/voip-connections/test", json=TELNYX).json()
    return {"verification_evidence_id": tested["verification_evidence"]["id"]}


def nothing(_http: httpx.Client) -> dict[str, Any]:
    return {}


@dataclass(frozen=True)
class Specimen:
    """``silent`` fields of ``body`` are not read back as written; ``prepare`` makes what each new one needs."""

    body: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    prepare: Callable[[httpx.Client], dict[str, Any]] = nothing


SPECIMENS: dict[str, Specimen] = {
    "webhook_endpoints": Specimen(
        {"label": "Calls", "url": "https://hooks.example.com/a", "events": ["telephony.complete"], "agent_id": AGENT},
        {"label": "All calls"},
    ),
    "integrations": Specimen(
        {
            "display_name": "Book",
            "spec": {"type": "function", "function": {"name": "book", "parameters": {"type": "object"}}},
            "endpoint_url": "https://tools.example.com/book",
            "headers": [{"key": "Authorization", "value": "Bearer sesame"}],
        },
        {"display_name": "Book a table", "endpoint_method": "PUT"},
        silent=("headers",),
    ),
    "mcp_servers": Specimen(
        {
            "display_name": "Bookings",
            "url": "https://mcp.example.com/sse",
            "headers": [{"key": "X-Key", "value": "sesame"}],
        },
        {"enabled": False},
        silent=("headers",),
    ),
    "knowledge_bases": Specimen({"name": "Opening hours"}, {"description": "When we are there."}),
    "knowledge_documents": Specimen({"name": "hours.txt", "content": "We open at nine."}, silent=("content",)),
    "reusable_instructions": Specimen({"name": "Politeness", "content": "Be kind."}, {"content": "Be very kind."}),
    "agent_variants": Specimen({"label": "Brisk", "prompt": "Be brisk.", "weight": 20}, {"weight": 30, "voice": None}),
    "test_scenarios": Specimen(
        {"title": "Books a table", "scenario_prompt": "You want a table for two.", "labels": ["booking"]},
        {"scenario_prompt": "You want a table for three.", "direction": "outbound"},
    ),
    "test_suites": Specimen(
        {"name": "Nightly", "agent_id": AGENT},
        {"criteria": {"min_pass_rate": 80, "zero_critical_failures": True}},
    ),
    "test_batches": Specimen({}),
    "simulations": Specimen({"_batch": None}),
    "simulation_batches": Specimen({}),
    "validation_examples": Specimen({"kind": "golden"}, {"labels": ["kind"], "status": "active"}),
    "validation_runs": Specimen({}),
    "campaigns": Specimen(
        {
            "name": "Reminders",
            "agent": AGENT,
            "from_number": "+15551230001",
            "daily_window_start": "09:00:00",
            "daily_window_end": "17:00:00",
        },
        {"max_attempts": 1, "timezone": "America/Denver"},
    ),
    "voip_evidence": Specimen({}),
    "voip_connections": Specimen(
        TELNYX | {"name": "Carrier"},
        {"name": "Main carrier"},
        silent=("credentials", "sip_config", "verification_evidence_id"),
        prepare=evidence,
    ),
    "publishable_keys": Specimen(
        {"name": "Website", "agent_id": AGENT, "allowed_domains": ["example.com", "*.example.com"]},
        {"embed_config": {"title": "Talk to us"}, "is_enabled": False},
    ),
    "sip_endpoints": Specimen(
        {"name": "Desk", "agent_id": AGENT, "allowed_source_cidrs": ["192.0.2.0/24"]}, {"status": "disabled"}
    ),
    "phone_number_labels": Specimen({"phone_number": "+14155550123", "label": "Supplier"}, {"label": "Old supplier"}),
}
BY_NAME = {resource.name: resource for resource in RESOURCES}


def of_a_kind(kind: RestKind) -> Specimen:
    """What its two specs send, without what they name."""
    own = policies(kind.spec)
    first, second = ({own[name].wire: it for name, it in spec.items() if own[name].ref is None} for spec in _two(kind))
    return Specimen(first, {name: it for name, it in second.items() if it != first[name]})


def _two(kind: RestKind) -> tuple[dict[str, Any], dict[str, Any]]:
    declared = specimen(kind.name)
    return declared.first, declared.second


for _kind in KINDS.values():
    for _resource in RESOURCES:
        if isinstance(_kind, RestKind) and _kind.path == _resource.path and _resource.name not in SPECIMENS:
            SPECIMENS[_resource.name] = of_a_kind(_kind)
