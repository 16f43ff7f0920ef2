"""What hangs on an agent (contract 2.2.4, contract-next 5.5): written as ids, read as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import tables
from reconciler.emulator.exchange import Refusal
from reconciler.emulator.integrations import INTEGRATIONS
from reconciler.emulator.knowledge_bases import KNOWLEDGE_BASES
from reconciler.emulator.knowledge_documents import KNOWLEDGE_DOCUMENTS
from reconciler.emulator.mcp_servers import MCP_SERVERS
from reconciler.emulator.reusable_instructions import REUSABLE_INSTRUCTIONS, embedded

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.resource import Resource

# The key that ids are written under, and what they name; it is read under the name of the resource.
ATTACHMENTS: dict[str, Resource] = {
    "integration_ids": INTEGRATIONS,
    "mcp_server_ids": MCP_SERVERS,
    "knowledge_base_ids": KNOWLEDGE_BASES,
    "knowledge_document_ids": KNOWLEDGE_DOCUMENTS,
    "reusable_instruction_ids": REUSABLE_INSTRUCTIONS,
}
READ_SIDE: dict[str, list[Any]] = {resource.name: [] for resource in ATTACHMENTS.values()}


def attached_ids(scene: Scene, body: dict[str, Any], *, prefix: str = "") -> dict[str, list[str]]:
    """The id lists a request names, under their plain names; Refusal 400 for an id that is not here.

    ``prefix`` is ``"draft_"`` for the declared spelling; null there means nothing is staged and is left out.
    An id given twice counts once.
    """
    found: dict[str, list[str]] = {}
    complaints: dict[str, list[str]] = {}
    for key in ATTACHMENTS:
        ids = body.get(prefix + key)
        if ids is None:
            continue
        if complaint := _complaint(scene, key, ids):
            complaints[prefix + key] = complaint
        else:
            found[key] = list(dict.fromkeys(ids))
    if complaints:
        raise Refusal(400, complaints)
    return found


def resolve(scene: Scene, key: str, ids: list[str]) -> list[dict[str, Any]]:
    """The objects behind a list of ids, in its order, as an agent shows them; what is gone is left out."""
    resource = ATTACHMENTS[key]
    found = [tables.find(scene, resource.name, item) for item in ids]
    show = embedded if resource is REUSABLE_INSTRUCTIONS else lambda body: resource.shown(scene, body)
    return [show(body) for body in found if body is not None]


def _complaint(scene: Scene, key: str, ids: Any) -> list[str]:
    if not isinstance(ids, list):
        return ["Expected a list of items."]
    table = ATTACHMENTS[key].name
    found = {str(item): tables.find(scene, table, item) for item in ids}
    strangers = [f'Invalid pk "{item}" - object does not exist.' for item, body in found.items() if body is None]
    # A document has to be indexed before an agent can answer from it (contract 2.7).
    return strangers or [
        f'Document "{body["name"]}" is not ready.'
        for body in found.values()
        if body and body.get("status", "ready") != "ready"
    ]
