"""Frame of a page that stands alone: one file, no script, nothing fetched from anywhere.

The Content-Security-Policy forbids every source and allows the one style sheet by its digest, so even a
mistake of ours in escaping could neither run nor fetch anything.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import TYPE_CHECKING

import htpy
from markupsafe import Markup

from reconciler.render.html_parts import rendered

if TYPE_CHECKING:
    from collections.abc import Sequence

    from htpy import Node


@cache
def asset(name: str) -> str:
    """A style sheet or a script of the pages."""
    return files("reconciler.render").joinpath(name).read_text("utf-8")


def _style() -> str:
    return asset("page.css")


@cache
def policy() -> str:
    """What the page may load: its own style sheet and nothing else."""
    return f"default-src 'none'; style-src {_digest()}; base-uri 'none'; form-action 'none'"


@cache
def served_policy() -> str:
    """What a page of the service may load besides: from the service itself its script, and what that listens to."""
    own = "script-src 'self'; connect-src 'self'; form-action 'self'; frame-ancestors 'none'"
    return f"default-src 'none'; style-src {_digest()}; base-uri 'none'; {own}"


def _digest() -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(_style().encode()).digest()).decode()}'"


def served(title: str, body: Node, *, script: str) -> str:
    """A whole document that the service answers; its policy is a header, so that no part of it can come first."""
    head = _head(title, htpy.script(src=script, defer=True)[None])
    skip = htpy.a(href="#main", class_="skip")["Skip to the content"]
    return f"{rendered(htpy.html(lang='en')[head, htpy.body[skip, body]])}\n"


def page(title: str, *, header: Node, sections: Sequence[tuple[str, str, Node]], footer: Node = None) -> str:
    """A whole document; each section is its id, its heading and its content, and has a link at the top.

    Sections without content are left out.
    """
    shown = [(anchor, heading, body) for anchor, heading, body in sections if body]
    links = [htpy.li[htpy.a(href=f"#{anchor}")[heading]] for anchor, heading, _ in shown]
    contents = htpy.nav(aria_label="On this page")[htpy.ul[links]] if len(shown) > 1 else None
    parts = [
        htpy.section(id=anchor, aria_labelledby=f"{anchor}-heading")[htpy.h2(id=f"{anchor}-heading")[heading], body]
        for anchor, heading, body in shown
    ]
    body = htpy.body[
        htpy.a(href="#main", class_="skip")["Skip to the content"],
        htpy.header[header, contents],
        htpy.main(id="main", tabindex=-1)[parts],
        htpy.footer[footer] if footer else None,
    ]
    alone = htpy.meta(http_equiv="Content-Security-Policy", content=policy())
    return f"{rendered(htpy.html(lang='en')[_head(title, alone), body])}\n"


def _head(title: str, more: Node) -> Node:
    return htpy.head[
        htpy.meta(charset="utf-8"),
        more,
        htpy.meta(name="viewport", content="width=device-width, initial-scale=1"),
        htpy.meta(name="color-scheme", content="light dark"),
        htpy.meta(name="referrer", content="no-referrer"),
        htpy.meta(name="robots", content="noindex"),
        htpy.title[title],
        htpy.style[Markup(_style())],  # noqa: S704 - ours, a file of this package,
    ]
