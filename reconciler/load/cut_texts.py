"""Spoken texts that end at a comment, and facts that fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from reconciler.contract.fields import policies
from reconciler.documents.comments import COMMENT, GLUED, cut_text
from reconciler.documents.scalars import VERBATIM

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping, Sequence

    from reconciler.model import Finding, Resource


def cut_texts(resource: Resource, lines: Sequence[str]) -> Iterator[Finding]:
    """A warning at each comment that follows a text which is spoken, or a fact that fills one."""
    written = resource.manifest.document.get("spec")
    for path, value, comment in _spoken(resource.spec, written if isinstance(written, dict) else {}):
        start = resource.manifest.locate("spec", *path)
        if cut := cut_text(path[-1], value, start, lines, comment, resource.address):
            yield cut


def _spoken(
    spec: BaseModel, written: Mapping[str, Any], *above: str
) -> Iterator[tuple[tuple[str, ...], Any, re.Pattern[str]]]:
    """The paths below ``spec`` of texts that people hear, what they say, and what ends each by mistake."""
    own = policies(type(spec))
    for name, value in written.items():
        if name == VERBATIM and isinstance(value, dict):
            facts = ((fact, said) for fact, said in value.items() if isinstance(said, str) or said is None)
            yield from (((*above, name, fact), said, GLUED) for fact, said in facts)
        elif isinstance(value, dict) and isinstance(inner := getattr(spec, name, None), BaseModel):
            yield from _spoken(inner, value, *above, name)
        elif isinstance(value, str) and name in own and own[name].text:
            yield (*above, name), value, COMMENT
