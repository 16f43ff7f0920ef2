"""Reports of calls as text, JSON, CSV and Markdown: the same figures in each, named alike."""

from __future__ import annotations

import csv
from datetime import date
from io import StringIO
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.model import dollars
from reconciler.render.call_csv import inert
from reconciler.render.markup import escape, row, table
from reconciler.render.terminal import Paint, clean, columns, pad, wrap
from reconciler.render.words import account, counted, host
from reconciler.schedule import clock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from datetime import datetime

    from reconciler.schedule.call_sums import CallReport, CampaignCounts, Sums

EMPTY = "No calls."
UNNAMED = {"agent": "no agent named", "list": "single calls", "day": "no time"}
FIGURES = (
    "calls",
    "placed",
    "answered",
    "voicemail",
    "not_answered",
    "under_way",
    "untold",
    "refused",
    "missed",
    "kept_back",
    "skipped",
    "unknown",
    "cancelled",
    "to_come",
    "second_tries",
    "minutes",
    "cost_cents",
    "unpriced",
)  # fmt: skip - in the order in which they are told
_OF_CAMPAIGNS = ("status", "contacts", "completed", "failed", "in_progress")
_ALWAYS = frozenset({"calls", "placed", "answered", "not_answered", "missed", "minutes", "cost_cents"})
_UNSHOWN = frozenset({"unpriced"})
_HEADS = {"cost_cents": ("", "cost"), "untold": ("not", "told")}
_GAP = 2


class Group(NamedTuple):
    """One line of a report: what it is of (``total``, ``agent``, ``list``, ``day``), its name, and its figures."""

    of: str
    name: str
    sums: Sums


def told_groups(report: CallReport) -> list[Group]:
    """The totals and the groups that say more than these: where all calls are of one, its figures are the totals."""
    found = list(groups(report))
    several = {of for of in UNNAMED if sum(it.of == of for it in found) > 1}
    return [it for it in found if it.of == "total" or it.of in several]


def only(report: CallReport) -> str:
    """What all calls have in common: ``All of agent front-desk, list reminders``; "" for nothing."""
    alone = {of: [it for it in groups(report) if it.of == of] for of in ("agent", "list")}
    told = [f"{of} {named(own[0])}" for of, own in alone.items() if len(own) == 1 and own[0].name]
    return f"All of {', '.join(told)}." if told else ""


def groups(report: CallReport) -> Iterator[Group]:
    """The totals, and then each group; a day is named by its date, a group without a name by what it is."""
    yield Group("total", "", report.totals)
    for of, found in (("agent", report.by_agent), ("list", report.by_list), ("day", report.by_day)):
        yield from (Group(of, name, it) for name, it in found)


def document(report: CallReport) -> dict[str, Any]:
    """``reconciler.report/v1``; a name is null where calls have none."""
    return {
        "format": "reconciler.report/v1",
        "organization": {"id": report.target.organization_id, "name": report.target.organization_name},
        "at": report.now.isoformat(),
        "since": report.since or None,
        "until": report.until or None,
        "first": report.first.isoformat() if report.first else None,
        "last": report.last.isoformat() if report.last else None,
        "campaigns": [it.name for it in report.campaigns],
        "by_campaign": [_campaign(it) for it in report.campaigns],
        "totals": _figures(report.totals),
        **{
            f"by_{of}": [{of: group.name or None, **_figures(group.sums)} for group in groups(report) if group.of == of]
            for of in ("agent", "list", "day")
        },
    }


def _campaign(it: CampaignCounts) -> dict[str, Any]:
    return {"campaign": it.name, **{name: getattr(it, name) for name in _OF_CAMPAIGNS}}


def _figures(sums: Sums) -> dict[str, Any]:
    return {**{name: getattr(sums, name) for name in FIGURES}, "duration_seconds": sums.duration_seconds}


def table_of(report: CallReport) -> str:
    """CSV: a header, the totals, a line for each group and campaign; lines end in LF, and no cell is a formula."""
    file = StringIO()
    writer = csv.writer(file, lineterminator="\n")
    writer.writerow(("of", "name", *FIGURES, *_OF_CAMPAIGNS))
    for group in groups(report):
        writer.writerow([group.of, inert(group.name), *_cells(group), *("" for _ in _OF_CAMPAIGNS)])
    for it in report.campaigns:
        counts = [getattr(it, name) for name in _OF_CAMPAIGNS]
        writer.writerow(["campaign", inert(it.name), *("" for _ in FIGURES), *counts])
    return file.getvalue()


def _cells(group: Group) -> list[Any]:
    return [getattr(group.sums, name) for name in FIGURES]


def text(report: CallReport, *, width: int = 80, color: bool = False) -> str:
    """For a terminal: whose calls, of when, the totals, and a table by agent, list and day."""
    paint = Paint(color=color)
    lines = [paint(line, "bold") for line in wrap(title(report), width)]
    lines += wrap(period(report), width)
    if report.is_empty:
        beside = [line for remark in campaigns(report) for line in wrap(remark, width)]
        return "\n".join([*lines, "", EMPTY, *beside]) + "\n"
    lines += ["", *_table(report, width, paint), ""]
    lines += [line for remark in remarks(report) for line in wrap(remark, width)]
    return "\n".join(lines).rstrip("\n") + "\n"


def title(report: CallReport) -> str:
    """Whose calls they are."""
    return clean(f"reconciler calls report · {account(report.target)} · {host(report.target)}")


def period(report: CallReport) -> str:
    """Of which time the figures are, and by whose clock."""
    said = f"Calls {asked}" if (asked := _asked(clean(report.since), clean(report.until))) else "All calls"
    if report.first is None or report.last is None:
        return f"{said}."
    first, last = (spoken(it, report.now) for it in (report.first, report.last))
    when = first if first == last else f"{first} to {last}"
    return f"{said}: {when}; times and days by the clock that each call was declared in."


def _asked(since: str, until: str) -> str:
    """The period in words, as it was asked for."""
    if since == until:
        return f"on {since}" if since else ""
    return " ".join(part for part in (f"from {since}" if since else "", f"until {until}" if until else "") if part)


def spoken(at: datetime, now: datetime) -> str:
    """``Tue 1 Dec 10:05 Los Angeles``."""
    return clock.spoken_local(at, clock.zone(str(at.tzinfo)), now=now)


def remarks(report: CallReport) -> list[str]:
    """What the figures do not hold, or what makes them provisional."""
    it = report.totals
    return [
        *([said] if (said := only(report)) else []),
        *([f"{counted(it.under_way, 'call')} not ended yet, or not recorded: dispatch does"] if it.under_way else []),
        *([f"{counted(it.unknown, 'call')} may have rung: `reconciler calls --state unknown`"] if it.unknown else []),
        *([f"The platform told no cost of {counted(it.unpriced, 'call')}."] if it.unpriced else []),
        *campaigns(report),
    ]


def campaigns(report: CallReport) -> list[str]:
    """``Campaign recall, running: 12 of 120 contacts completed, 3 failed, 2 in call; not among the calls above``."""
    return [
        f"Campaign {clean(it.name)}, {clean(it.status)}: {it.completed:,} of {counted(it.contacts, 'contact')} "
        f"completed, {it.failed:,} failed, {it.in_progress:,} in call; not among the calls above"
        for it in report.campaigns
    ]


def shown(report: CallReport) -> list[str]:
    """The figures that a person is shown: those that are always told, and those that are anything."""
    return [
        name for name in FIGURES if name not in _UNSHOWN and (name in _ALWAYS or getattr(report.totals, name))
    ]  # fmt: skip - one condition


def heading(figure: str) -> str:
    """``not answered``."""
    return " ".join(part for part in _HEADS.get(figure, (*figure.split("_"),)) if part)


def figure(sums: Sums, name: str) -> str:
    """A figure for people: money as dollars, minutes to a tenth."""
    value = getattr(sums, name)
    if name == "cost_cents":
        return dollars(value)
    return f"{value:,.1f}" if name == "minutes" else f"{value:,}"


def named(group: Group) -> str:
    """The name of a group for people: ``Tue 1 Dec 2026`` for a day."""
    if group.of == "total":
        return "all calls"
    if not group.name:
        return UNNAMED[group.of]
    if group.of != "day":
        return clean(group.name)
    day = date.fromisoformat(group.name)
    return f"{clock.spoken_day(day)} {day.year}"


def _table(report: CallReport, width: int, paint: Paint) -> Iterator[str]:
    """Figures below their headings, a group a line; where that is too wide, its name has a line of its own."""
    names, rows = shown(report), told_groups(report)
    cells = [[figure(group.sums, name) for name in names] for group in rows]
    heads = [_stacked(name) for name in names]
    sizes = [max(*map(columns, head), *(columns(row[at]) for row in cells)) for at, head in enumerate(heads)]
    room = max(columns(named(group)) for group in rows) + _GAP
    beside = room + _GAP + sum(sizes) + _GAP * len(sizes) <= width
    indent = room + _GAP if beside else 2 * _GAP
    for part in range(2):
        yield paint((" " * indent + _right([head[part] for head in heads], sizes)).rstrip(), "dim")
    before = "total"
    for group, told_of in zip(rows, cells, strict=True):
        if group.of != before:
            yield paint(f"by {group.of}", "bold")
        before = group.of
        style = "bold" if group.of == "total" else ""
        name, told = " " * _GAP + named(group), _right(told_of, sizes)
        yield from [paint(pad(name, indent) + told, style)] if beside else [paint(name, style), " " * indent + told]


def _stacked(name: str) -> tuple[str, str]:
    """A heading in two lines, the first of them empty for a single word."""
    words = heading(name).split()
    return ("", words[0]) if len(words) == 1 else (words[0], " ".join(words[1:]))


def _right(cells: Iterable[str], sizes: Sequence[int]) -> str:
    return (" " * _GAP).join(" " * (size - columns(cell)) + cell for cell, size in zip(cells, sizes, strict=True))


def markdown(report: CallReport) -> str:
    """A heading, the period, and a table; for a comment or a chat."""
    head = f"**{escape(title(report))}**\n\n{escape(period(report))}\n"
    if report.is_empty:
        beside = "".join(f"\n{escape(it)}\n" for it in campaigns(report))
        return f"{head}\n{EMPTY}\n{beside}"
    names = shown(report)
    rows = ((escape(_spoken(it)), *(figure(it.sums, name) for name in names)) for it in told_groups(report))
    told = table(("Calls", *map(heading, names)), [row(cells) for cells in rows])
    return f"{head}{told}{''.join(f'{chr(10)}{escape(it)}{chr(10)}' for it in remarks(report))}"


def _spoken(group: Group) -> str:
    return named(group) if group.of == "total" else f"{group.of} {named(group)}"
