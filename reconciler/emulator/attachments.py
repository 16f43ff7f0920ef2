"""Resolve the ids that hang tools and knowledge on an agent (contract 2.2.4)."""

from __future__ import annotations

from typing import Any

from reconciler.emulator.exchange import Refusal

SINCE = "2026-01-01T00:00:00.000000Z"
TIMES = {"created_at": SINCE, "updated_at": SINCE}

# The write-side key, the read-side key, and everything of that sort the account has.
ATTACHMENTS: dict[str, tuple[str, tuple[dict[str, Any], ...]]] = {
    "integration_ids": (
        "integrations",
        (
            {
                "id": "6f0a4c1e-0000-4000-8000-000000000001",
                "display_name": "Calendar lookup",
                "method": "POST",
            },
        ),
    ),
    "mcp_server_ids": (
        "mcp_servers",
        ({"id": "6f0a4c1e-0000-4000-8000-000000000002", "display_name": "Bookings"},),
    ),
    "knowledge_base_ids": (
        "knowledge_bases",
        (
            {
                "id": "6f0a4c1e-0000-4000-8000-000000000003",
                "name": "Opening hours",
                "description": "",
                "document_count": 1,
                **TIMES,
            },
        ),
    ),
    "knowledge_document_ids": (
        "knowledge_documents",
        (
            {
                "id": "6f0a4c1e-0000-4000-8000-000000000004",
                "name": "hours.txt",
                "byte_count": 120,
                "chunk_count": 1,
                "estimated_chunk_count": 1,
                "error": "",
                "fetched_at": None,
                "mime_type": "text/plain",
                "original_filename": "hours.txt",
                "source_origin": None,
                "source_type": "text",
                "source_url": None,
                "status": "ready",
                **TIMES,
            },
        ),
    ),
    "reusable_instruction_ids": (
        "reusable_instructions",
        (
            {
                "id": "6f0a4c1e-0000-4000-8000-000000000005",
                "name": "Politeness",
                "content": "Be brief and kind.",
                **TIMES,
            },
        ),
    ),
}
READ_SIDE = {read: [] for read, _ in ATTACHMENTS.values()}  # type: dict[str, list[Any]]


def attached_ids(body: dict[str, Any], *, prefix: str = "") -> dict[str, list[str]]:
    """The id lists a request names, under their plain names; Refusal 400 for an id that is not here.

    ``prefix`` is ``"draft_"`` for the declared spelling; null there means nothing is staged and is left out.
    """
    found: dict[str, list[str]] = {}
    for key in ATTACHMENTS:
        ids = body.get(prefix + key)
        if ids is None:
            continue
        resolve(key, ids, complain_about=prefix + key)
        found[key] = ids
    return found


def resolve(key: str, ids: Any, *, complain_about: str = "") -> list[dict[str, Any]]:
    """The objects behind a list of ids, in its order."""
    known = {item["id"]: item for item in ATTACHMENTS[key][1]}
    if not isinstance(ids, list):
        raise Refusal(400, {complain_about or key: ["Expected a list of items."]})
    strangers = [f'Invalid pk "{item}" - object does not exist.' for item in ids if item not in known]
    if strangers:
        raise Refusal(400, {complain_about or key: strangers})
    return [known[item] for item in ids]
