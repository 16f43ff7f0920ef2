"""The page of the service: calls a day before and after now, and the switches over all calls.

It reads without a script; with it the changing part is put in place again whenever it changed.
"""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.render import words
from reconciler.render.call_tables import TROUBLE, held, spoken_times
from reconciler.render.html import CALL_HEAD, call_row
from reconciler.render.html_markup import NOTHING, Html, element, join, prose, table
from reconciler.render.html_page import served

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from reconciler.schedule.call_report import CallList, CallRow

SCRIPT = """
"use strict";
const live = document.getElementById("live");
const words = document.getElementById("connection");
const source = new EventSource("/live");
source.onopen = () => { words.textContent = "Live"; };
source.onerror = () => { words.textContent = "Not connected: what is shown may be old"; };
source.onmessage = (message) => {
  const focused = document.activeElement;
  const label = live.contains(focused) ? focused.getAttribute("aria-label") : null;
  const open = [...live.querySelectorAll(".scrolls")].map((box) => [box.getAttribute("aria-label"), box.scrollLeft]);
  live.innerHTML = JSON.parse(message.data);
  for (const box of live.querySelectorAll(".scrolls")) {
    const name = box.getAttribute("aria-label");
    for (const [was, left] of open) if (was === name) box.scrollLeft = left;
    if (label !== null && label === name) box.focus({preventScroll: true});
  }
};
"""
REACH = timedelta(hours=24)
_LISTED = 200  # of one section; the rest is counted
_SECTIONS: tuple[tuple[str, str, frozenset[str]], ...] = (
    ("trouble", "Missed or unknown", frozenset({"expired", "unknown"})),
    ("progress", "In progress", frozenset({"claimed", "placed"})),
    ("held", "Held", frozenset({"held"})),
    ("due", "To come", frozenset({"armed", "refused", "declared"})),
    ("ended", "Ended", frozenset({"completed", "failed", "cancelled"})),
)


def page(about: CallList, now: datetime, *, switches: bool, remarks: Sequence[str] = ()) -> str:
    """The whole page; ``switches`` says whether there is a token to hold and release with."""
    body = join(
        (
            element("div", part(about, now, remarks=remarks), id="live"),
            element("footer", _switches() if switches else _no_switches(), element("p", "", id="connection")),
        )
    )
    return served("Calls of the day", body, script="/live.js")


def part(about: CallList, now: datetime, *, remarks: Sequence[str] = ()) -> Html:
    """What changes: the header and the tables."""
    rows = [row for row in about.rows if row.when is None or abs(row.when - now) <= REACH or _is_open(row)]
    groups = [(anchor, title, [it for it in rows if it.state in states]) for anchor, title, states in _SECTIONS]
    counts = [element("li", element("b", f"{len(own):,}"), f" {title.lower()}") for _, title, own in groups if own]
    header = element(
        "header",
        element("p", "reconciler serve", class_="eyebrow"),
        element("h1", "Calls of the day"),
        element("p", f"{words.account(about.target)} · {words.host(about.target)}", class_="quiet"),
        *(element("p", prose(text), class_="verdict stopped") for text in (*held(about), *remarks)),
        element("p", _verdict(rows), class_=f"verdict {'stopped' if any(map(_is_trouble, rows)) else 'clean'}"),
        element("ul", join(counts), class_="counts") if counts else NOTHING,
    )
    sections = (_section(anchor, title, own) for anchor, title, own in groups if own)
    return join((header, element("main", join(sections), id="main", tabindex=-1)))


def _is_open(row: CallRow) -> bool:
    return row.state in ("claimed", "placed", "unknown")


def _is_trouble(row: CallRow) -> bool:
    return row.state in TROUBLE


def _verdict(rows: Sequence[CallRow]) -> str:
    if not rows:
        return "No call within a day before or after now."
    counted = Counter(str(row.state) for row in rows)
    missed, unknown = counted["expired"], counted["unknown"]
    if missed or unknown:
        told = [f"{missed:,} missed" if missed else "", f"{unknown:,} of unknown outcome" if unknown else ""]
        return ", ".join(filter(None, told))
    return "Nothing missed, nothing unknown."


def _section(anchor: str, title: str, rows: Sequence[CallRow]) -> Html:
    ordered = sorted(rows, key=lambda row: row.when.timestamp() if row.when else 0.0, reverse=anchor == "ended")
    shown = ordered[:_LISTED]
    more = len(rows) - len(shown)
    return element(
        "section",
        element("h2", title, id=f"{anchor}-heading"),
        table(CALL_HEAD, map(call_row, shown, spoken_times(shown)), class_="calls stacks", caption=title),
        element("p", f"{words.counted(more, 'more call')}: `reconciler calls` lists all", class_="quiet")
        if more
        else NOTHING,
        id=anchor,
        aria_labelledby=f"{anchor}-heading",
    )


def _switches() -> Html:
    token = element(
        "label", "Token", element("input", type="password", name="token", required=True, autocomplete="off")
    )
    why = element("label", "Why", element("input", type="text", name="why", maxlength=200))
    hold = element(
        "form", token, why, element("button", "Hold every call", class_="grave"), method="post", action="/hold"
    )
    release = element("form", token, element("button", "Release"), method="post", action="/release")
    return element("section", element("h2", "Switches", id="switches-heading"),
                   element("div", hold, release, class_="switches"), aria_labelledby="switches-heading")  # fmt: skip


def _no_switches() -> Html:
    return element("p", prose("To hold and release from here: `reconciler serve --token-file FILE`."), class_="quiet")
