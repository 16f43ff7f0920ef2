"""A plan, or the scheduled calls, as one page that a browser opens from a file.

It works without scripts, fetches nothing, follows the reader's light or dark and prints. What matters most
comes first, as in the text of a plan.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import htpy

from reconciler.model import Action
from reconciler.render import words
from reconciler.render.call_groups import groups, is_grouped
from reconciler.render.call_tables import TROUBLE, below, held, name_of, nothing, spoken_times, verdict
from reconciler.render.html_calendar import calendar, tiles
from reconciler.render.html_changes import anchors, badge, cards, findings, first_glance, unchanged
from reconciler.render.html_page import page
from reconciler.render.html_parts import prose, row, table
from reconciler.render.html_picture import picture
from reconciler.render.reading_order import first_of_all, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from htpy import Node

    from reconciler.planning.outlook import Outlook
    from reconciler.schedule.call_report import CallList, CallRow

CALL_HEAD = ("Call", "State", "When", "Whom", "What happened")
_WEB = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?")


def plan(plan: Outlook, *, show_numbers: bool = False, next_command: str = "reconciler apply") -> str:
    """The plan as a page of its own."""
    ranked = sorted(plan.changes, key=rank)
    listed = [change for change in ranked if change.action is not Action.KEEP]
    kept = [change for change in ranked if change.action is Action.KEEP]
    places = anchors(listed)
    grouped = groups(listed, plan.forecast) if is_grouped(listed) else []
    doubts, remarks = first_of_all(plan.findings)
    foreseen = plan.forecast
    sums = tiles(foreseen) if foreseen is not None and (foreseen.rings_anybody or foreseen.reloads) else None
    days = calendar(foreseen, places, show_numbers=show_numbers) if foreseen is not None else None
    sections = [
        ("findings", "Findings", findings(remarks, places)),
        ("glance", "Look at these first", first_glance(listed, places, grouped)),
        ("money", "Money and people", sums),
        ("changes", "Changes", cards(listed, grouped, places, show_numbers=show_numbers)),
        ("calendar", "Calls to come", days),
        ("picture", "Who uses what", picture(plan.changes, places)),
        ("kept", "Unchanged", unchanged(kept)),
    ]
    return page(
        f"Plan for {words.account(plan.target)}",
        header=[findings(doubts, places), _header(plan)],
        sections=sections,
        footer=_footer(plan, words.onward(plan, next_command)),
    )


def _header(plan: Outlook) -> Node:
    """Whose account, what the plan comes to, and how much of what."""
    counts = words.counted_verbs(plan.changes)
    numbers = [htpy.li(class_=verb)[htpy.b[f"{count:,}"], f" {words.spoken(verb)}"] for verb, count in counts.items()]
    weighty = words.weighty(plan)
    return [
        htpy.p(class_="eyebrow")["reconciler plan"],
        htpy.h1[plan.target.organization_name or "unnamed"],
        htpy.p(class_="quiet")[f"organisation {plan.target.organization_id} · {words.host(plan.target)}"],
        htpy.p(class_=f"verdict {_mood(plan)}")[prose(words.verdict(plan))],
        htpy.ul(class_="counts")[numbers] if numbers else None,
        htpy.p(class_="weighty-line")[" · ".join(weighty)] if weighty else None,
    ]  # fmt: skip - from above to below


def _mood(plan: Outlook) -> str:
    if plan.errors or plan.refusals:
        return "stopped"
    return "waiting" if plan.pending else "clean"


def _footer(plan: Outlook, step: str) -> Node:
    following = htpy.p["Next: ", htpy.code[step]] if step else None
    mark = str(plan.fingerprint)[:16]
    trace = htpy.p(class_="quiet")[f"Fingerprint {mark}"] if mark else None
    more = htpy.p(class_="quiet")[prose(words.undeclared(plan))] if words.undeclared(plan) else None
    return [more, following, trace]


def calls(rows: Sequence[CallRow], about: CallList | None = None) -> str:
    """The scheduled calls as a page of its own, in the order given."""
    mood = "stopped" if any(it.state in TROUBLE for it in rows) else "clean"
    header = [
        htpy.p(class_="eyebrow")["reconciler calls"],
        htpy.h1["Scheduled calls"],
        htpy.p(class_="quiet")[f"{words.account(about.target)} · {words.host(about.target)}"] if about else None,
        *(htpy.p(class_="verdict stopped")[prose(text)] for text in (held(about) if about else ())),
        htpy.p(class_=f"verdict {mood}")[verdict(rows) if rows else nothing(about)],
    ]  # fmt: skip - from above to below
    shown = (
        table(CALL_HEAD, map(call_row, rows, spoken_times(rows)), class_="calls stacks", caption="Scheduled calls")
        if rows
        else None
    )
    return page("Scheduled calls", header=header, sections=[("calls", "Every call", shown)])


def call_row(it: CallRow, when: str) -> Node:
    """One call as a row of a table."""
    told = [htpy.p[prose(text)] for text in below(it) if not text.startswith("recording ")]
    return row(
        htpy.code[name_of(it)],
        badge(it.state, f"state {it.state}"),
        htpy.time(datetime=it.when.isoformat() if it.when else None)[when],
        it.to,
        [*told, _recording(it.recording)],
    )


def _recording(address: str) -> Node:
    """A link where it leads to the web, else nothing to click: a page must not run what a record says."""
    if not address:
        return None
    if _WEB.fullmatch(address):
        return htpy.p[htpy.a(href=address, rel="noreferrer noopener")["Recording"]]
    return htpy.p[f"Recording {address}"]
