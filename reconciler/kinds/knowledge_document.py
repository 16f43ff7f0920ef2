"""Knowledge documents: texts and files that agents look things up in, read in their own time.

The vendor's oddities (contract-next 5.3): a document lives in a knowledge base or in the flat store, whose creates are
answered with a list; one alone is read by the flat path only; until it is ``ready`` no agent answers from it.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from mimetypes import guess_type
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Field

from reconciler.api import segment
from reconciler.api.forms import File, Form
from reconciler.contract.fields import PARENT, Content, Largest, Ref, Spec
from reconciler.contract.kind import DueAction
from reconciler.errors import Rejected
from reconciler.kinds.rest import RestKind, declared, live
from reconciler.model import Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.contract.account import Context, Look
    from reconciler.model import Change, Observed, Resource

_LARGEST = 20 << 20
_READY, _FAILED = "ready", "failed"
_RETRY = "retry"


class KnowledgeDocumentSpec(Spec):
    """What it is called, what is in it, and the base it lives in."""

    knowledge_base: Annotated[str | None, Ref("KnowledgeBase", wire="knowledge_base_id"), PARENT] = Field(
        default=None, description="The KnowledgeBase it lives in; left out: none, and agents name it themselves."
    )
    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    content: Annotated[Content | None, Largest(_LARGEST)] = Field(
        default=None, description="The text, or {file: PATH} for a file of at most 20 MiB, uploaded as it is."
    )


class KnowledgeDocument(RestKind):
    """A text or a file that agents look things up in."""

    name = "KnowledgeDocument"
    spec = KnowledgeDocumentSpec
    path = "/v1/knowledge-bases/{parent}/documents"
    flat = "/v1/knowledge/documents"
    needed = ("content",)
    replaceable = True
    patience = timedelta(minutes=5)

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """With whether it is still being read, or could not be."""
        it, status = super().seen(body, below), str(body.get("status", _READY))
        if it is None or status == _READY:
            return it
        if status == _FAILED:
            return replace(
                it, failure=f"could not be read by the platform: {body.get('error') or 'it does not say why'}"
            )
        return replace(it, phase=Phase.MOVING, history=f"is being read by the platform ({status})")

    def _listed(self, look: Look, below: str) -> Iterator[Observed]:
        """Without a text: what a list may tell of it is no more than its beginning."""
        for it in super()._listed(look, below):
            yield replace(it, body={name: value for name, value in it.body.items() if name != "content"})

    def create(self, change: Change, context: Context) -> Observed:
        """One POST, a form where it is a file; the flat store answers with a list of one."""
        resource, below = declared(change), self.below(declared(change), context)
        sent = self._sent(resource, self.initial(resource), context)
        answer = context.api.post(self.collection(below), sent)
        return self._one(answer["documents"][0] if "documents" in answer else answer, below)

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH what differs, under the same id; a file goes with its name, or it would be called like the file."""
        seen, wanted = live(change), self.expected(declared(change))
        fields = {"name": seen.name, **{diff.path: wanted[diff.path] for diff in change.diffs}}
        if not isinstance(fields.get("content"), dict) and all(diff.path != "name" for diff in change.diffs):
            del fields["name"]
        context.api.patch(self.item(seen.id, seen.parent), self._sent(declared(change), fields, context))
        return self.read(seen.id, context, seen.parent)

    def _sent(self, resource: Resource, fields: Mapping[str, Any], context: Context) -> Form | dict[str, Any]:
        content = fields.get("content")
        if not isinstance(content, dict):
            return self.body(fields, context.resolver)
        name = PurePosixPath(resource.files["content"]).name
        file = File(name, context.bytes_of(resource, "content"), guess_type(name)[0] or "application/octet-stream")
        return Form({"name": str(fields["name"])}, {"file": file})

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """One document by the flat path; a platform that keeps those of a base apart lists them."""
        try:
            return self._one(context.api.get(f"{self.flat}/{segment(id_)}"), parent)
        except Rejected as error:
            if not parent or error.status != 404:  # noqa: PLR2004 - not found
                raise
            return self._from_list(id_, context, parent)

    def in_full(self, observed: Observed, look: Look) -> Observed:
        """With its text, which the lists leave out; a file is not told as it was uploaded."""
        if observed.body.get("source_type") != "text" or observed.body.get("source_origin"):
            return observed
        alone = look.api.get(f"{self.flat}/{segment(observed.id)}")
        return replace(observed, body={**observed.body, "content": alone.get("content")})

    def doubtful(self, resource: Resource, observed: Observed) -> bool:
        """A text of another size than the one that is declared."""
        text, size = self.expected(resource).get("content"), observed.body.get("byte_count")
        if not isinstance(text, str) or not isinstance(size, int) or observed.phase is Phase.MOVING:
            return False
        return size not in {len(spelt.encode("utf-8", "replace")) for spelt in (text, text.strip())}

    def due_actions(self, resource: Resource, observed: Observed) -> Iterator[DueAction]:
        """What could not be read is read again."""
        del resource
        if observed.failure:
            yield DueAction(_RETRY, "failed", f"{observed.failure}; it is tried again", once=False)

    def act(self, change: Change, context: Context) -> Observed:
        """Have it read again, unless a new content did that already."""
        seen = live(change)
        now = self.read(seen.id, context, seen.parent)
        if not now.failure:
            return now
        context.api.post(f"{self.item(seen.id, seen.parent)}/{_RETRY}", {})
        return self.read(seen.id, context, seen.parent)
