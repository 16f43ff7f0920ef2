"""Knowledge bases (contract-next 5.3): names for groups of documents, which live and die with them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from reconciler.emulator import knowledge_documents as documents
from reconciler.emulator import tables
from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import refresh
from reconciler.emulator.exchange import Reply, answer
from reconciler.emulator.knowledge_documents import KNOWLEDGE_DOCUMENTS
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.routes import Route

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.exchange import Exchange, Scene
    from reconciler.emulator.resource import Body

BASE = "/v1/knowledge-bases/{uuid}"


def index(exchange: Exchange) -> Reply:
    """``GET /v1/knowledge-bases/{id}/documents``."""
    found = tables.every(exchange, KNOWLEDGE_DOCUMENTS.name, _below(exchange), newest_first=True)
    return answer([KNOWLEDGE_DOCUMENTS.shown(exchange, body) for body in found])


def add(exchange: Exchange) -> Reply:
    """``POST /v1/knowledge-bases/{id}/documents``: one text or one file; 201 with that one document."""
    fields = documents.values(exchange, exchange.body, new=True)
    return answer(KNOWLEDGE_DOCUMENTS.shown(exchange, documents.add(exchange, fields, _below(exchange))), 201)


def delete(exchange: Exchange) -> Reply:
    """``DELETE /v1/knowledge-bases/{id}/documents/{id}``."""
    KNOWLEDGE_DOCUMENTS.drop(exchange, documents.addressed(exchange))
    return Reply(204)


def _below(exchange: Exchange) -> str:
    key = exchange.arguments[0]
    KNOWLEDGE_BASES.load(exchange, key)
    return f"knowledge_bases/{key}"


def _counting(handler: Callable[[Exchange], Reply], exchange: Exchange) -> Reply:
    """The handler's answer, once every agent it is attached to shows how many documents it has now."""
    reply = handler(exchange)
    base = KNOWLEDGE_BASES.load(exchange, exchange.arguments[0])
    _after_write(exchange, base, base)
    return reply


def _view(scene: Scene, body: Body) -> Body:
    return body | {"document_count": tables.below(scene, f"knowledge_bases/{body['id']}")}


def _after_write(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "knowledge_bases", body["id"], KNOWLEDGE_BASES.shown(scene, body))


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "knowledge_bases", body["id"], None)


KNOWLEDGE_BASES = Resource(
    name="knowledge_bases",
    noun="KnowledgeBase",
    path="/v1/knowledge-bases",
    fields={
        "name": Field(v.text(minimum=1, maximum=255), required=True),
        "description": Field(v.text(), ""),
    },
    actions=(
        Route("GET", f"{BASE}/documents", index),
        Route("POST", f"{BASE}/documents", partial(_counting, add), form=True),
        Route("PATCH", f"{BASE}/documents/{{uuid}}", documents.patch, form=True),
        Route("DELETE", f"{BASE}/documents/{{uuid}}", partial(_counting, delete)),
        Route("POST", f"{BASE}/documents/{{uuid}}/retry", documents.retry),
        Route("POST", f"{BASE}/search", documents.search),
    ),
    view=_view,
    after_write=_after_write,
    after_delete=_after_delete,
)
