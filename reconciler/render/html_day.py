"""The page of the service: calls a day before and after now, and the switches over all calls.

It reads without a script; with it the changing part is put in place again whenever it changed.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

import htpy

from reconciler.render import words
from reconciler.render.call_tables import held, spoken_times
from reconciler.render.html import CALL_HEAD, call_row
from reconciler.render.html_page import served
from reconciler.render.html_parts import prose, table
from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from htpy import Node

    from reconciler.schedule.call_report import CallList, CallRow

REACH = timedelta(hours=24)
_TROUBLE = {CallState.EXPIRED: "missed", CallState.UNKNOWN: "of unknown outcome", CallState.REFUSED: "refused"}
_LISTED = 200  # of one section; the rest is counted
# A call stands in the first section that takes its state.
_SECTIONS: tuple[tuple[str, str, Callable[[CallState], bool]], ...] = (
    ("trouble", "Missed or unknown", lambda state: state.alarming),
    ("refused", "Refused", lambda state: state is CallState.REFUSED),
    ("progress", "In progress", lambda state: state.under_way),
    ("held", "Held", lambda state: state is CallState.HELD),
    ("due", "To come", lambda state: state.to_come),
    ("ended", "Ended", lambda state: state.over),
)


def page(about: CallList, now: datetime, *, switches: bool, remarks: Sequence[str] = ()) -> str:
    """The whole page; ``switches`` says whether there is a token to hold and release with."""
    body = [
        htpy.div(id="live")[part(about, now, remarks=remarks)],
        htpy.footer[_switches() if switches else _no_switches(), htpy.p(id="connection", class_="quiet")[""]],
    ]
    return served("Calls of the day", body, script="/live.js")


def part(about: CallList, now: datetime, *, remarks: Sequence[str] = ()) -> Node:
    """What changes: the header and the tables."""
    rows = [row for row in about.rows if row.when is None or abs(row.when - now) <= REACH or _is_open(row)]
    groups = [(anchor, title, [it for it in rows if _anchor(it.state) == anchor]) for anchor, title, _ in _SECTIONS]
    counts = [htpy.li[htpy.b[f"{len(own):,}"], f" {title.lower()}"] for _, title, own in groups if own]
    header = htpy.header[
        htpy.p(class_="eyebrow")["reconciler serve"],
        htpy.h1["Calls of the day"],
        htpy.p(class_="quiet")[f"{words.account(about.target)} · {words.host(about.target)}"],
        *(htpy.p(class_="verdict stopped")[prose(text)] for text in (*held(about), *remarks)),
        htpy.p(class_=f"verdict {'stopped' if any(map(_is_trouble, rows)) else 'clean'}")[_verdict(rows)],
        htpy.ul(class_="counts")[counts] if counts else None,
    ]
    sections = (_section(anchor, title, own) for anchor, title, own in groups if own)
    return [header, htpy.main(id="main", tabindex=-1)[sections]]


def _is_open(row: CallRow) -> bool:
    return row.state.under_way or row.state.uncertain


def _anchor(state: CallState) -> str:
    return next(anchor for anchor, _, takes in _SECTIONS if takes(state))


def _is_trouble(row: CallRow) -> bool:
    return row.state in _TROUBLE


def _verdict(rows: Sequence[CallRow]) -> str:
    if not rows:
        return "No call within a day before or after now."
    counted = Counter(row.state for row in rows)
    told = [f"{counted[state]:,} {phrase}" for state, phrase in _TROUBLE.items() if counted[state]]
    return ", ".join(told) or "Nothing missed, refused or unknown."


def _section(anchor: str, title: str, rows: Sequence[CallRow]) -> Node:
    ordered = sorted(rows, key=lambda row: row.when.timestamp() if row.when else 0.0, reverse=anchor == "ended")
    shown = ordered[:_LISTED]
    more = len(rows) - len(shown)
    return htpy.section(id=anchor, aria_labelledby=f"{anchor}-heading")[
        htpy.h2(id=f"{anchor}-heading")[title],
        table(CALL_HEAD, map(call_row, shown, spoken_times(shown)), class_="calls stacks", caption=title),
        htpy.p(class_="quiet")[f"{words.counted(more, 'more call')}: `reconciler calls` lists all"] if more else None,
    ]


def _switches() -> Node:
    token = htpy.label["Token", htpy.input(type="password", name="token", required=True, autocomplete="off")]
    why = htpy.label["Why", htpy.input(type="text", name="why", maxlength=200)]
    hold = htpy.form(method="post", action="/hold")[token, why, htpy.button(class_="grave")["Hold every call"]]
    release = htpy.form(method="post", action="/release")[token, htpy.button["Release"]]
    return htpy.section(aria_labelledby="switches-heading")[
        htpy.h2(id="switches-heading")["Switches"],
        htpy.div(class_="switches")[hold, release],
    ]


def _no_switches() -> Node:
    return htpy.p(class_="quiet")[prose("To hold and release from here: `reconciler serve --token-file FILE`.")]
