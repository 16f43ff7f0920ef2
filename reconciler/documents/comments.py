"""Comments behind a text: `` #`` in a text without quotes drops the rest of the line, in silence."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Address

COMMENT = re.compile(r"[ \t]#(?=\S|[ \t])")
GLUED = re.compile(r"[ \t]#(?=[^\s#])")  # `#5`: few begin a comment so
_STYLED = frozenset("\"'|>*{[")
_PROPERTIES = re.compile(r"(?:[&!]\S*\s+)+")  # an anchor, a tag: before the text that they are of
_LONGEST = 500  # lines of one text without quotes that are searched for its end


def cut_text(  # noqa: PLR0913 - where it is written, and what it says
    name: str,
    value: Any,
    start: Location,
    lines: Sequence[str],
    comment: re.Pattern[str],
    address: Address | None = None,
) -> Finding | None:
    """A warning at the comment that follows the text written from ``start`` on; None where there is none."""
    where = _cut(start, value, lines, comment)
    if where is None:
        return None
    return Finding(
        Severity.WARNING,
        "RC157",
        f"`{name}` ends here: what follows ` #` is a comment and is not said",
        "put the text in quotes; where a comment is meant, write it on a line of its own",
        address,
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
