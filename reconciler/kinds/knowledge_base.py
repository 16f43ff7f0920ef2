"""Knowledge bases: collections of documents that agents look things up in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from reconciler.contract.fields import TEXT, Spec
from reconciler.kinds.rest import RestKind
from reconciler.model import Action, Consequence, Sort

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.contract.account import Account
    from reconciler.model import Change


class KnowledgeBaseSpec(Spec):
    """What a knowledge base says of itself; its documents name it."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    description: Annotated[str | None, TEXT] = Field(default=None, description="What is in it, for people.")


class KnowledgeBase(RestKind):
    """A collection of documents that an agent may look things up in."""

    name = "KnowledgeBase"
    spec = KnowledgeBaseSpec
    path = "/v1/knowledge-bases"

    def consequences(self, change: Change, account: Account) -> Iterator[Consequence]:
        """Its documents go with it, those of others too."""
        del account
        if (
            change.action is Action.DELETE
            and change.observed is not None
            and change.observed.body.get("document_count")
        ):
            yield Consequence(Sort.CANNOT_BE_UNDONE)

    def summary(self, change: Change, account: Account) -> str:
        """How many documents are deleted with it."""
        del account
        count = change.observed.body.get("document_count") if change.observed is not None else 0
        if change.action is not Action.DELETE or not count:
            return ""
        return f"{change.sentence}; {count} {'document goes' if count == 1 else 'documents go'} with it"
