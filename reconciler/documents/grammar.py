"""Problems of a text that is no YAML: what is wrong, where its author sees it, and what helps."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

# What git leaves in a file for a person to choose from. A line of equals signs may be a heading and says nothing.
_MERGE_MARKER = re.compile(r"^(?:<{7}|>{7}|\|{7})(?: .*)?\r?$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with the text of one document, and where."""

    code: str
    message: str
    location: Location
    hint: str = ""


def merge_markers(text: str, path: str) -> Iterator[Problem]:
    """The first of the lines in which git marks both sides of a conflict: such a text was never meant."""
    # One sign is looked for ten times as fast as several.
    if not any(sign in text and sign * 7 in text for sign in "<>|"):
        return
    if found := _MERGE_MARKER.search(text):
        line = text.count("\n", 0, found.start()) + 1
        message = f"`{found[0].strip()[:40]}` marks a merge conflict that is not settled"
        yield Problem("RC156", message, Location(path, line), "choose one side, and remove the lines of markers")


def grammar_problem(error: yaml.YAMLError, text: str, path: str) -> Problem:
    """What libyaml complains of, where its author would look for it."""
    if isinstance(error, yaml.MarkedYAMLError):
        mark = error.problem_mark or error.context_mark
        context = f" {error.context}" if error.context else ""
        lines = text.splitlines()
        line = "".join(lines[mark.line : mark.line + 1]) if mark is not None else ""
        if (comment := _comment_in_flow(error, lines)) is not None:
            return Problem("RC101", f"{error.problem}{context}", Location(path, *comment), _QUOTE_HASH)
        return Problem("RC101", f"{error.problem}{context}", location(path, mark), _hint(error, line, mark))
    if isinstance(error, yaml.reader.ReaderError):
        where = Location(path, text.count("\n", 0, error.position) + 1)
        return Problem("RC101", f"a character YAML does not allow ({error.reason})", where)
    return Problem("RC101", short(str(error)), Location(path))


_QUOTE_HASH = "quote the value: ` #` begins a comment, which ends the line"


def _comment_in_flow(error: yaml.MarkedYAMLError, lines: Sequence[str]) -> tuple[int, int] | None:
    """The line and column of a `` #`` that cut a flow short; the parser notices it at the next line or far below."""
    start, end = error.context_mark, error.problem_mark
    if start is None or end is None or "did not find expected ','" not in (error.problem or ""):
        return None
    for number in range(start.line, min(end.line + 1, len(lines))):
        column = lines[number].find(" #", start.column if number == start.line else 0)
        if column >= 0:
            return number + 1, column + 2
    return None


def _hint(error: yaml.MarkedYAMLError, line: str, mark: Any) -> str:
    problem = error.problem or ""
    indentation = line[: len(line) - len(line.lstrip())]
    if "\t" in indentation or (mark is not None and line[mark.column : mark.column + 1] == "\t"):
        return "indent with spaces: YAML does not allow tabs"
    if "undefined alias" in problem:
        return "anchors end with their document: write the value out, or put both into one document"
    if "cannot start any token" in problem:
        return "quote the value"
    if "did not find expected ','" in problem and "${" in line:
        return 'quote the value: inside braces and brackets write "${…}"'
    if "mapping values are not allowed" in problem:
        return "quote the value: it contains `: `"
    return "check the indentation and the quotes"


def location(path: str, mark: Any) -> Location:
    """The place of a mark; the file where there is none."""
    return Location(path, mark.line + 1, mark.column + 1) if mark is not None else Location(path)


def short(text: str) -> str:
    """A quotation that a message has room for."""
    return text if len(text) <= 60 else text[:57] + "..."  # noqa: PLR2004 - what fits a message
