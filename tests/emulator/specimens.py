"""One valid body, and one change to it, for every plain resource of the platform."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from reconciler.emulator.catalogue import RESOURCES

AGENT = 1001


@dataclass(frozen=True)
class Specimen:
    """``given`` objects exist first; ``silent`` fields of ``body`` are not read back as written."""

    body: dict[str, Any]
    change: dict[str, Any] = field(default_factory=dict)
    given: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    silent: tuple[str, ...] = ()
    path: str = ""


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
    "phone_number_labels": Specimen({"phone_number": "+14155550123", "label": "Supplier"}, {"label": "Old supplier"}),
}
BY_NAME = {resource.name: resource for resource in RESOURCES}
