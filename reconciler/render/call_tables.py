"""Print scheduled calls in rows: when, which, to whom, and what became of each."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.render.terminal import Paint, clean, columns, pad, wrap
from reconciler.render.words import counted
from reconciler.schedule import clock

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.schedule.call_report import CallRow

_STYLES = {
    "placed": "added",
    "completed": "added",
    "declared": "name",
    "armed": "name",
    "held": "changed",
    "claimed": "changed",
    "refused": "grave",
    "failed": "grave",
    "unknown": "grave",
    "expired": "grave",
    "cancelled": "dim",
}
_LOUD = {
    "unknown": "its outcome is unknown: it may have rung",
    "expired": "missed: its window closed before it was placed",
}
_TOLD = "missed: "  # a detail that says itself what is loud about the state
TROUBLE = frozenset(state for state, style in _STYLES.items() if style == "grave")
_WIDEST_NAME = 40
_MINUTE = 60
_ANOTHER_YEAR = datetime(1970, 1, 2, tzinfo=UTC)  # seen from which every time is told with its year


def calls(rows: Sequence[CallRow], *, width: int = 80, color: bool = False) -> str:
    """Every scheduled call, in the order given, and how many stand where."""
    return _table(rows, width, Paint(color=color), nothing="No scheduled calls.")


def dispatch(rows: Sequence[CallRow], *, width: int = 80, color: bool = False, dry_run: bool = False) -> str:
    """What dispatch did with each call that was due; ``dry_run``: what it would have done."""
    end = "Nothing was dialled: this was a dry run." if dry_run else ""
    return _table(rows, width, Paint(color=color), nothing="No call is due.", end=end)


def interrupted(left: int, next_command: str) -> str:
    """How many calls an interrupted dispatch left for another, and how to go on; what was done is told before."""
    if not left:
        return "Interrupted; no more calls are due.\n"
    return f"Interrupted: {counted(left, 'call')} {'is' if left == 1 else 'are'} still due.\nNext: {next_command}\n"


def _table(rows: Sequence[CallRow], width: int, paint: Paint, *, nothing: str, end: str = "") -> str:
    lines: list[str] = []
    names = [name_of(row) for row in rows]
    whens = spoken_times(rows)
    sizes = (
        max((columns(row.state) for row in rows), default=0),
        max((columns(when) for when in whens), default=0),
        min(max((columns(name) for name in names), default=0), _WIDEST_NAME),
    )
    for row, when, name in zip(rows, whens, names, strict=True):
        lines += _row(row, (clean(row.state), when, name), sizes, width, paint)
    lines += ["", *wrap(verdict(rows), width)] if rows else [nothing]
    return "\n".join([*lines, *([end] if end else [])]) + "\n"


def _row(
    row: CallRow, cells: tuple[str, str, str], sizes: tuple[int, int, int], width: int, paint: Paint
) -> Iterator[str]:
    """State, time, name and callee on one line; what there is to say about it below."""
    state, when, name = (pad(cell, size) for cell, size in zip(cells, sizes, strict=True))
    end = f"  {clean(row.to)}" if row.to else ""
    used = columns(state) + 2 + columns(when) + 2
    style = _STYLES.get(row.state, "")
    if used + columns(name) + columns(end) <= width:
        yield f"{paint(state, style)}  {when}  {paint(name, 'bold')}{end}".rstrip()
    else:
        yield f"{paint(state, style)}  {when}{end}".rstrip()
        yield f"    {paint(cells[2], 'bold')}"
    for words in below(row):
        yield from (f"    {line}" for line in wrap(clean(words), width - 4))


def below(row: CallRow) -> Iterator[str]:
    """What there is to say about a call, a line each; a recording's line starts with ``recording``."""
    if row.state in _LOUD and not row.detail.startswith(_TOLD):
        yield _LOUD[row.state]
    if row.detail:
        yield row.detail
    facts = [
        f"call {row.call_id}" if row.call_id else "",
        _lasted(row.duration_seconds),
        row.end_reason,
    ]
    if told := ", ".join(fact for fact in facts if fact):
        yield told
    if row.recording:
        yield f"recording {row.recording}"
    if row.hint:
        yield f"hint: {row.hint}"


def name_of(row: CallRow) -> str:
    """The occurrence, which starts with the call's name; the attempt from the second on."""
    return clean(row.occurrence or row.name) + (f" (attempt {row.attempt})" if row.attempt > 1 else "")


def spoken_times(rows: Sequence[CallRow]) -> list[str]:
    """When each call is due, by the clock it was declared in; with the year where they are not all of one."""
    several = len({row.when.year for row in rows if row.when}) > 1
    now = _ANOTHER_YEAR if several else None
    return [
        clock.spoken_local(row.when, clock.zone(row.zone or "UTC"), now=now) if row.when else "no time" for row in rows
    ]


def _lasted(seconds: int | None) -> str:
    if seconds is None:
        return ""
    return f"{seconds // _MINUTE} min {seconds % _MINUTE} s" if seconds >= _MINUTE else f"{seconds} s"


def verdict(rows: Sequence[CallRow]) -> str:
    """How many calls stand where: ``3 calls: 1 placed, 2 armed``."""
    counts: dict[str, int] = {}
    for row in rows:
        counts[row.state] = counts.get(row.state, 0) + 1
    listed = ", ".join(f"{count:,} {clean(state)}" for state, count in counts.items())
    return f"{counted(len(rows), 'call')}: {listed}."
