"""Knowledge documents (contract-next 5.3): taken at once, indexed in their own time, ready or failed.

A document lives in the flat store or below a knowledge base; both share their ids, and only the flat paths
read one alone. A name or file name with ``fails`` in it fails to be indexed.
"""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.emulator import tables
from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import refresh
from reconciler.emulator.database import document
from reconciler.emulator.exchange import Refusal, Reply, Upload, answer, invalid, refused
from reconciler.emulator.resource import REQUIRED, Field, Resource
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Scene
    from reconciler.emulator.resource import Body

INDEXING_SECONDS = 2.0
CHUNK_BYTES = 1000
FAILS = "fails"
COMPLAINT = "The document could not be parsed."
TEXT = {
    "source_type": "text",
    "source_origin": None,
    "source_url": None,
    "mime_type": "text/plain",
    "original_filename": "",
    "fetched_at": None,
    "_original": None,
}
UNINDEXED = {"status": "pending", "error": "", "chunk_count": 0}


def text_values(scene: Scene, content: str) -> Body:
    """What a document of plain text is, on its way into the index."""
    return {**TEXT, "_content": content, **_waiting(scene, len(content.encode()))}


def file_values(scene: Scene, upload: Upload) -> Body:
    """What a document of a file is, on its way into the index; Refusal 400 for a file with nothing in it."""
    if not upload.data:
        raise invalid("file", "The submitted file is empty.")
    size = len(upload.data)
    return {
        **TEXT,
        "source_type": "file",
        "source_origin": "upload",
        "mime_type": upload.content_type,
        "original_filename": upload.filename,
        "_content": upload.data.decode(errors="replace"),
        "_original": {"mime_type": upload.content_type, "size": size, "data": base64.b64encode(upload.data).decode()},
        **_waiting(scene, size),
    }


def values(scene: Scene, sent: Body, *, new: bool) -> Body:
    """The fields of a document as a request writes them, text or file; Refusal 400 for neither."""
    upload = sent.get("file")
    if isinstance(upload, Upload):
        named = KNOWLEDGE_DOCUMENTS.understand(scene, {"name": sent.get("name") or upload.filename}, new=False)
        return named | file_values(scene, upload)
    understood = KNOWLEDGE_DOCUMENTS.understand(scene, sent, new=False)
    missing = [name for name in ("name", "content") if new and name not in sent]
    if missing:
        raise Refusal(400, {name: [REQUIRED] for name in missing})
    content = understood.pop("content", None)
    return understood if content is None else understood | text_values(scene, content)


def add(scene: Scene, fields: Body, below: str = "") -> Body:
    """A new document of understood fields, in the flat store or below a base."""
    return KNOWLEDGE_DOCUMENTS.make(scene, {"name": fields["name"]}, None, below, **fields)


def create(exchange: Exchange) -> Reply:
    """``POST /v1/knowledge/documents``: one text, one file, or several; 201 ``{documents, warnings}``."""
    uploads = [item for item in exchange.body.get("files[]", ()) if isinstance(item, Upload)]
    sent = [{"file": upload} for upload in uploads] or [exchange.body]
    made = [add(exchange, values(exchange, each, new=True)) for each in sent]
    return answer({"documents": [KNOWLEDGE_DOCUMENTS.shown(exchange, body) for body in made], "warnings": []}, 201)


def import_url(exchange: Exchange) -> Reply:
    """``POST /v1/knowledge/documents/import-url``: 201 ``{document, warnings}``, fetched later (never, here)."""
    if not exchange.body.get("url"):
        raise invalid("url", REQUIRED)
    try:
        url = v.web_address(exchange.body["url"])
    except v.Invalid as complaint:
        raise invalid("url", str(complaint)) from complaint
    fields = text_values(exchange, f"The text of {url}.") | {"source_origin": "url", "source_url": url}
    return _answered(exchange, add(exchange, fields | {"name": exchange.body.get("name") or url}), 201)


def replace(exchange: Exchange) -> Reply:
    """``POST /v1/knowledge/documents/{id}/replace``: a new file under the same id."""
    before = addressed(exchange)
    if not isinstance(exchange.body.get("file"), Upload):
        raise invalid("file", "No file was submitted.")
    sent = {"name": before["name"], **exchange.body}
    body = before | values(exchange, sent, new=False) | {"replaced_at": stamp(exchange.now)}
    return _answered(exchange, KNOWLEDGE_DOCUMENTS.store(exchange, body, before), 200)


def patch(exchange: Exchange) -> Reply:
    """``PATCH`` of either path: a name, or a content that is indexed anew."""
    before = addressed(exchange)
    sent = {"name": before["name"], **exchange.body}
    body = before | values(exchange, sent, new=False)
    return answer(KNOWLEDGE_DOCUMENTS.shown(exchange, KNOWLEDGE_DOCUMENTS.store(exchange, body, before)))


def retry(exchange: Exchange) -> Reply:
    """``POST …/retry``: index a document again; one that is under way is left alone."""
    before = addressed(exchange)
    if before["status"] in {"pending", "processing"}:
        return answer(KNOWLEDGE_DOCUMENTS.shown(exchange, before))
    body = before | _waiting(exchange, before["byte_count"])
    return answer(KNOWLEDGE_DOCUMENTS.shown(exchange, KNOWLEDGE_DOCUMENTS.store(exchange, body, before)))


def refetch(exchange: Exchange) -> Reply:
    """``POST /v1/knowledge/documents/{id}/refresh``: only for what came from an address."""
    if addressed(exchange)["source_origin"] != "url":
        raise refused(400, "Only documents imported from a URL can be refreshed.")
    return retry(exchange)


def original(exchange: Exchange) -> Reply:
    """``GET /v1/knowledge/documents/{id}/original``: the file as it came, 404 for a text."""
    found = addressed(exchange)["_original"]
    if found is None:
        raise refused(404, "This document has no original file.")
    return Reply(200, {"Content-Type": found["mime_type"]}, base64.b64decode(found["data"]))


def search(exchange: Exchange) -> Reply:
    """``POST …/search``: the documents that are ready and have a word of the query in them."""
    query = exchange.body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise invalid("query", REQUIRED)
    wanted = exchange.body.get("document_ids")
    below = f"knowledge_bases/{exchange.arguments[0]}" if exchange.arguments else None
    hits = [
        {"document_id": body["id"], "document_name": body["name"], "content": body["_content"][:CHUNK_BYTES]}
        for body in tables.every(exchange, KNOWLEDGE_DOCUMENTS.name, below)
        if body["status"] == "ready" and (not wanted or body["id"] in wanted) and _mentions(body, query)
    ]
    return answer({"results": hits})


def addressed(exchange: Exchange) -> Body:
    """The document that the path names, below the base that it names if it names one; Refusal 404."""
    *base, key = exchange.arguments
    below = f"knowledge_bases/{base[0]}" if base else None
    body = tables.find(exchange, KNOWLEDGE_DOCUMENTS.name, key, below)
    if body is None:
        raise refused(404, "No KnowledgeDocument matches the given query.")
    return body


def _answered(exchange: Exchange, body: Body, status: int) -> Reply:
    return answer({"document": KNOWLEDGE_DOCUMENTS.shown(exchange, body), "warnings": []}, status)


def _mentions(body: Body, query: str) -> bool:
    text = body["_content"].casefold()
    return any(word in text for word in query.casefold().split())


def _waiting(scene: Scene, size: int) -> Body:
    estimate = max(1, -(-size // CHUNK_BYTES))
    return {**UNINDEXED, "byte_count": size, "estimated_chunk_count": estimate, DUE: _step(scene)}


def _step(scene: Scene) -> str:
    seconds = document(scene.database, "options").get("indexing_seconds", INDEXING_SECONDS)
    return stamp(scene.now + timedelta(seconds=float(seconds) / 2))


def _on_due(scene: Scene, body: Body) -> Body:
    if body["status"] == "pending":
        return {"status": "processing", DUE: _step(scene)}
    if FAILS in body["name"] or FAILS in body["original_filename"]:
        return {"status": "failed", "error": COMPLAINT}
    return {"status": "ready", "chunk_count": body["estimated_chunk_count"]}


def _compute(scene: Scene, body: Body, before: Body | None) -> Body:
    return {} if before else text_values(scene, body["content"] or "")


def _detail(_scene: Scene, body: Body) -> Body:
    kept = body["_original"] or {}
    return {
        "content": body["_content"],
        "has_original": bool(kept),
        "original_mime_type": kept.get("mime_type"),
        "original_size_bytes": kept.get("size"),
        "replaced_at": body.get("replaced_at"),
        "uploaded_by": None,
    }


def _view(_scene: Scene, body: Body) -> Body:
    return {name: value for name, value in body.items() if name not in {"content", "replaced_at"}}


def _after_write(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "knowledge_documents", body["id"], KNOWLEDGE_DOCUMENTS.shown(scene, body))


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "knowledge_documents", body["id"], None)


DOCUMENT = "/v1/knowledge/documents/{uuid}"
KNOWLEDGE_DOCUMENTS = Resource(
    name="knowledge_documents",
    noun="KnowledgeDocument",
    path="/v1/knowledge/documents",
    fields={"name": Field(v.text(minimum=1, maximum=255)), "content": Field(v.text(minimum=1))},
    verbs=("list", "show", "delete"),
    actions=(
        Route("POST", "/v1/knowledge/documents", create, form=True),
        Route("POST", "/v1/knowledge/documents/import-url", import_url),
        Route("PATCH", DOCUMENT, patch, form=True),
        Route("POST", f"{DOCUMENT}/replace", replace, form=True),
        Route("POST", f"{DOCUMENT}/retry", retry),
        Route("POST", f"{DOCUMENT}/refresh", refetch),
        Route("GET", f"{DOCUMENT}/original", original),
        Route("POST", "/v1/knowledge/search", search),
    ),
    newest_first=True,
    compute=_compute,
    view=_view,
    detail=_detail,
    on_due=_on_due,
    after_write=_after_write,
    after_delete=_after_delete,
)
