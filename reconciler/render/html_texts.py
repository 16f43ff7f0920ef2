"""Two versions of a long text side by side, line by line, with the words that differ marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

import htpy

from reconciler.render.html_parts import unseen
from reconciler.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from htpy import Node

_WORDS = re.compile(r"\s+|[^\s]+")
_HEADING = re.compile(r"#{1,6} +(\S.*)")
_CONTEXT = 2  # unchanged lines shown on either side of a change
_MANY_WORDS = 1_000_000  # pairs of words beyond which two lines are not compared word by word
_ALIKE = 0.3  # share of common words below which two lines are shown as one gone and one come


@dataclass(frozen=True, slots=True)
class _Line:
    """One row: the line numbers on both sides, 0 where there is none, and the texts."""

    left: int
    right: int
    before: str
    after: str
    same: bool


def whole(text: str) -> Node:
    """One text, its lines numbered."""
    lines = _lines(text)
    return htpy.div(class_="text")[(_single(number, line) for number, line in enumerate(lines, 1))]


def side_by_side(before: str, after: str) -> Node:
    """Both texts; unchanged lines further from a change fold away behind their count and their heading."""
    old, new = _lines(before), _lines(after)
    parts: list[Node] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (tag, i, j, k, end) in enumerate(codes):
        rows = list(_paired(old, new, (i, j, k, end), same=tag == "equal"))
        if tag == "equal":
            parts += _folded(rows, first=place == 0, last=place == len(codes) - 1)
        else:
            parts += map(_pair, rows)
    return htpy.div(class_="texts")[parts]


def _lines(text: str) -> list[str]:
    return [line.rstrip() for line in text.replace("\r\n", "\n").strip().split("\n")]


def _paired(old: Sequence[str], new: Sequence[str], spans: tuple[int, int, int, int], *, same: bool) -> Iterator[_Line]:
    i, j, k, end = spans
    for left, right in zip_longest(range(i, j), range(k, end)):
        yield _Line(
            0 if left is None else left + 1,
            0 if right is None else right + 1,
            "" if left is None else old[left],
            "" if right is None else new[right],
            same,
        )


def _folded(rows: list[_Line], *, first: bool, last: bool) -> Iterator[Node]:
    head = 0 if first else _CONTEXT
    tail = 0 if last else _CONTEXT
    if len(rows) <= head + tail + 1:
        yield from map(_pair, rows)
        return
    hidden = rows[head : len(rows) - tail]
    titles = [found[1] for row in hidden if (found := _HEADING.match(row.after))]
    about = f": {', '.join(titles)}" if titles else ""
    yield from map(_pair, rows[:head])
    yield htpy.details[htpy.summary[f"{counted(len(hidden), 'unchanged line')}{about}"], [map(_pair, hidden)]]
    yield from map(_pair, rows[len(rows) - tail :])


def _single(number: int, line: str) -> Node:
    return htpy.div(class_="line")[htpy.span(class_="number")[str(number)], _text(line)]


def _text(line: str) -> Node:
    title = " heading" if _HEADING.match(line) else ""
    return htpy.span(class_=f"words{title}")[line]


def _pair(line: _Line) -> Node:
    if line.same:
        cells = (_cell(line.left, _text(line.before)), _cell(line.right, _text(line.after), class_=" again"))
        return htpy.div(class_="pair")[cells]
    if not (line.left and line.right):
        return htpy.div(class_="pair changed")[_one_sided(line)]
    before, after = _marked(line.before, line.after)
    return htpy.div(class_="pair changed")[
        _cell(line.left, htpy.span(class_="words")[unseen("before: "), before], class_=" gone"),
        _cell(line.right, htpy.span(class_="words")[unseen("after: "), after], class_=" come"),
    ]


def _one_sided(line: _Line) -> tuple[Node, Node]:
    """A line that only one side has."""
    empty = htpy.div(class_="cell empty")
    if line.left:
        words = htpy.span(class_="words")[unseen("removed: "), htpy.del_[line.before]]
        return _cell(line.left, words, class_=" gone"), empty
    words = htpy.span(class_="words")[unseen("added: "), htpy.ins[line.after]]
    return empty, _cell(line.right, words, class_=" come")


def _cell(number: int, words: Node, class_: str = "") -> Node:
    return htpy.div(class_=f"cell{class_}")[htpy.span(class_="number")[str(number)], words]


def _marked(before: str, after: str) -> tuple[Node, Node]:
    """Both lines with the words that only one of them has marked; whole lines where little is common."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) * len(new) > _MANY_WORDS:
        return htpy.del_[before], htpy.ins[after]
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return htpy.del_[before], htpy.ins[after]
    left: list[Node] = []
    right: list[Node] = []
    for tag, i, j, k, end in matcher.get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:end])
        left.append(gone if tag == "equal" else htpy.del_[gone] if gone else None)
        right.append(come if tag == "equal" else htpy.ins[come] if come else None)
    return left, right
