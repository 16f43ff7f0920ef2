"""Scheduled calls in rows: when, which, to whom, and how each ended."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.model import dollars
from reconciler.render.terminal import Paint, clean, columns, pad, wrap
from reconciler.render.words import account, counted, host
from reconciler.schedule import clock
from reconciler.schedule.call_report import standstill
from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.schedule.call_report import CallList, CallRow

_STYLES = {
    CallState.PLACED: "added",
    CallState.COMPLETED: "added",
    CallState.DECLARED: "name",
    CallState.ARMED: "name",
    CallState.HELD: "changed",
    CallState.CLAIMED: "changed",
    CallState.REFUSED: "grave",
    CallState.FAILED: "grave",
    CallState.UNKNOWN: "grave",
    CallState.EXPIRED: "grave",
    CallState.SKIPPED: "dim",
    CallState.CANCELLED: "dim",
}
_LOUD = {
    CallState.UNKNOWN: "its outcome is unknown: it may have rung",
    CallState.EXPIRED: "missed: its window closed before it was placed",
}
_OUTCOMES = {"reached": "reached", "not_reached": "not reached", "voicemail": "voicemail"}  # unknown: its state says
_TOLD = "missed"  # a detail that says itself what is loud about the state
TROUBLE = frozenset(state for state, style in _STYLES.items() if style == "grave")
_WIDEST_NAME = 40
_FEW = 3  # calls kept back for the same reason that a dispatch lists
_MANY = 20  # missed calls of one list that a dispatch lists
_MINUTE = 60
_ANOTHER_YEAR = datetime(1970, 1, 2, tzinfo=UTC)  # seen from which every time is told with its year


def calls(rows: Sequence[CallRow], *, width: int = 80, color: bool = False, about: CallList | None = None) -> str:
    """Every scheduled call, in the order given, and how many stand where; ``about`` is the list they are of."""
    paint = Paint(color=color)
    head = []
    if about is not None:
        head = [paint(line, "grave") for told in held(about) for line in wrap(told, width)]
        head += [*([""] if head else []), *(paint(line, "bold") for line in wrap(title(about), width)), ""]
    shown, more = of_lists_in_error(rows)
    told = _table(shown, width, paint, nothing=nothing(about), more=more, counted=rows)
    return "".join(f"{line}\n" for line in head) + told


def title(about: CallList) -> str:
    """Whose calls they are."""
    return clean(f"reconciler calls · {account(about.target)} · {host(about.target)}")


def held(about: CallList) -> list[str]:
    """What keeps every call from being placed: why, since when, by whom, and how to end it; nothing otherwise."""
    if not (told := standstill(*about.hold, place=about.zone)):
        return []
    return [clean(f"{told[0].upper()}{told[1:]}"), f"hint: {about.release}"]


def nothing(about: CallList | None) -> str:
    """What to say of an empty list."""
    if about is None or not about.left_out:
        return "No scheduled calls."
    return f"No call is as asked; {counted(about.left_out, 'other call')} left out."


def dispatch(rows: Sequence[CallRow], *, width: int = 80, color: bool = False, dry_run: bool = False) -> str:
    """What dispatch did with each call that was due; ``dry_run``: what it would have done."""
    end = "Nothing was dialled: this was a dry run." if dry_run else ""
    shown, more = alike(rows)
    return _table(shown, width, Paint(color=color), nothing="No call is due.", end=end, more=more, counted=rows)


def alike(rows: Sequence[CallRow]) -> tuple[list[CallRow], list[str]]:
    """Of calls that were kept back for the same reason, or missed of one list, the first, and how many more of which.

    What was missed is told once, and may be a whole week: ``calls`` has each of it.
    """
    seen: Counter[tuple[str, str]] = Counter()
    missed: Counter[str] = Counter()
    shown = []
    told, in_error = of_lists_in_error(rows)
    for row in told:
        if row.list and row.state is CallState.EXPIRED:
            missed[row.list] += 1
            if missed[row.list] > _MANY:
                continue
        kept_back = bool(row.detail) and not row.call_id and row.state not in _LOUD
        seen[row.state, row.detail] += kept_back
        if not kept_back or seen[row.state, row.detail] <= _FEW:
            shown.append(row)
    counts = ((state, detail, count - _FEW) for (state, detail), count in seen.items() if count > _FEW)
    lost = ((name, count - _MANY) for name, count in missed.items() if count > _MANY)
    return shown, [
        *in_error,
        *(clean(f"… and {count:,} more {state}: {detail}") for state, detail, count in counts),
        *(
            clean(f"… and {count:,} more of {name} missed: `calls {name} --state expired` lists them")
            for name, count in lost
        ),
    ]


def of_lists_in_error(rows: Sequence[CallRow]) -> tuple[list[CallRow], list[str]]:
    """Of the rows in error of one list the first, and how many more there are: all of them are for ``validate``."""
    seen: Counter[str] = Counter()
    shown = []
    for row in rows:
        seen[row.list] += row.in_error and bool(row.list)
        if not row.in_error or not row.list or seen[row.list] == 1:
            shown.append(row)
    counts = {name: count - 1 for name, count in seen.items() if count > 1}
    return shown, [
        clean(f"… and {counted(count, 'more row')} of {name} in error: reconciler validate")
        for name, count in counts.items()
    ]


def interrupted(left: int, awaited: int, next_command: str) -> str:
    """How many calls an interrupted dispatch left for another, and how to go on; what was done is told before."""
    if not left + awaited:
        return "Interrupted; no more calls are due.\n"
    due = f"{counted(left, 'call')} {'is' if left == 1 else 'are'} still due" if left else ""
    waited = f"{counted(awaited, 'call')} that it waited for {'is' if awaited == 1 else 'are'} left to the next run"
    return f"Interrupted: {'; '.join(filter(None, (due, waited if awaited else '')))}.\nNext: {next_command}\n"


def _table(  # noqa: PLR0913 - what stands around the rows, all keyword-only
    rows: Sequence[CallRow],
    width: int,
    paint: Paint,
    *,
    nothing: str,
    end: str = "",
    more: Sequence[str] = (),
    counted: Sequence[CallRow] | None = None,
) -> str:
    lines: list[str] = []
    names = [name_of(row) for row in rows]
    whens = spoken_times(rows)
    sizes = (
        max((columns(row.state) for row in rows), default=0),
        max((columns(when) for when in whens), default=0),
        min(max((columns(name) for name in names), default=0), _WIDEST_NAME),
    )
    for row, following, when, name in zip(rows, [*rows[1:], None][: len(rows)], whens, names, strict=True):
        lines += _row(_hinting(row, following), (clean(row.state), when, name), sizes, width, paint)
    lines += [paint(line, "dim") for told in more for line in wrap(told, width)]
    lines += ["", *wrap(verdict(rows if counted is None else counted), width)] if rows else [nothing]
    return "\n".join([*lines, *([end] if end else [])]) + "\n"


def _hinting(row: CallRow, following: CallRow | None) -> CallRow:
    """A row without its hint where the next one ends with the same: it is said once, below the last of them."""
    same = following is not None and (row.state, row.hint) == (following.state, following.hint)
    return replace(row, hint="") if row.hint and same else row


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
        _OUTCOMES.get(row.outcome, ""),
        f"call {row.call_id}" if row.call_id else "",
        f"rang {_rang(row, row.placed_at)}" if row.placed_at and row.attempt > 1 else "",
        lasted(row.duration_seconds),
        dollars(row.cost_cents) if row.cost_cents is not None else "",
        row.end_reason,
    ]
    if told := ", ".join(fact for fact in facts if fact):
        yield told
    if row.recording:
        yield f"recording {row.recording}"
    if row.hint:
        yield f"hint: {row.hint}"


def _rang(row: CallRow, at: datetime) -> str:
    """The time at which it rang, by the clock it was declared in; with the day where that is another."""
    local, due = (it.astimezone(clock.zone(row.zone or "UTC")) for it in (at, row.when or at))
    return f"{local:%H:%M}" if local.date() == due.date() else spoken_time(row, at)


def spoken_time(row: CallRow, at: datetime) -> str:
    """``Tue 1 Dec 15:00 New York``."""
    return clock.spoken_local(at, clock.zone(row.zone or "UTC"))


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


def lasted(seconds: int | None) -> str:
    """``1 min 23 s``; "" where nobody knows."""
    if seconds is None:
        return ""
    return f"{seconds // _MINUTE} min {seconds % _MINUTE} s" if seconds >= _MINUTE else f"{seconds} s"


def verdict(rows: Sequence[CallRow]) -> str:
    """How many calls stand where: ``4 calls: 2 reached, 2 not reached``; of those that rang, whether they reached."""
    counts = Counter(_OUTCOMES.get(row.outcome) or clean(row.state) for row in rows)
    listed = ", ".join(f"{count:,} {word}" for word, count in counts.items())
    cents = sum(row.cost_cents or 0 for row in rows)
    return f"{counted(len(rows), 'call')}: {listed}{f'; {dollars(cents)}' if cents else ''}."
