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
_STYLED = frozenset("\"'|>*{[")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")  # an anchor, a tag: before the text that they are of
_LONGEST = 500  # lines of one text without quotes that are searched for its end
_HEARD = frozenset({"prompt", "voicemail_message", "consent_announcement_text", "acknowledgement_prompt"})


def cut_texts(resource: Resource, lines: Sequence[str]) -> Iterator[Finding]:
    """A warning at each comment that follows a text which is spoken, or a fact that fills one."""
    for path, value, comment in _spoken(resource):
        start = resource.manifest.locate("spec", *path)
        if (where := _cut(start, value, lines, comment)) is not None:
            yield Finding(
                Severity.WARNING,
                "RC157",
                f"`{path[-1]}` ends here: what follows ` #` is a comment and is not said",
                "put the text in quotes; where a comment is meant, write it on a line of its own",
                resource.address,
                where,
            )


def _cut(start: Location, value: Any, lines: Sequence[str], comment: re.Pattern[str]) -> Location | None:
    """Where the comment behind a text without quotes begins that is written from ``start`` on; None without one."""
    rows = lines[start.line - 1 : start.line - 1 + _LONGEST]
    text = "\n".join(rows)[start.column - 1 :]
    properties = _PROPERTIES.match(text)
    begins = properties.end() if properties else 0
    if text[begins : begins + 1] in _STYLED:
        return None
    ends = _end(text, begins, value)
    rest = text[ends:].partition("\n")[0]
    found = comment.search(rest)
    if found is None:
        return None
    before = text[: ends + found.start() + 1].split("\n")
    first = start.column if len(before) == 1 else 1
    return Location(start.path, start.line + len(before) - 1, first + len(before[-1]))


def _end(text: str, begins: int, value: Any) -> int:
    """Where a text over several lines ends, which folds its breaks; its beginning where it is not as it was written."""
    words = value.split() if isinstance(value, str) else ()
    found = re.compile(r"\s+".join(map(re.escape, words))).match(text, begins) if words else None
    return found.end() if found else begins


def _spoken(resource: Resource) -> Iterator[tuple[tuple[str, ...], Any, re.Pattern[str]]]:
    """The paths below ``spec`` of texts that people hear, what they say, and what ends each by mistake."""
    spec = resource.manifest.document.get("spec")
    texts = {name for name, policy in policies(type(resource.spec)).items() if policy.text} | _HEARD
    for path, settings in (((), spec), (("config",), _inner(spec, "config"))):
        for name, value in _items(settings):
            if name in texts and isinstance(value, str):
                yield (*path, name), value, _COMMENT
        for name, value in _items(_inner(settings, "variables")):
            if isinstance(value, str) or value is None:
                yield (*path, "variables", name), value, _GLUED


def _inner(value: Any, name: str) -> Any:
    return value.get(name) if isinstance(value, dict) else None


def _items(value: Any) -> list[tuple[str, Any]]:
    return list(value.items()) if isinstance(value, dict) else []
