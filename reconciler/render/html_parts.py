"""Parts that several HTML pages share, and the one way from elements to text.

Whatever is no element is escaped by htpy. ``rendered`` besides writes out what a reader cannot see or a
terminal would obey, once for a whole page, so that no part of it can be forgotten.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import htpy

from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from htpy import Node

_LITERAL = re.compile(r"`([^`]+)`")


def rendered(node: Node) -> str:
    r"""A node as text; control characters in it are written out (``\x1b``)."""
    return "\n".join(map(clean, str(htpy.fragment[node]).split("\n")))


def prose(words: str) -> Node:
    """One line of text in which `literals` between backticks are set as code."""
    parts = _LITERAL.split(clean(words))
    return [htpy.code[part] if place % 2 else part for place, part in enumerate(parts)]


def table(
    head: Iterable[str], rows: Iterable[Node] = (), *, class_: str, caption: str, groups: Iterable[Node] = ()
) -> Node:
    """A table of finished rows, or groups of rows, in a box that scrolls by itself where it is too wide.

    The box can be reached with the keyboard, and so be scrolled with it.
    """
    title = htpy.caption(class_="unseen")[caption]
    cells = htpy.thead[htpy.tr[(htpy.th(scope="col")[cell] for cell in head)]]
    whole = htpy.table(class_=class_)[title, cells, list(groups) or htpy.tbody[rows]]
    return htpy.div(class_="scrolls", tabindex=0, role="region", aria_label=caption)[whole]


def row(*cells: Node) -> Node:
    """One row of a table; its first cell is its head."""
    first, *rest = cells
    return htpy.tr[htpy.th(scope="row")[first], (htpy.td[cell] for cell in rest)]


def unseen(words: str) -> Node:
    """Words for those who do not see colours or pictures."""
    return htpy.span(class_="unseen")[words]
