"""The calls that the rows of a list's table declare, each complaint at the cell it is about.

There may be a hundred thousand: what is the same for all rows is read once, and a cell is read by the
validator of its field alone.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import TypeAdapter, ValidationError

from reconciler.contract.fields import E164, attributes
from reconciler.contract.kind import Members
from reconciler.diagnostics.suggestions import nearest, offer
from reconciler.diagnostics.validation_words import plain
from reconciler.documents.tables import is_lines
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.left_out import row_name
from reconciler.model import Address, Finding, Location, Manifest, Resource, Severity
from reconciler.redaction import mask_in_line
from reconciler.schedule.occurrences import parts_of
from reconciler.telephony.phone_numbers import is_as_called

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.documents.tables import Table

KIND = "ScheduledCall"
_OWN = ("rows", "key")
_LONGEST_KEY = 128
_PHONE, _MEMORY = "to_number", 10_000
_MODEL = ScheduledCallSpec
_FORMATS = {_PHONE: "text, so that the `+` stays", "at": "yyyy-mm-dd hh:mm"}


def rows_of(resource: Resource, table: Table) -> Members:
    """A call for each row that is as it should be, and what is to be said of the others."""
    reading = _Reading(resource, table)
    if reading.findings:
        return Members((), tuple(reading.findings), known=False)
    calls = [call for line, row in zip(table.lines, table.rows, strict=True) if (call := reading.call(line, row))]
    for line, why in table.broken:
        hint = "an object a line, of single values" if is_lines(table.path) else "write it as the header says"
        reading.complain("RC173", why, hint, line=line)
    wrong = reading.wrong
    return Members(
        tuple(call for call in calls if call.address.name not in wrong),
        tuple(reading.findings),
        known=not reading.nameless,
    )


class _Marks:
    """Where the fields of a row stand: its cells in the table, what is the same for all rows in the list's document."""

    __slots__ = ("line", "reading")

    def __init__(self, reading: _Reading, line: int) -> None:
        self.reading, self.line = reading, line

    def locate(self, document: Any, path: Sequence[str | int]) -> Location:
        """As ``documents.Marks``."""
        del document
        return self.reading.locate(self.line, path)

    locate_key = locate


@dataclass(frozen=True, slots=True)
class _Cell:
    """One field that a column fills: where in a row it stands, what reads it, what was read before."""

    name: str
    column: str
    place: int
    read: Callable[[Any], Any]
    known: dict[Any, Any] = field(default_factory=dict)

    def value(self, written: Any) -> Any:
        """What a cell says; ValidationError for what is no such value."""
        if self.name == _PHONE:
            return written if is_as_called(written) else self.read(written)
        try:
            return self.known[written]
        except KeyError:
            value = self.read(written)
        if len(self.known) < _MEMORY:
            self.known[written] = value
        return value


class _Reading:
    """The reading of one table: what each column is for, and what was complained about."""

    def __init__(self, resource: Resource, table: Table) -> None:
        self.findings: list[Finding] = []
        self.wrong: set[str] = set()
        self.nameless = False
        self._list, self._table = resource, table.without_rows()
        self._lines: dict[str, int] = {}
        facts = resource.declared.get("variables") or {}
        columns = {**_columns({**resource.declared, "variables": None}), "key": resource.declared["key"]}
        variables = _columns(facts)
        self._columns: Mapping[tuple[str, ...], str] = {
            **{(name,): column for name, column in columns.items()},
            **{("variables", name): column for name, column in variables.items()},
        }
        if self._missing():
            return
        self._key = table.header.index(columns.pop("key")) if table.header else 0
        self._cells = [self._cell(name, column) for name, column in columns.items()] if table.header else []
        self._variables = [(name, table.header.index(column)) for name, column in variables.items() if table.header]
        own = {name: value for name, value in resource.declared.items() if name not in (*_OWN, *columns)}
        self._constant = own
        self._same = {_ATTRIBUTES[name]: getattr(resource.spec, _ATTRIBUTES[name]) for name in own}
        self._facts = {name: value for name, value in facts.items() if name not in variables}
        self._files = MappingProxyType(resource.files)

    def _missing(self) -> bool:
        """Complain about columns that the table does not have; one of JSON lines without a line has none at all."""
        header = self._table.header
        for path, column in self._columns.items():
            if column not in header and header:
                # Without a header line these are the cells of the first row.
                hint = nearest(column, header) or offer([mask_in_line(name) for name in header if name])
                where = self._list.manifest.locate("spec", *path)
                self._finding("RC172", f"`{self._table.path}` has no column `{column}`", hint, None, where)
        return bool(self.findings)

    def _cell(self, name: str, column: str) -> _Cell:
        return _Cell(name, column, self._table.header.index(column), _validator(name))

    def call(self, line: int, row: Sequence[Any]) -> Resource | None:
        """The call of a row; None, and findings, where something of it is wrong."""
        name = self._named(line, row[self._key])
        if name is None:
            return None
        declared, same = dict(self._constant), dict(self._same)
        for cell in self._cells:
            written = row[cell.place]
            if written is None or written == "":
                if cell.name == _PHONE:
                    self._about(name, line, cell.column, "RC112", "is empty", "whom is it to ring?")
                continue
            try:
                declared[cell.name] = same[_ATTRIBUTES[cell.name]] = cell.value(written)
            except ValidationError as error:
                code = "RC114" if "number" in cell.name else "RC113"
                self._about(name, line, cell.column, code, plain(error.errors()[0]), _advice(cell.name))
        if self._variables:
            declared["variables"] = same["variables"] = {
                **self._facts,
                **{fact: row[place] for fact, place in self._variables if row[place] is not None},
            }
        return Resource(self._manifest(name, line, declared), _made(same), declared, self._files)

    def _manifest(self, name: str, line: int, declared: Mapping[str, Any]) -> Manifest:
        own = self._list.manifest
        return Manifest(
            Address(KIND, name),
            {"spec": declared},
            Location(self._table.path, line),
            _Marks(self, line),
            labels=own.labels,
            waivers=own.waivers,
        )

    def _named(self, line: int, key: Any) -> str | None:
        """The name of a row's call; None, and a finding, where its key is none, or another row's."""
        written = "" if key is None else str(key).lower() if isinstance(key, bool) else str(key)
        if why := _no_key(written):
            self.complain(
                "RC173", f"the key {why}", "each row has a key of its own, which stays", line=line, path="key"
            )
            return None
        name = row_name(self._list.address.name, written)
        first = self._lines.setdefault(name, line)
        if first != line:
            self.wrong.add(name)
            column = str(self._list.declared["key"])
            message = f"the key of line {first} again"
            self._about(name, line, column, "RC174", message, "each row has a key of its own: one key, one call")
            return None
        return name

    def _about(self, name: str, line: int, column: str, code: str, message: str, hint: str) -> None:  # noqa: PLR0913 - a finding has these parts
        self.wrong.add(name)
        where = self._table.locate(line, column)
        # A number may have got into any column; those of numbers never repeat one, and give an example.
        said = message if code == "RC114" else mask_in_line(message)
        self._finding(code, f"column `{column}`: {said}", hint, Address(KIND, name), where)

    def complain(self, code: str, message: str, hint: str, *, line: int, path: str = "") -> None:
        """About a row that has no name to be known by."""
        self.nameless = True
        address = Address(KIND, row_name(self._list.address.name, f"(line {line})"))
        self._finding(code, message, hint, address, self.locate(line, ("spec", path)))

    def _finding(self, code: str, message: str, hint: str, address: Address | None, where: Location) -> None:
        self.findings.append(Finding(Severity.ERROR, code, message, hint, address or self._list.address, where))

    def locate(self, line: int, path: Sequence[str | int]) -> Location:
        """Where a field of the row on a line stands."""
        inner = tuple(str(part) for part in path[1:])
        for size in (2, 1):
            if (column := self._columns.get(inner[:size])) is not None:
                return self._table.locate(line, column)
        if inner and inner[0] in self._list.declared:
            return self._list.manifest.locate(*path)
        return self._table.locate(line)


_ATTRIBUTES = attributes(_MODEL)


def _columns(declared: Mapping[str, Any]) -> dict[str, str]:
    """The fields that a column fills."""
    found = ((name, value.get("column")) for name, value in declared.items() if isinstance(value, dict))
    return {name: column for name, column in found if isinstance(column, str)}


@cache
def _validator(name: str) -> Callable[[Any], Any]:
    """What reads a cell of a field; one with a number names no file of it."""
    info = _MODEL.model_fields[_ATTRIBUTES[name]]
    read = E164 if name == _PHONE else _annotated(info.annotation, info.metadata)
    adapter: TypeAdapter[Any] = TypeAdapter(read, config=None)
    return adapter.validate_python


def _annotated(annotation: Any, metadata: Sequence[Any]) -> Any:
    return Annotated[(annotation, *metadata)] if metadata else annotation


def _advice(name: str) -> str:
    """What a cell is, and how a spreadsheet writes it so."""
    format_ = _FORMATS.get(name)
    return f"it is `{name}`" + (f": in a spreadsheet, format the cells as {format_}" if format_ else "")


def _no_key(key: str) -> str:
    """Why a text cannot be a key; "" where it can."""
    if not key:
        return "is empty"
    if key != key.strip():
        return "has a blank at its beginning or its end"
    if len(key) > _LONGEST_KEY:
        return f"is longer than {_LONGEST_KEY} characters"
    if found := next((sign for sign in key if not sign.isprintable()), ""):
        return f"has the sign {found!r} in it"
    if parts_of(key)[1]:
        return "ends in `@` and a time, as the name of one occurrence of a call does"
    return ""


def _made(values: dict[str, Any]) -> ScheduledCallSpec:
    """A spec of values that are validated already: pydantic would do it again for each row."""
    made = _MODEL.__new__(_MODEL)
    for name, value in (("__dict__", {**_DEFAULTS, **values}), *_NOTHING):
        object.__setattr__(made, name, value)
    return made


_DEFAULTS = dict.fromkeys(_MODEL.model_fields)
_NOTHING: tuple[tuple[str, Any], ...] = (
    ("__pydantic_fields_set__", set()),
    ("__pydantic_extra__", None),
    ("__pydantic_private__", None),
)
