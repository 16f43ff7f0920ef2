"""Scheduled calls as CSV, a line each, for spreadsheets and scripts; no cell is a formula."""

from __future__ import annotations

import csv
from io import StringIO
from typing import TYPE_CHECKING, Any

from reconciler.render.terminal import clean
from reconciler.schedule.clock import zone

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.schedule.call_report import CallRow

COLUMNS = (
    "name",
    "occurrence",
    "attempt",
    "state",
    "outcome",
    "when",
    "zone",
    "to",
    "agent",
    "placed_at",
    "duration_seconds",
    "cost_cents",
    "call_id",
    "end_reason",
    "detail",
    "hint",
)  # fmt: skip - in the order of the columns
_INSTANTS = frozenset({"when", "placed_at"})
_WORDS = frozenset({"name", "occurrence", "agent", "end_reason", "detail", "hint", "call_id"})
_FORMULA = ("=", "+", "-", "@")


def calls(rows: Iterable[CallRow]) -> str:
    """A header and a line for each; instants as ISO 8601 in the zone of the call, lines end in LF."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(COLUMNS)
    writer.writerows([_cell(name, row) for name in COLUMNS] for row in rows)
    return file.getvalue()


def _cell(name: str, row: CallRow) -> str:
    value: Any = getattr(row, name)
    if value is None:
        return ""
    if name in _INSTANTS:
        return _local(row, value)
    return inert(str(value)) if name in _WORDS else clean(str(value))


def inert(text: str) -> str:
    """A cell that no spreadsheet takes for a formula, in one clean line."""
    text = clean(text)
    return f"'{text}" if text.startswith(_FORMULA) else text


def _local(row: CallRow, at: Any) -> str:
    return str(at.astimezone(zone(row.zone or "UTC")).isoformat())
