"""The plain form of manifests, read by its lines: block mappings, one-line scalars, literal texts.

``plain_documents`` reads block mappings and lists of one-line scalars, quoted ones without escapes and literal blocks,
with comments between them. Of any text that holds something else it says nothing, and libyaml reads the whole of it:
what both read is the same, to the column. No other YAML is ever understood here, and nothing is complained about.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from reconciler.documents.scalars import MEANINGFUL_STARTS, VERBATIM, as_written, scalar

COLUMNS = 1 << 12  # how many columns a packed place tells apart
_DEEPEST = 60
_MOST_PLACES = 200_000  # of one document
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff\ufeff\ufffe\uffff]")
_ASCII = bytes([*b"\n\t", *range(0x20, 0x7F)])
_SEPARATOR = "---\n"
# A blank line must be empty: below a literal block, white space in it may be a part of the text.
_LINE = re.compile(
    r"""(?x)
    (?:
      (\ {0,120})
      (?:
        (?: ([A-Za-z][A-Za-z0-9_./-]{0,99}): | (-) )
        (?:
          \ + (?:
              ([A-Za-z0-9/+][^\n\t:\#]*(?:(?::(?=[^\n\t\ ])|(?<=[^\n\t\ ])\#)[^\n\t:\#]*)*)
            | "([^"\\\n\t]*)"\ *
            | '([^'\n\t]*)'\ *
            | \|(-?)\n (\ {1,120})([^\n\t\ ][^\n]*(?:\n(?:\8[^\n]*)?)*)(?=\n)
          )
        )?
        | \#[^\n]*
      )
    )?
    \n
    """
)


class Plain(NamedTuple):
    """One document: its value, and the packed ``line * COLUMNS + column`` of each of its nodes."""

    value: dict[str, Any]
    places: list[int]


def plain_documents(text: str) -> list[Plain] | None:
    """Every document of a text that is in the plain form as a whole; None of any other, empty ones left out."""
    if not text.endswith("\n") or not _printable(text):
        return None
    found: list[Plain] = []
    at, line = 0, 0
    while at < len(text):
        if text.startswith(_SEPARATOR, at):
            at, line = at + len(_SEPARATOR), line + 1
        read = _document(text, at, line)
        if read is None:
            return None
        document, at, line = read
        if document.places:
            found.append(document)
    return found


def _printable(text: str) -> bool:
    """Whether a text holds only what YAML allows, and breaks its lines in one way."""
    if text.isascii():
        return not text.encode().translate(None, _ASCII)
    return _UNPRINTABLE.search(text) is None


def _document(  # noqa: C901, PLR0912, PLR0915 - the hot path: a call a line would double it
    text: str, at: int, line: int
) -> tuple[Plain, int, int] | None:
    """The document that begins at an offset, in a line from zero, and where what follows it does."""
    root: dict[str, Any] = {}
    held: Any = root  # the mapping or list that is being read, which begins in ``column``
    column, awaiting, verbatim = 0, "", False  # ``awaiting``: the key whose value stands below it
    outer: list[tuple[Any, int, bool]] = []
    places: list[int] = []
    place = places.append
    while at < len(text):
        found = _LINE.match(text, at)
        if found is None:
            if text.startswith(_SEPARATOR, at):
                break
            return None
        indent, key, dash, plain, double, single, chomp, margin, block = found.groups()
        begins, at, row = at, found.end(), line * COLUMNS
        line += 1
        if not key and not dash:
            continue
        here = len(indent)
        if not places:
            column = here
            place(row + here)
        elif here > column:
            if not awaiting or len(outer) > _DEEPEST:
                return None
            outer.append((held, column, verbatim))
            inner: Any = {} if key else []
            held[awaiting] = inner
            verbatim = awaiting == VERBATIM
            held, column, awaiting = inner, here, ""
            place(row + here)
        elif awaiting:
            return None
        while here < column and outer:
            held, column, verbatim = outer.pop()
        if here != column or (held.__class__ is not dict or key in held if key else held.__class__ is not list):
            return None
        value: Any
        if plain is not None:
            value, starts = plain.rstrip(" ") if plain[-1] == " " else plain, found.start(4)
            if value[:1] in MEANINGFUL_STARTS:
                value = as_written(scalar(value), value) if verbatim and key else scalar(value)
        elif block is not None:
            if len(margin) <= here:
                return None
            line += block.count("\n") + 1
            value, starts = block.replace("\n" + margin, "\n"), found.start(7) - 1
            value = value.rstrip("\n") if chomp else value.rstrip("\n") + "\n"
        elif double is not None:
            value, starts = double, found.start(5) - 1
        elif single is not None:
            value, starts = single, found.start(6) - 1
        elif key:
            place(row + here)
            awaiting = key
            continue
        else:
            return None
        if key:
            place(row + here)
            held[key] = value
        else:
            held.append(value)
        place(row + starts - begins)
    return None if awaiting or len(places) > _MOST_PLACES else (Plain(root, places), at, line)
