"""Report of calls as one HTML page: the totals, then a table by agent, list and day."""

from __future__ import annotations

from typing import TYPE_CHECKING

import htpy

from reconciler.render import words
from reconciler.render.call_sums import EMPTY, campaigns, figure, heading, named, period, remarks, shown, told_groups
from reconciler.render.html_page import page
from reconciler.render.html_parts import prose, row, table

if TYPE_CHECKING:
    from collections.abc import Iterator

    from htpy import Node

    from reconciler.schedule.call_sums import CallReport

_TITLES = {"agent": "By agent", "list": "By list", "day": "By day"}


def report(report: CallReport) -> str:
    """The report as a page of its own."""
    header = [
        htpy.p(class_="eyebrow")["reconciler calls report"],
        htpy.h1[report.target.organization_name or "unnamed"],
        htpy.p(class_="quiet")[f"organisation {report.target.organization_id} · {words.host(report.target)}"],
        htpy.p(class_="quiet")[period(report)],
        htpy.p(class_="verdict clean")[EMPTY] if report.is_empty else None,
        [htpy.p(class_="quiet")[prose(it)] for it in campaigns(report)] if report.is_empty else None,
    ]  # fmt: skip - from above to below
    sections = [] if report.is_empty else [("totals", "All calls", _totals(report)), *_groups(report)]
    return page(f"Calls of {words.account(report.target)}", header=header, sections=sections)


def _totals(report: CallReport) -> Node:
    tiles = (
        htpy.div(class_="tile")[htpy.dt[heading(name)], htpy.dd[figure(report.totals, name)]] for name in shown(report)
    )
    told = [htpy.li[prose(remark)] for remark in remarks(report)]
    return [htpy.dl(class_="tiles")[tiles], htpy.ul(class_="remarks")[told] if told else None]


def _groups(report: CallReport) -> Iterator[tuple[str, str, Node]]:
    """A section for each way to group them that says more than the totals."""
    names, found = shown(report), told_groups(report)
    for of, title in _TITLES.items():
        rows = [row(named(it), *(figure(it.sums, name) for name in names)) for it in found if it.of == of]
        if rows:
            yield of, title, table((of, *map(heading, names)), rows, class_="calls sums", caption=title)
