"""Numbers in lines of project files, known by the place where they stand and not by their spelling.

What is wrong with a number is often its spelling, so that no pattern finds it: the column is what says that it is one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.documents.tables import NoTable, Table, read_table
from reconciler.redaction import covered
from reconciler.telephony.phone_numbers import is_e164

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

WHOLE: frozenset[str] = frozenset()  # in place of columns: a file of which every line is a number

_DIGIT_LINE = re.compile(r"^.*\d.*$", re.MULTILINE)
_LINE = re.compile(r"^(?![ \t]*#).+$", re.MULTILINE)
_LINE_BREAK = re.compile(r"\r\n|\n|\r")
# What stands behind a key, on its line and on deeper ones below it.
_KEY_VALUE = re.compile(
    r"""^(?P<key>(?P<indent>[ \t]*)(?:[^\r\n]*?[ \t{,])?(?<![^ \t{,])["']?(?:to_number|phone_number)["']?:)"""
    r"""(?P<value>[^\r\n]*(?:\r?\n(?P=indent)[ \t]+[^\r\n]*)*)""",
    re.MULTILINE,
)
_VALUE_LINE = re.compile(r"(?<![^\r\n])[ \t]*(?P<said>[^ \t\r\n][^\r\n]*)")
# E.164 is masked as such; a mapping names a file, or a column; a comment is none of it.
_SHOWN_VALUE = re.compile(r"""["']?\+[1-9][0-9]{6,14}["']?(?:[\s,}]|$)|\{?[ \t]*["']?(?:file|column)\b|#""")


def cover_numbers(text: str, path: str, columns: frozenset[str]) -> str:
    """A table with the cells of its columns of numbers covered; where no cell can be told, the whole line is."""
    if columns == WHOLE:
        return _LINE.sub(lambda found: _unless_e164(found[0]), text)
    text = text.removeprefix("\ufeff")
    try:
        table = read_table(text.encode(), path)
    except NoTable:
        return _cover_digits(text)
    if not (known := [name for name in table.header if name in columns]):
        return _cover_digits(text)
    return _covered_at(text, sorted((*_cells(table, known), *_broken(table))))


def cover_values(text: str) -> str:
    """A manifest with each value covered that must be a number to call, and is not written as one."""
    return _KEY_VALUE.sub(lambda found: found["key"] + _VALUE_LINE.sub(_value, found["value"]), text)


def _value(found: re.Match[str]) -> str:
    said = found["said"]
    return found[0] if _SHOWN_VALUE.match(said) else found[0].removesuffix(said) + covered(said)


def _unless_e164(written: str) -> str:
    """A number covered, but for one that is masked as a number: its country and its last digits say which it is."""
    return written if is_e164(written.strip(' \t"')) else covered(written)


def _cover_digits(text: str) -> str:
    return _DIGIT_LINE.sub(lambda found: covered(found[0]), text)


def _cells(table: Table, columns: Iterable[str]) -> Iterator[tuple[int, int]]:
    for line in table.lines:
        for column in columns:
            yield table.extent(line, column)


def _broken(table: Table) -> Iterator[tuple[int, int]]:
    for line, _ in table.broken:
        start = table.start(line)
        found = _LINE_BREAK.search(table.text, start)
        yield start, found.start() if found else len(table.text)


def _covered_at(text: str, extents: Iterable[tuple[int, int]]) -> str:
    parts, done = [], 0
    for start, end in extents:
        parts += [text[done:start], _unless_e164(text[start:end])]
        done = end
    return "".join([*parts, text[done:]])
