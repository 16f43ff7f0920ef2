"""Make HTML in which data can only ever be text.

Whatever is not ``Html`` already is escaped when it becomes a part of an element, so forgetting to escape
shows tags to a reader instead of running them. Only this module makes ``Html`` out of strings.
"""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

_LITERAL = re.compile(r"`([^`]+)`")
_VOID = frozenset({"meta", "br", "hr", "col", "input"})


class Html(str):
    """Markup made by this module: text in it is escaped, tags in it are ours."""

    __slots__ = ()


NOTHING = Html("")


def text(words: str) -> Html:
    r"""One line of text; what a reader cannot see or a terminal would obey is written out (``\x1b``)."""
    return words if isinstance(words, Html) else Html(escape(clean(words)))


def element(name: str, /, *children: str, **attributes: str | int | bool | None) -> Html:
    """An element; children that are not ``Html`` are escaped, attributes that are None or False are left out.

    Names of attributes are written with underscores, ``class_`` for class.
    """
    told = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        return Html(f"<{name}{told}>")
    return Html(f"<{name}{told}>{join(children)}</{name}>")


def _attribute(key: str, value: str | int | bool | None) -> str:  # noqa: FBT001 - an attribute's value
    if value is None or value is False:
        return ""
    name = key.rstrip("_").replace("_", "-")
    return f" {name}" if value is True else f' {name}="{text(str(value))}"'


def join(children: Iterable[str]) -> Html:
    """Parts after each other."""
    return Html("".join(text(child) for child in children))


def prose(words: str) -> Html:
    """One line of text in which `literals` between backticks are set as code."""
    parts = _LITERAL.split(clean(words))
    return join(element("code", part) if place % 2 else text(part) for place, part in enumerate(parts))


def table(
    head: Iterable[str],
    rows: Iterable[Html] = (),
    *,
    class_: str,
    caption: str,
    groups: Iterable[Html] = (),
) -> Html:
    """A table of finished rows, or groups of rows, in a box that scrolls by itself where it is too wide.

    The box can be reached with the keyboard, and so be scrolled with it.
    """
    title = element("caption", caption, class_="unseen")
    cells = join(element("th", cell, scope="col") for cell in head)
    body = join(groups) or element("tbody", join(rows))
    whole = element("table", title, element("thead", element("tr", cells)), body, class_=class_)
    return element("div", whole, class_="scrolls", tabindex=0, role="region", aria_label=caption)


def row(*cells: str) -> Html:
    """One row of a table; its first cell is its head."""
    first, *rest = cells
    return element("tr", element("th", first, scope="row"), join(element("td", cell) for cell in rest))


def unseen(words: str) -> Html:
    """Words for those who do not see colours or pictures."""
    return element("span", words, class_="unseen")
