"""Tables of rows in a file: CSV with a header line, or an object a line, with the place of every cell.

A spreadsheet writes semicolons where the comma is a decimal sign, so the header line says what stands between cells.
Reading is one pass; where a cell stands is looked up only for the few that somebody complains about.
"""

from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from reconciler.model import Location

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

TABLES = (".csv", ".jsonl")

_LINES = ".jsonl"
_LONGEST_CELL = 1 << 17
_NAME_COLUMNS = "name the columns in its first line"
_SEPARATORS = (",", ";", "\t")
_QUOTED = re.compile(r'"[^"]*"')
_SAID = re.compile(r"sep=([,;\t])[ \t]*(?=\r|\n|$)")  # a line with which spreadsheets say it of a file
_KEPT_TEXT = re.compile(r'="([^"]*)"')  # a formula with which other programs keep a spreadsheet from reading a text
_NUMBER = re.compile(r"\W*\+[\d\s().\-]{7,}\W*")


class NoTable(ValueError):
    """A text is no table: what is wrong, on which line, and a hint."""

    def __init__(self, message: str, line: int, hint: str) -> None:
        super().__init__(message)
        self.line, self.hint = line, hint


@dataclass(slots=True)
class Table:
    """The rows of a file, each with the line it begins on; a cell of a CSV file is a text, None is a missing one.

    ``broken`` are the lines that are no row, and why; ``separator`` stands between the cells of a CSV file.
    """

    path: str
    header: tuple[str, ...]
    lines: list[int]
    rows: list[Sequence[Any]]
    broken: list[tuple[int, str]]
    text: str
    separator: str = ","
    _starts: list[int] = field(default_factory=list)

    def without_rows(self) -> Table:
        """The same for whoever has read the rows: it tells where they stand, and does not keep them."""
        return replace(self, lines=[], rows=[], broken=[])

    def locate(self, line: int, column: str = "") -> Location:
        """Where a cell of the row that begins on a line stands; the row itself where no column is named."""
        if column not in self.header:
            return Location(self.path, line)
        start = self.start(line)
        place = self._place(start, column)
        before = _split(self.text[start:place])
        return Location(self.path, line + len(before) - 1, len(before[-1]) + 1)

    def extent(self, line: int, column: str) -> tuple[int, int]:
        """From where to where in the text a cell of the row that begins on a line is written, quotes included."""
        place = self._place(self.start(line), column)
        if not is_lines(self.path):
            return place, _cell_end(self.text, place, self.separator)
        written = self.text[place] != "{"  # a key that the object does not have
        return place, json.JSONDecoder().raw_decode(self.text, place)[1] if written else place

    def _place(self, start: int, column: str) -> int:
        if is_lines(self.path):
            return _in_object(self.text, start, column)
        return _in_record(self.text, start, self.header.index(column), self.separator)

    def start(self, line: int) -> int:
        """Where in the text a line begins."""
        if not self._starts:
            self._starts = [0, *(found.end() for found in re.finditer(r"\r\n|\n|\r", self.text))]
        return self._starts[line - 1]


def is_lines(path: str) -> bool:
    """Whether a file, sealed or not, is one of JSON lines."""
    return path.removesuffix(".age").endswith(_LINES)


def read_table(raw: bytes, path: str, *, largest: int = 1 << 20) -> Table:
    """The rows of a file, at most ``largest`` of them; raises NoTable for what is none."""
    try:
        text = raw.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        line = len(_split(raw[: error.start].decode("utf-8", "replace")))
        hint = "save it as `CSV UTF-8`, which spreadsheets offer beside `CSV`"
        raise NoTable("is not UTF-8", line, hint) from None
    table = _objects(text, path) if is_lines(path) else _records(text, path)
    if len(table.rows) > largest:
        raise NoTable(f"has more than {largest:,} rows", table.lines[largest], "split it into several lists")
    return table


def _records(text: str, path: str) -> Table:
    """As CSV: commas, semicolons or tabs, quotes, any line ends, line breaks inside of quotes."""
    csv.field_size_limit(_LONGEST_CELL)
    separator, said = _separator(text)
    formulas = '="' in text
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    header: tuple[str, ...] = ()
    lines: list[int] = []
    rows: list[Sequence[Any]] = []
    broken: list[tuple[int, str]] = []
    while True:
        line = reader.line_num + 1
        try:
            row = next(reader, None)
        except csv.Error as error:
            raise NoTable(f"is no CSV ({error})", line, "a quote that is opened must be closed") from None
        if row is None:
            break
        if not any(row) or (said and line == 1):
            continue  # an empty line, as a spreadsheet leaves behind too
        if formulas:
            row = [_kept_text(cell) for cell in row]
        if not header:
            header = _header(row, line)
        elif len(row) != len(header):
            broken.append((line, f"the row has {_cells(len(row))}, and the header {_cells(len(header))}"))
        else:
            lines.append(line)
            rows.append(row)
    if not header:
        raise NoTable("has no header line", 1, _NAME_COLUMNS)
    return Table(path, header, lines, rows, broken, text, separator)


def _separator(text: str) -> tuple[str, bool]:
    """What stands between cells, and whether a line of its own says so; else it is what the header has most of."""
    if said := _SAID.match(text):
        return said[1], True
    header = _QUOTED.sub("", text.lstrip("\r\n").partition("\n")[0])
    return max(_SEPARATORS, key=header.count), False


def _kept_text(cell: str) -> str:
    """``="+15551230001"`` is the text between its quotes."""
    found = _KEPT_TEXT.fullmatch(cell)
    return found[1] if found else cell


def _cells(count: int) -> str:
    return f"{count} cell{'' if count == 1 else 's'}"


def _header(row: list[str], line: int) -> tuple[str, ...]:
    twice = next((name for place, name in enumerate(row) if name and name in row[:place]), None)
    if twice is not None:
        raise NoTable(f"has two columns `{twice}`", line, "give one of the two another name")
    if any(_NUMBER.fullmatch(name) for name in row):
        raise NoTable("has no header line: its first line has a telephone number", line, _NAME_COLUMNS)
    if not any(name.strip() for name in row):
        raise NoTable("has no header line", line, _NAME_COLUMNS)
    return tuple(row)


def _objects(text: str, path: str) -> Table:
    """As JSON lines: an object a line, of single values; the header is every key there is."""
    header: dict[str, int] = {}
    found: list[tuple[int, dict[str, Any]]] = []
    broken: list[tuple[int, str]] = []
    for line, written in enumerate(_split(text), 1):
        if not written.strip():
            continue
        try:
            value = json.loads(written, object_pairs_hook=_once, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            broken.append((line, f"the line is no JSON ({str(error).partition(':')[0]})"))
            continue
        if not isinstance(value, dict) or any(isinstance(it, dict | list) for it in value.values()):
            broken.append((line, "the line is no object of single values"))
            continue
        for key in value:
            header.setdefault(key, len(header))
        found.append((line, value))
    names = tuple(header)
    rows: list[Sequence[Any]] = [tuple(map(value.get, names)) for _, value in found]
    return Table(path, names, [line for line, _ in found], rows, broken, text)


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a key twice")
    return found


def _no_number(word: str) -> Any:
    raise ValueError(f"{word} is no number")


def _split(text: str) -> list[str]:
    """The lines of a text as an editor counts them: other signs that Python would split at are part of a line."""
    return re.split(r"\r\n|\n|\r", text)


def _in_record(text: str, place: int, index: int, separator: str) -> int:
    """Where the cell of an index begins, of the record that begins at a place."""
    for _ in range(index):
        place = _after(text, place, separator)
    return place


def _after(text: str, place: int, separator: str) -> int:
    """Behind the separator that ends the cell beginning at a place."""
    found = text.find(separator, _behind_quotes(text, place))
    return found + 1 if found >= 0 else len(text)


def _cell_end(text: str, place: int, separator: str) -> int:
    """Where the cell that begins at a place ends: at a separator, or with its line."""
    found = re.compile(f"[{separator}\r\n]").search(text, _behind_quotes(text, place))
    return found.start() if found else len(text)


def _behind_quotes(text: str, place: int) -> int:
    """The quote that closes the cell beginning at a place; that place where the cell has none."""
    if not text.startswith('"', place):
        return place
    place += 1
    while (quote := text.find('"', place)) >= 0 and text.startswith('""', quote):
        place = quote + 2
    return quote if quote >= 0 else len(text)


def _in_object(text: str, start: int, key: str) -> int:
    """Where the value of a key begins, of the object that begins at a place; that place where it is not written."""
    decoder = json.JSONDecoder()
    for place, name in _keys(text, start, decoder):
        if name == key:
            return place
    return start


def _keys(text: str, start: int, decoder: json.JSONDecoder) -> Iterator[tuple[int, str]]:
    """Each key of the object that begins at a place, and where its value begins."""
    blank = re.compile(r"[\s,]*")
    place = text.index("{", start) + 1
    while True:
        place = _end(blank, text, place)
        if not text.startswith('"', place):
            return
        name, place = decoder.raw_decode(text, place)
        place = _end(re.compile(r"\s*:\s*"), text, place)
        yield place, name
        _, place = decoder.raw_decode(text, place)


def _end(pattern: re.Pattern[str], text: str, place: int) -> int:
    found = pattern.match(text, place)
    return found.end() if found else place
