"""Set two versions of a long text side by side, line by line, with the words that differ marked."""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from typing import TYPE_CHECKING

from reconciler.render.html_markup import NOTHING, Html, element, join, unseen
from reconciler.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

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


def whole(text: str) -> Html:
    """One text, its lines numbered."""
    lines = _lines(text)
    return element("div", join(_single(number, line) for number, line in enumerate(lines, 1)), class_="text")


def side_by_side(before: str, after: str) -> Html:
    """Both texts; unchanged lines further from a change fold away behind their count and their heading."""
    old, new = _lines(before), _lines(after)
    parts: list[Html] = []
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    for place, (tag, i, j, k, end) in enumerate(codes):
        rows = list(_paired(old, new, (i, j, k, end), same=tag == "equal"))
        if tag == "equal":
            parts += _folded(rows, first=place == 0, last=place == len(codes) - 1)
        else:
            parts += map(_pair, rows)
    return element("div", join(parts), class_="texts")


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


def _folded(rows: list[_Line], *, first: bool, last: bool) -> Iterator[Html]:
    head = 0 if first else _CONTEXT
    tail = 0 if last else _CONTEXT
    if len(rows) <= head + tail + 1:
        yield from map(_pair, rows)
        return
    hidden = rows[head : len(rows) - tail]
    titles = [found[1] for row in hidden if (found := _HEADING.match(row.after))]
    about = f": {', '.join(titles)}" if titles else ""
    yield from map(_pair, rows[:head])
    yield element(
        "details",
        element("summary", f"{counted(len(hidden), 'unchanged line')}{about}"),
        join(map(_pair, hidden)),
    )
    yield from map(_pair, rows[len(rows) - tail :])


def _single(number: int, line: str) -> Html:
    return element("div", element("span", str(number), class_="number"), _text(line), class_="line")


def _text(line: str) -> Html:
    title = " heading" if _HEADING.match(line) else ""
    return element("span", line, class_=f"words{title}")


def _pair(line: _Line) -> Html:
    if line.same:
        cells = (_cell(line.left, _text(line.before)), _cell(line.right, _text(line.after), class_=" again"))
        return element("div", *cells, class_="pair")
    if not (line.left and line.right):
        return element("div", *_one_sided(line), class_="pair changed")
    before, after = _marked(line.before, line.after)
    return element(
        "div",
        _cell(line.left, element("span", unseen("before: "), before, class_="words"), class_=" gone"),
        _cell(line.right, element("span", unseen("after: "), after, class_="words"), class_=" come"),
        class_="pair changed",
    )


def _one_sided(line: _Line) -> tuple[Html, Html]:
    """A line that only one side has."""
    empty = element("div", class_="cell empty")
    if line.left:
        words = element("span", unseen("removed: "), element("del", line.before), class_="words")
        return _cell(line.left, words, class_=" gone"), empty
    words = element("span", unseen("added: "), element("ins", line.after), class_="words")
    return empty, _cell(line.right, words, class_=" come")


def _cell(number: int, words: Html, class_: str = "") -> Html:
    return element("div", element("span", str(number), class_="number"), words, class_=f"cell{class_}")


def _marked(before: str, after: str) -> tuple[Html, Html]:
    """Both lines with the words that only one of them has marked; whole lines where little is common."""
    old, new = _WORDS.findall(before), _WORDS.findall(after)
    if len(old) * len(new) > _MANY_WORDS:
        return element("del", before), element("ins", after)
    matcher = SequenceMatcher(None, old, new, autojunk=False)
    if matcher.ratio() < _ALIKE:
        return element("del", before), element("ins", after)
    left, right = NOTHING, NOTHING
    for tag, i, j, k, end in matcher.get_opcodes():
        gone, come = "".join(old[i:j]), "".join(new[k:end])
        left = join((left, gone if tag == "equal" else element("del", gone) if gone else NOTHING))
        right = join((right, come if tag == "equal" else element("ins", come) if come else NOTHING))
    return left, right
