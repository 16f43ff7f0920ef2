"""Data inside GitHub's Markdown that cannot become Markdown, HTML or a mention."""

from __future__ import annotations

import re
from difflib import unified_diff
from itertools import groupby
from typing import TYPE_CHECKING

from reconciler.render.prompts import respaced
from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.render.terminal import Span

# Backslashed: what makes emphasis, links, cells, mathematics, or a reference to an issue. An underscore
# between letters makes nothing.
_MARKUP = re.compile(r"[\\`*\[\]|~$]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])|#(?=[0-9])")
_LITERAL = re.compile(r"`([^`]+)`")
_ISSUE = re.compile(r"(?<!&)#(?=[0-9])")
_CHANGED = {"removed": "del", "added": "ins"}
_BACKTICKS = re.compile(r"`+")
_UNMENTIONED = "@&#8203;"  # a space of no width: a mention needs its name right after the sign
_SHORTEST_FENCE = 3
_CONTEXT = 2  # unchanged lines on either side of a change


def escape(text: str) -> str:
    """One line of Markdown that reads as the text itself, also inside a table."""
    shielded = _MARKUP.sub(lambda match: f"\\{match[0]}", clean(text))
    return _html(shielded)


def html(text: str) -> str:
    """One line of HTML that reads as the text itself, for where Markdown is not read (a fold's summary)."""
    return _html(clean(text))


def prose(text: str) -> str:
    """One line of Markdown in which `literals` between backticks are set as code."""
    return "".join(code(part) if place % 2 else escape(part) for place, part in enumerate(_LITERAL.split(clean(text))))


def code(text: str) -> str:
    """A literal, in HTML: a code span cannot hold every text inside a table."""
    return f"<code>{escape(text)}</code>"


def _html(text: str) -> str:
    told = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    return told.replace("@", _UNMENTIONED)


def marked_words(spans: Iterable[Span], room: int) -> str:
    """Words of two versions as HTML, what went struck out and what came underlined; … where there is no room."""
    told: list[str] = []
    for style, run in groupby(spans, key=lambda span: _CHANGED.get(span.style, "")):
        words = _unlinked(html(" ".join(span.text for span in run)))
        if len(words) > room:
            told.append("…")
            break
        room -= len(words)
        told.append(f"<{style}>{words}</{style}>" if style else words)
    return " ".join(told)


def _unlinked(text: str) -> str:
    """HTML in which no number is taken for that of an issue."""
    return _ISSUE.sub("#&#8203;", text)


def row(cells: Iterable[str]) -> str:
    """One row of a table; the cells are Markdown already."""
    return f"| {' | '.join(cells)} |\n"


def table(names: Sequence[str], rows: Sequence[str]) -> str:
    """A table of finished rows; "" without any."""
    return "\n" + row(names) + row("---" for _ in names) + "".join(rows) if rows else ""


def fence(lines: Iterable[str], language: str = "") -> str:
    """Lines as they are, in a fence longer than any run of backticks among them."""
    body = [clean(line) for line in lines]
    longest = max((len(run) for line in body for run in _BACKTICKS.findall(line)), default=0)
    marks = "`" * max(_SHORTEST_FENCE, longest + 1)
    return "\n".join(["", f"{marks}{language}", *body, marks, ""])


def text_diff(before: str, after: str, place: str = "") -> str:
    """Two versions of a long text as a diff; where only white space differs, the lines of it written out.

    ``place`` is the file of the text, "" where it has none of its own.
    """
    if before.split() == after.split():
        where = f"{place}:" if place else "line "
        return fence(f"{where}{it.line}  {' '.join(word.text for word in it.words)}" for it in respaced(before, after))
    lines = [
        text if text.startswith("@@") else text.rstrip("\n")
        for text in list(unified_diff(before.splitlines(), after.splitlines(), n=_CONTEXT, lineterm=""))[2:]
    ]
    return fence(lines, "diff")


def fold(summary: str, body: str) -> str:
    """A part of the page that opens on a click; the summary is HTML already."""
    return f"\n<details><summary>{summary}</summary>\n{body}\n</details>\n"


def fitting(pieces: Iterable[str], room: int) -> tuple[list[str], int]:
    """The first pieces that fit into ``room`` characters, and the room left.

    Nothing after the first that does not fit is taken: what is left out is left out from the end.
    """
    taken = []
    for piece in pieces:
        if len(piece) > room:
            break
        taken.append(piece)
        room -= len(piece)
    return taken, room
