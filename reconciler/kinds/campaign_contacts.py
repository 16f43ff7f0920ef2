"""Contacts of a campaign as their file tells them: number, line, and what the agent is told of them.

The platform takes the same number twice and rings it twice, so a file that has one twice is an error.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from reconciler.documents.tables import Table, read_table
from reconciler.model import Finding, Severity
from reconciler.redaction import mask
from reconciler.schedule import clock
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from reconciler.model import Address, Resource

COLUMNS = ("phone", "phone_number")
KEY = "contacts"
_MOST_NAMED = 20
_DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Contact:
    """One person to call: the line the row begins on, the number in E.164, and the variables of the call."""

    line: int
    number: str
    variables: dict[str, Any]

    @property
    def body(self) -> dict[str, Any]:
        """As it is sent."""
        return {**self.variables, "phone": self.number}


def contacts_of(resource: Resource) -> tuple[Contact, ...]:
    """The contacts that a document names and that can be called; none where its file could not be read."""
    table = resource.tables.get(KEY)
    return tuple(_contacts(table)) if isinstance(table, Table) else ()


def read_contacts(raw: bytes, path: str) -> tuple[Contact, ...]:
    """The contacts of a file that was checked before."""
    return tuple(_contacts(read_table(raw, path)))


def _contacts(table: Table) -> Iterator[Contact]:
    place = _place(table)
    if place is None:
        return
    for line, row in zip(table.lines, table.rows, strict=True):
        try:
            number = phone_numbers.normalise(str(row[place] or "").strip())
        except ValueError:
            continue  # a finding of its own
        cells = zip(table.header, row, strict=True)
        yield Contact(line, number, {name: cell for name, cell in cells if name and name not in COLUMNS})


def _place(table: Table) -> int | None:
    return next((place for place, name in enumerate(table.header) if name in COLUMNS), None)


def variables_of(resource: Resource) -> tuple[str, ...] | None:
    """The columns that are variables of the calls; None where no contacts are declared, or none can be read."""
    table = resource.tables.get(KEY)
    if not isinstance(table, Table) or _place(table) is None:
        return None
    return tuple(name for name in table.header if name and name not in COLUMNS)


def wrong_rows(resource: Resource) -> Iterator[Finding]:
    """Rows that nobody can be called by, and numbers that are there twice, at their line and column."""
    table = resource.tables.get(KEY)
    if not isinstance(table, Table):
        return
    place = _place(table)
    if place is None:
        if table.header:
            hint = "name the column of the numbers `phone`"
            yield _error(resource.address, "RC171", "there is no column `phone`", hint, table, 1)
        return
    if other := next((name for name in table.header[place + 1 :] if name in COLUMNS), ""):
        message = f"`{table.header[place]}` and `{other}` are both numbers to call"
        yield _error(resource.address, "RC171", message, "keep one of the two columns", table, 1)
        return
    column, first = table.header[place], dict[str, int]()
    for line, row in zip(table.lines, table.rows, strict=True):
        written = str(row[place] or "").strip()
        try:
            number = phone_numbers.normalise(written)
        except ValueError as error:
            message = f"`{mask(written)}` is no number to call: {error}" if written else "the row has no number"
            yield _error(
                resource.address, "RC176", message, "write it in E.164, or remove the row", table, line, column
            )
            continue
        if (before := first.setdefault(number, line)) != line:
            message = f"`{mask(number)}` is on line {before} already: the platform would call it twice"
            yield _error(resource.address, "RC177", message, "keep one of the two rows", table, line, column)


def _error(  # noqa: PLR0913 - a finding has these parts
    address: Address, code: str, message: str, hint: str, table: Table, line: int, column: str = ""
) -> Finding:
    return Finding(Severity.ERROR, code, message, hint, address, table.locate(line, column))


def elsewhere(
    contacts: Iterable[Contact], window: tuple[int, int], zone: str, hours: tuple[int, int], days: tuple[datetime, ...]
) -> list[Contact]:
    """The contacts whose clocks show an hour outside of the calling hours at some time of the daily window."""
    return [it for it in contacts if not all(_awake(it.number, window, zone, hours, day) for day in days)]


def _awake(number: str, window: tuple[int, int], zone: str, hours: tuple[int, int], day: datetime) -> bool:
    return all(_inside(there, window, zone, hours, day) for there in phone_numbers.zones(number))


@lru_cache(maxsize=4096)
def _inside(there: str, window: tuple[int, int], zone: str, hours: tuple[int, int], day: datetime) -> bool:
    """Whether the daily window of one zone lies within the hours of another, on one day."""
    local = day.astimezone(clock.zone(zone)).replace(hour=0, minute=0, second=0, microsecond=0)
    here, other = local.utcoffset(), local.astimezone(clock.zone(there)).utcoffset()
    shift = int(((other - here).total_seconds() if here is not None and other is not None else 0) // 60)
    opens = (window[0] + shift) % _DAY  # there it may be another date
    closes = opens + window[1] - window[0]
    return hours == (0, _DAY) or (hours[0] <= opens and closes <= hours[1])


def lines(numbers: Iterable[int]) -> str:
    """``lines 3, 9 and 14``, as many as anybody reads."""
    found = sorted(numbers)
    shown = [str(number) for number in found[:_MOST_NAMED]]
    if len(found) > _MOST_NAMED:
        return f"lines {', '.join(shown)} and {len(found) - _MOST_NAMED:,} more"
    if len(shown) == 1:
        return f"line {shown[0]}"
    return f"lines {', '.join(shown[:-1])} and {shown[-1]}"


def counted(count: int) -> str:
    """``1 contact``, ``2 contacts``."""
    return "1 contact" if count == 1 else f"{count:,} contacts"
