"""Secrets of a document: which the environment lends, and which must not be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.shapes import is_confidential, secrets_in

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.contract.kind import Kind
    from reconciler.contract.shapes import Place


SHORTEST = 6  # a shorter text is found in words that have nothing to do with it


def confidential(spec: Any, kind: Kind) -> set[str]:
    """The secrets of a spec that must be in no text that is let out, whatever quotes them."""
    if not isinstance(spec, dict):
        return set()
    found = secrets_in(kind.spec, spec)
    return {text for place, text in found if len(text) >= SHORTEST and is_confidential(spec, place)}


def lent_places(document: Any, kinds: Mapping[str, Kind]) -> Iterator[Place]:
    """The places below ``spec`` whose secret the environment lends, in a document as it is written."""
    named = document.get("kind") if isinstance(document, dict) else None
    kind = kinds.get(named) if isinstance(named, str) else None
    spec = document.get("spec") if isinstance(document, dict) else None
    if kind is None or not isinstance(spec, dict):
        return
    for place, value in secrets_in(kind.spec, spec):
        if isinstance(value, str) and "${env:" in value:
            yield place
