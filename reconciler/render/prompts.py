"""This file exists to show what changed in a long text: words under their heading, not two walls of text.

Lines are compared first and words only inside the lines that changed, so a prompt of thousands of words
costs what its change costs.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reconciler.render.terminal import Span, clean
from reconciler.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEADING = re.compile(r"#{1,6} +\S")
_BESIDE = 4  # unchanged words shown on either side of a change
_MANY_WORDS = 4_000_000  # pairs of words beyond which lines are not compared word by word
_MARKS = frozenset({"added", "removed"})
_ELLIPSIS = Span("…", "dim")


@dataclass(frozen=True, slots=True)
class Passage:
    """One place that changed: its heading ("" without one), its line in the new text, and its words.

    Words that went are spans of style ``removed``, words that came of style ``added``; both carry brackets,
    so that they can be told apart without colour.
    """

    heading: str
    line: int
    words: tuple[Span, ...]


def size(text: str) -> str:
    """``12 lines, 87 words``."""
    return f"{counted(len(text.strip().splitlines()), 'line')}, {counted(len(text.split()), 'word')}"


def growth(before: str, after: str) -> str:
    """The change in length: ``+3 words``, ``same length``."""
    words = len(after.split()) - len(before.split())
    return f"{words:+,} {'word' if abs(words) == 1 else 'words'}" if words else "same length"


def passages(before: str, after: str) -> Iterator[Passage]:
    """Every place where two texts differ, in the order of the new text; white space counts as one space."""
    old, new = _lines(before), _lines(after)
    offset = _blank_lines_above(after)
    for tag, i, j, k, end in SequenceMatcher(None, old, new).get_opcodes():
        if tag == "equal":
            continue
        words = tuple(_words(old[i:j], new[k:end]))
        if any(word.style in _MARKS for word in words):
            yield Passage(_heading(new, k), offset + min(k, len(new) - 1) + 1, words)


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _blank_lines_above(text: str) -> int:
    return text[: len(text) - len(text.lstrip())].count("\n")


def _heading(lines: Sequence[str], index: int) -> str:
    """The nearest Markdown heading above a line, or "" where there is none."""
    above = (line for line in reversed(lines[:index]) if _HEADING.match(line))
    return clean(next(above, ""))


def _words(old: Sequence[str], new: Sequence[str]) -> Iterator[Span]:
    left, right = " ".join(old).split(), " ".join(new).split()
    if not left and not right:
        return
    if len(left) * len(right) > _MANY_WORDS:
        yield from _marked(left, right)
        return
    codes = SequenceMatcher(None, left, right, autojunk=False).get_opcodes()
    for place, (tag, i, j, k, end) in enumerate(codes):
        if tag == "equal":
            yield from _folded(left[i:j], first=place == 0, last=place == len(codes) - 1)
        else:
            yield from _marked(left[i:j], right[k:end])


def _folded(words: Sequence[str], *, first: bool, last: bool) -> Iterator[Span]:
    """Unchanged words, those in the middle left out."""
    head = 0 if first else _BESIDE
    tail = 0 if last else _BESIDE
    if len(words) <= head + tail + 1:
        yield from (Span(clean(word)) for word in words)
        return
    yield from (Span(clean(word)) for word in words[:head])
    yield _ELLIPSIS
    yield from (Span(clean(word)) for word in words[len(words) - tail :])


def _marked(gone: Sequence[str], come: Sequence[str]) -> Iterator[Span]:
    """``[old → new]``, ``[-old]``, ``[+new]``; the brackets hug their words: a line may break anywhere."""
    old, new = [clean(word) for word in gone], [clean(word) for word in come]
    if old and new:
        old[0], new[-1] = f"[{old[0]}", f"{new[-1]}]"
        yield from (Span(word, "removed") for word in old)
        yield Span("→", "dim")
        yield from (Span(word, "added") for word in new)
    elif old:
        yield from (Span(word, "removed") for word in _bracketed("[-", old))
    else:
        yield from (Span(word, "added") for word in _bracketed("[+", new))


def _bracketed(sign: str, words: list[str]) -> list[str]:
    return [
        *(f"{sign}{word}" if index == 0 else word for index, word in enumerate(words[:-1])),
        f"{sign if len(words) == 1 else ''}{words[-1]}]",
    ]  # fmt: skip - first and last
