"""Write a plan, or the scheduled calls, as one page that a browser opens from a file.

It works without scripts, fetches nothing, follows the reader's light or dark and prints. What matters most
comes first, as in the text of a plan.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.model import Action
from reconciler.render import words
from reconciler.render.call_groups import groups, is_grouped
from reconciler.render.call_tables import TROUBLE, below, held, name_of, nothing, spoken_times, verdict
from reconciler.render.html_calendar import calendar, tiles
from reconciler.render.html_changes import anchors, badge, cards, findings, first_glance, unchanged
from reconciler.render.html_markup import NOTHING, Html, element, join, prose, row, table
from reconciler.render.html_page import page
from reconciler.render.html_picture import picture
from reconciler.render.reading_order import first_of_all, rank

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.model import Plan
    from reconciler.schedule.call_report import CallList, CallRow

CALL_HEAD = ("Call", "State", "When", "Whom", "What happened")
_WEB = re.compile(r"https://[A-Za-z0-9.-]+(:[0-9]+)?(/[!-~]*)?")


def plan(plan: Plan, *, show_numbers: bool = False, next_command: str = "reconciler apply") -> str:
    """The plan as a page of its own."""
    ranked = sorted(plan.changes, key=rank)
    listed = [change for change in ranked if change.action is not Action.KEEP]
    kept = [change for change in ranked if change.action is Action.KEEP]
    places = anchors(listed)
    grouped = groups(listed, plan.forecast) if is_grouped(listed) else []
    doubts, remarks = first_of_all(plan.findings)
    foreseen = plan.forecast
    sums = tiles(foreseen) if foreseen is not None and (foreseen.rings or foreseen.reloads) else NOTHING
    days = calendar(foreseen, places, show_numbers=show_numbers) if foreseen is not None else NOTHING
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
        header=join((findings(doubts, places), _header(plan))),
        sections=sections,
        footer=_footer(plan, words.onward(plan, next_command)),
    )


def _header(plan: Plan) -> Html:
    """Whose account, what the plan comes to, and how much of what."""
    counts = plan.summary
    numbers = [
        element("li", element("b", f"{count:,}"), f" {words.spoken(verb)}", class_=verb)
        for verb, count in counts.items()
        if count
    ]
    weighty = words.weighty(plan)
    return join(
        (
            element("p", "reconciler plan", class_="eyebrow"),
            element("h1", plan.target.organization_name or "unnamed"),
            element("p", f"organisation {plan.target.organization_id} · {words.host(plan.target)}", class_="quiet"),
            element("p", prose(words.verdict(plan)), class_=f"verdict {_mood(plan)}"),
            element("ul", join(numbers), class_="counts") if numbers else NOTHING,
            element("p", " · ".join(weighty), class_="weighty-line") if weighty else NOTHING,
        )
    )  # fmt: skip - from above to below


def _mood(plan: Plan) -> str:
    if plan.errors or plan.refusals:
        return "stopped"
    return "waiting" if plan.pending else "clean"


def _footer(plan: Plan, step: str) -> Html:
    following = element("p", "Next: ", element("code", step)) if step else NOTHING
    trace = element("p", f"Fingerprint {plan.fingerprint[:16]}", class_="quiet") if plan.fingerprint else NOTHING
    more = element("p", prose(words.undeclared(plan)), class_="quiet") if words.undeclared(plan) else NOTHING
    return join((more, following, trace))


def calls(rows: Sequence[CallRow], about: CallList | None = None) -> str:
    """The scheduled calls as a page of its own, in the order given."""
    mood = "stopped" if any(it.state in TROUBLE for it in rows) else "clean"
    header = join(
        (
            element("p", "reconciler calls", class_="eyebrow"),
            element("h1", "Scheduled calls"),
            element("p", f"{words.account(about.target)} · {words.host(about.target)}", class_="quiet")
            if about
            else NOTHING,
            *(element("p", prose(text), class_="verdict stopped") for text in (held(about) if about else ())),
            element("p", verdict(rows) if rows else nothing(about), class_=f"verdict {mood}"),
        )
    )  # fmt: skip - from above to below
    shown = (
        table(CALL_HEAD, map(call_row, rows, spoken_times(rows)), class_="calls stacks", caption="Scheduled calls")
        if rows
        else NOTHING
    )
    return page("Scheduled calls", header=header, sections=[("calls", "Every call", shown)])


def call_row(it: CallRow, when: str) -> Html:
    """One call as a row of a table."""
    told = [element("p", prose(text)) for text in below(it) if not text.startswith("recording ")]
    return row(
        element("code", name_of(it)),
        badge(it.state, f"state {it.state}"),
        element("time", when, datetime=it.when.isoformat() if it.when else None),
        it.to,
        join((*told, _recording(it.recording))),
    )


def _recording(address: str) -> Html:
    """A link where it leads to the web, else nothing to click: a page must not run what a record says."""
    if not address:
        return NOTHING
    if _WEB.fullmatch(address):
        return element("p", element("a", "Recording", href=address, rel="noreferrer noopener"))
    return element("p", f"Recording {address}")
