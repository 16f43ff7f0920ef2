"""Checks of the doctor: one line each, the fix below it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.render.terminal import Paint, clean, columns, pad, wrap

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.doctor.checks import Check

_STYLES = {"ok": "added", "warn": "changed", "fail": "grave"}
_WIDEST_NAME = 20


def text(rows: Sequence[Check], *, width: int, color: bool) -> str:
    """``fail  balance  the balance is $0.00 …`` and, below, ``fix: …``."""
    paint = Paint(color=color)
    names = [clean(row.name) for row in rows]
    room = min(_WIDEST_NAME, max(map(columns, names), default=0))
    indent = len("warn  ") + room + 2
    lines: list[str] = []
    for row, name in zip(rows, names, strict=True):
        first, *rest = wrap(clean(row.found), width - indent)
        lines.append(f"{paint(pad(row.status, 4), _STYLES[row.status])}  {pad(name, room)}  {first}")
        lines += [f"{' ' * indent}{line}" for line in rest]
        for label, more in (("fix", row.fix), ("note", row.note)):
            told = wrap(f"{label}: {clean(more)}", width - indent) if more else []
            lines += [f"{' ' * indent}{paint(line, 'name')}" for line in told]
    return "\n".join([*lines, "", verdict(rows)]) + "\n"


def markdown(rows: Sequence[Check]) -> str:
    """The same as a table."""
    from reconciler.render.markup import escape, prose, row, table  # noqa: PLC0415 - where Markdown was asked for

    lines = [
        row((it.status, escape(it.name), prose(it.found), prose(it.fix or (f"note: {it.note}" if it.note else ""))))
        for it in rows
    ]
    return f"**{verdict(rows)}**\n{table(('', 'Check', 'Found', 'Fix'), lines)}"


def document(rows: Sequence[Check]) -> dict[str, Any]:
    """The same for machines, ``reconciler.doctor/v1``."""
    return {
        "format": "reconciler.doctor/v1",
        "checks": [
            {"name": it.name, "status": it.status, "found": it.found, "fix": it.fix, "note": it.note} for it in rows
        ],
    }


def verdict(rows: Sequence[Check]) -> str:
    """How many of each: ``2 failed, 1 warning, 7 ok``."""
    counts = {status: sum(it.status == status for it in rows) for status in _STYLES}
    words = {"fail": "failed", "warn": "warning", "ok": "ok"}
    return f"{', '.join(f'{counts[status]} {said}' for status, said in words.items() if counts[status])}."
