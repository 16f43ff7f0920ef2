"""Knowledge bases: collections of documents that agents look things up in."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from reconciler.fields import TEXT, Spec
from reconciler.kinds.rest import RestKind


class KnowledgeBaseSpec(Spec):
    """What a knowledge base says of itself; its documents name it."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    description: Annotated[str | None, TEXT] = Field(default=None, description="What is in it, for people.")


class KnowledgeBase(RestKind):
    """A collection of documents that an agent may look things up in."""

    name = "KnowledgeBase"
    spec = KnowledgeBaseSpec
    path = "/v1/knowledge-bases"
