"""Changes of a long text: words under their heading, not two walls of text.

Lines are compared first and words only inside the lines that changed, so a prompt of thousands of words
costs what its change costs.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from itertools import takewhile, zip_longest
from typing import TYPE_CHECKING

from reconciler.render.terminal import Span, clean, cut
from reconciler.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_HEADING = re.compile(r"#{1,6} +\S")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d+[.)]) +\S")
_BESIDE = 4  # unchanged words shown on either side of a change
_MANY_WORDS = 4_000_000  # pairs of words beyond which lines are not compared word by word
_MARKS = frozenset({"added", "removed"})
_LINE = re.compile(r"[^\n]*\n|[^\n]+")
_BLANKS = {" ": "·", "\t": "⇥", "\u00a0": "⍽", "\n": "↵", "\r": "␍"}
LEGEND = "white space only (· space, ⇥ tab, ⍽ no-break space, ↵ end of line, ␍ carriage return)"
_AROUND = 20  # letters shown on either side of white space that changed
_WIDEST_MARKED = 40
_MANY_BLOCKS = 10_000  # pairs of paragraphs beyond which they are paired by their order alone
_SAME_KIND = 0.01  # what makes two paragraphs without a common word one that was rewritten
_ELLIPSIS = Span("…", "dim")


@dataclass(frozen=True, slots=True)
class Passage:
    """One place that changed: its heading ("" without one), its line in the new text, and its words.

    Words that went are spans of style ``removed``, words that came of style ``added``; both carry brackets,
    so that they can be told apart without colour. ``titled``: it is the heading itself that changed;
    ``continued``: it follows right on the passage before it.
    """

    heading: str
    line: int
    words: tuple[Span, ...]
    titled: bool = False
    continued: bool = False


@dataclass(frozen=True, slots=True)
class _Block:
    """A heading, an item of a list, or the lines between two blank ones; ``start`` is the place of its first line."""

    start: int
    lines: tuple[str, ...]

    @property
    def heading(self) -> bool:
        return bool(_HEADING.match(self.lines[0]))


def size(text: str) -> str:
    """``12 lines, 87 words``."""
    return f"{counted(len(text.strip().splitlines()), 'line')}, {counted(len(text.split()), 'word')}"


def growth(before: str, after: str) -> str:
    """The change in length: ``+3 words``, ``same length``."""
    words = len(after.split()) - len(before.split())
    return f"{words:+,} {'word' if abs(words) == 1 else 'words'}" if words else "same length"


def passages(before: str, after: str) -> Iterator[Passage]:
    """Every place where two texts differ, in the order of the new text, no passage longer than a paragraph.

    White space counts as one space: for texts that differ in nothing else see ``respaced``.
    """
    old, new = _lines(before), _lines(after)
    offset = _blank_lines_above(after)
    for tag, i, j, k, end in SequenceMatcher(lambda line: not line, old, new).get_opcodes():
        if tag == "equal" or " ".join(old[i:j]).split() == " ".join(new[k:end]).split():
            continue
        continued = False
        for gone, come in _paired(_blocks(old, i, j), _blocks(new, k, end)):
            words = tuple(_words(gone.lines if gone else (), come.lines if come else ()))
            if any(word.style in _MARKS for word in words):
                k = come.start if come else k  # noqa: PLW2901 - what only the old text has stands where the last was
                titled = come is not None and come.heading
                heading = clean(new[k]) if titled else _heading(new, k)
                yield Passage(heading, offset + min(k, len(new) - 1) + 1, words, titled, continued)
                continued = True


def respaced(before: str, after: str) -> Iterator[Passage]:
    """Every line where two texts of the same words differ in white space, which is made visible there."""
    old, new = _LINE.findall(before), _LINE.findall(after)
    for tag, i, j, k, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        pairs = (
            [(i + step, i + step + 1, k + step, k + step + 1) for step in range(j - i)]
            if j - i == end - k
            else [(i, j, k, end)]
        )
        for a, b, c, d in pairs:
            yield _respaced("".join(old[a:b]), "".join(new[c:d]), c)


def _respaced(gone: str, come: str, line: int) -> Passage:
    """What differs between two stretches of text, with a little of what stands on either side of it."""
    head = _shared(gone, come)
    tail = _shared(gone[head:][::-1], come[head:][::-1])
    went, came = (_with_marks(side[head : len(side) - tail]) for side in (gone, come))
    marked = f"[{went} → {came}]" if went and came else f"[-{went}]" if went else f"[+{came}]"
    left = gone[:head].rpartition("\n")[2][-_AROUND:]
    right = gone[len(gone) - tail :].partition("\n")[0][:_AROUND]
    told = f"{clean(left)}{marked}{clean(right)}"
    words = tuple(Span(word) for word in told.split(" ") if word)
    return Passage("", line + gone[:head].count("\n") + 1, words)


def _shared(one: str, other: str) -> int:
    """How many letters two texts begin with alike."""
    return sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))


def _with_marks(text: str) -> str:
    shown = "".join(
        _BLANKS.get(letter) or (f"<U+{ord(letter):04X}>" if letter.isspace() else letter) for letter in text
    )
    return cut(clean(shown), _WIDEST_MARKED)


def _blocks(lines: Sequence[str], start: int, end: int) -> list[_Block]:
    """The lines from ``start`` to ``end`` broken at headings, items of lists and blank lines."""
    found: list[_Block] = []
    fresh = True
    for place in range(start, end):
        line = lines[place]
        title = bool(_HEADING.match(line))
        if line and (fresh or title or _ITEM.match(line)):
            found.append(_Block(place, (line,)))
        elif line:
            found[-1] = replace(found[-1], lines=(*found[-1].lines, line))
        fresh = title or not line
    return found


def _paired(old: Sequence[_Block], new: Sequence[_Block]) -> Iterator[tuple[_Block | None, _Block | None]]:
    """Blocks of both texts in order, each with the one most like it; None where the other text has none.

    Of very many, one after the other: the table of likenesses grows with the product of both.
    """
    if len(old) * len(new) > _MANY_BLOCKS:
        yield from zip_longest(old, new)
        return
    likes = _likenesses(old, new)
    best = [[0.0] * (len(new) + 1) for _ in range(len(old) + 1)]
    for i in reversed(range(len(old))):
        for k in reversed(range(len(new))):
            best[i][k] = max(best[i + 1][k], best[i][k + 1], best[i + 1][k + 1] + likes[i][k])
    i = k = 0
    while i < len(old) or k < len(new):
        if i < len(old) and k < len(new) and likes[i][k] and best[i][k] == best[i + 1][k + 1] + likes[i][k]:
            yield old[i], new[k]
            i, k = i + 1, k + 1
        elif i < len(old) and (k == len(new) or best[i][k] == best[i + 1][k]):
            yield old[i], None
            i += 1
        else:
            yield None, new[k]
            k += 1


def _likenesses(old: Sequence[_Block], new: Sequence[_Block]) -> list[list[float]]:
    """How alike each block of one text is to each of the other: 0 for a heading and a paragraph, else above."""
    bags = [Counter(" ".join(block.lines).split()) for block in new]
    found = []
    for block in old:
        bag = Counter(" ".join(block.lines).split())
        found.append(
            [
                _alike(bag, other) + _SAME_KIND if block.heading == peer.heading else 0.0
                for peer, other in zip(new, bags, strict=True)
            ]
        )
    return found


def _alike(one: Counter[str], other: Counter[str]) -> float:
    """The share of words that two bags of words have in common, 0 to 1."""
    return 2 * (one & other).total() / max(one.total() + other.total(), 1)


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
