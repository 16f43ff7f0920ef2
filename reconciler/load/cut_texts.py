"""Spoken texts that end at a comment, and facts that fill them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import policies
from reconciler.documents.comments import COMMENT, GLUED, cut_text

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Sequence

    from reconciler.model import Finding, Resource

_HEARD = frozenset({"prompt", "voicemail_message", "consent_announcement_text", "acknowledgement_prompt"})


def cut_texts(resource: Resource, lines: Sequence[str]) -> Iterator[Finding]:
    """A warning at each comment that follows a text which is spoken, or a fact that fills one."""
    for path, value, comment in _spoken(resource):
        start = resource.manifest.locate("spec", *path)
        if cut := cut_text(path[-1], value, start, lines, comment, resource.address):
            yield cut


def _spoken(resource: Resource) -> Iterator[tuple[tuple[str, ...], Any, re.Pattern[str]]]:
    """The paths below ``spec`` of texts that people hear, what they say, and what ends each by mistake."""
    spec = resource.manifest.document.get("spec")
    texts = {name for name, policy in policies(type(resource.spec)).items() if policy.text} | _HEARD
    for path, settings in (((), spec), (("config",), _inner(spec, "config"))):
        for name, value in _items(settings):
            if name in texts and isinstance(value, str):
                yield (*path, name), value, COMMENT
        for name, value in _items(_inner(settings, "variables")):
            if isinstance(value, str) or value is None:
                yield (*path, "variables", name), value, GLUED


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []
