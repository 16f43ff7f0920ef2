r"""Layout of text in a terminal, which no data can take control of.

A prompt or a vendor's answer may hold escape sequences or invisible direction marks: they are written
out (``\x1b``) instead of obeyed. Colours are the eight of SGR, and carry no meaning of their own.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_OBEYED = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_JOINERS = frozenset("\u200c\u200d")  # part of ordinary words and emoji
_BEYOND_ASCII_PRINTABLE = re.compile(r"[^ -~]")
# A word of prose, or what stands for one: anything with a `literal` in it, or a command with what follows it that
# has the look of an argument: an option and its value, a name in capitals, a path, an address.
_WORDS = re.compile(
    r"""\(?(?<![^ (])reconciler\ (?:(?:calls|state)\ )?[a-z]+(?:-[a-z]+)*(?![^ ;,:.)])
        (?:\ (?:-{1,2}[A-Za-z][^ ]*(?<![;,:.)])(?:\ (?![-(])[^ ]+(?<![;,:.)]))?|'[^']*'
        |(?=[^ ]*[A-Z0-9/._<>|-])[^ (]+))*
        [^ ]*
      |(?:[^ `]*`[^`]*`)+[^ `]*
      |[^ ]+""",
    re.VERBOSE,
)
_LAST_OF_ONE_BYTE, _LAST_OF_TWO_BYTES = 0xFF, 0xFFFF
_STYLES = {
    "bold": "1",
    "dim": "2",
    "added": "32",
    "removed": "31",
    "changed": "33",
    "grave": "1;31",
    "name": "36",
}


@dataclass(frozen=True, slots=True)
class Span:
    """A piece of a line and the role it plays; the role decides its colour."""

    text: str
    style: str = ""


class Paint:
    """Colours by role, or nothing at all without ``color``."""

    __slots__ = ("_color",)

    def __init__(self, *, color: bool) -> None:
        self._color = color

    def __call__(self, text: str, style: str = "") -> str:
        """The text in the role's colour; unchanged without colour or for an unknown role."""
        code = _STYLES.get(style)
        return f"\x1b[{code}m{text}\x1b[0m" if self._color and code and text else text

    def line(self, spans: Iterable[Span]) -> str:
        """Spans joined with single spaces."""
        return " ".join(self(span.text, span.style) for span in spans)


def clean(text: str) -> str:
    r"""One line without anything a terminal obeys: line ends and tabs become spaces, the rest ``\x…``."""
    if text.isascii() and text.isprintable():
        return text
    return _BEYOND_ASCII_PRINTABLE.sub(lambda match: _visible(match[0]), text.replace("\r\n", "\n"))


def obeyed(letter: str) -> bool:
    """Whether a terminal acts on a letter, or has nothing to show for it."""
    return unicodedata.category(letter) in _OBEYED and letter not in _JOINERS


@lru_cache(maxsize=4096)
def _visible(letter: str) -> str:
    if letter in "\n\t":
        return " "
    if not obeyed(letter):
        return letter
    point = ord(letter)
    if point <= _LAST_OF_ONE_BYTE:
        return f"\\x{point:02x}"
    return f"\\u{point:04x}" if point <= _LAST_OF_TWO_BYTES else f"\\U{point:08x}"


def columns(text: str) -> int:
    """How many columns a clean text takes: two for East Asian wide letters and emoji, none for accents."""
    return len(text) if text.isascii() else sum(map(_columns, text))


@lru_cache(maxsize=4096)
def _columns(letter: str) -> int:
    if unicodedata.category(letter) in {"Mn", "Me", "Cf"}:
        return 0
    return 2 if unicodedata.east_asian_width(letter) in "WF" else 1


def pad(text: str, width: int) -> str:
    """The text with spaces up to ``width`` columns."""
    return text + " " * (width - columns(text))


def cut(text: str, width: int) -> str:
    """The text in at most ``width`` columns, ending in … where something is left out."""
    if columns(text) <= width:
        return text
    kept, room = [], width - 1
    for letter in text:
        room -= _columns(letter)
        if room < 0:
            break
        kept.append(letter)
    return "".join(kept).rstrip() + "…"


def wrap(text: str, width: int) -> list[str]:
    """Clean prose in lines of at most ``width`` columns, broken at spaces where it can be; never empty.

    A `literal` between backticks and a command are to be copied: they stay whole, and alone on a line that
    may be longer than ``width``.
    """
    return _joined(flow([Span(word) for word in _WORDS.findall(text)], width))


def wrap_words(text: str, width: int) -> list[str]:
    """Clean data in lines of at most ``width`` columns, whatever it holds; never empty."""
    return _joined(flow([Span(word) for word in text.split(" ") if word], width))


def _joined(lines: Sequence[Sequence[Span]]) -> list[str]:
    return [" ".join(span.text for span in line) for line in lines] or [""]


def flow(words: Sequence[Span], width: int) -> list[list[Span]]:
    """Words in lines of at most ``width`` columns, joined by one space; a longer word is broken.

    What has spaces in it is not: it was made one word so that it stays one.
    """
    lines: list[list[Span]] = []
    used = width + 1
    for word in words:
        for piece in _pieces(word, width):
            size = columns(piece.text)
            if used + 1 + size > width:
                lines.append([])
                used = -1
            lines[-1].append(piece)
            used += 1 + size
    return lines


def _pieces(word: Span, width: int) -> list[Span]:
    if columns(word.text) <= width or " " in word.text:
        return [word]
    pieces, start, used = [], 0, 0
    for index, letter in enumerate(word.text):
        used += _columns(letter)
        if used > width and index > start:
            pieces.append(Span(word.text[start:index], word.style))
            start, used = index, _columns(letter)
    return [*pieces, Span(word.text[start:], word.style)]
