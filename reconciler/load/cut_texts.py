"""Texts that end at a comment: `` #`` in a text without quotes drops the rest of the line, in silence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import policies
from reconciler.model import Finding, Location, Resource, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMMENT = re.compile(r"[ \t]#(?=\S|[ \t])")
_GLUED = re.compile(r"[ \t]#(?=[^\s#])")  # `#5`: few begin a comment so
_STYLED = frozenset("\"'|>&*!{[")
_HEARD = frozenset({"prompt", "voicemail_message", "consent_announcement_text", "acknowledgement_prompt"})


def cut_texts(resource: Resource, lines: Sequence[str]) -> Iterator[Finding]:
    """A warning at each comment that follows a text which is spoken, or a fact that fills one."""
    for path, comment in _spoken(resource):
        where = resource.manifest.locate("spec", *path)
        line = lines[where.line - 1] if where.line <= len(lines) else ""
        written = line[where.column - 1 :]
        if written[:1] in _STYLED or (found := comment.search(written)) is None:
            continue
        column = where.column + found.start() + 1
        yield Finding(
            Severity.WARNING,
            "RC157",
            f"`{path[-1]}` ends here: what follows ` #` is a comment and is not said",
            "put the text in quotes; where a comment is meant, write it on a line of its own",
            resource.address,
            Location(where.path, where.line, column),
        )


def _spoken(resource: Resource) -> Iterator[tuple[tuple[str, ...], re.Pattern[str]]]:
    """The paths below ``spec`` of texts that people hear, and what ends each by mistake."""
    spec = resource.manifest.document.get("spec")
    texts = {name for name, policy in policies(type(resource.spec)).items() if policy.text} | _HEARD
    for path, settings in (((), spec), (("config",), _inner(spec, "config"))):
        for name, value in _items(settings):
            if name in texts and isinstance(value, str):
                yield (*path, name), _COMMENT
        for name, value in _items(_inner(settings, "variables")):
            if isinstance(value, str) or value is None:
                yield (*path, "variables", name), _GLUED


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []
