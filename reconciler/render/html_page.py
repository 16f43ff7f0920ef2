"""Frame a page that stands alone: one file, no script, nothing fetched from anywhere.

The Content-Security-Policy forbids every source and allows the one style sheet by its digest, so even a
mistake of ours in escaping could neither run nor fetch anything.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import TYPE_CHECKING

from reconciler.render.html_markup import NOTHING, Html, element, join
from reconciler.render.html_style import STYLE

if TYPE_CHECKING:
    from collections.abc import Sequence


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
    return f"'sha256-{base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()}'"


def served(title: str, body: Html, *, script: str) -> str:
    """A whole document that the service answers; its policy is a header, so that no part of it can come first."""
    head = _head(title, element("script", NOTHING, src=script, defer=True))
    skip = element("a", "Skip to the content", href="#main", class_="skip")
    return f"<!DOCTYPE html>\n{element('html', head, element('body', skip, body), lang='en')}\n"


def page(title: str, *, header: Html, sections: Sequence[tuple[str, str, Html]], footer: Html = NOTHING) -> str:
    """A whole document; each section is its id, its heading and its content, and has a link at the top.

    Sections without content are left out.
    """
    shown = [(anchor, heading, body) for anchor, heading, body in sections if body]
    links = join(element("li", element("a", heading, href=f"#{anchor}")) for anchor, heading, _ in shown)
    contents = element("nav", element("ul", links), aria_label="On this page") if len(shown) > 1 else NOTHING
    parts = [
        element(
            "section",
            element("h2", heading, id=f"{anchor}-heading"),
            body,
            id=anchor,
            aria_labelledby=f"{anchor}-heading",
        )
        for anchor, heading, body in shown
    ]
    body = element(
        "body",
        element("a", "Skip to the content", href="#main", class_="skip"),
        element("header", header, contents),
        element("main", join(parts), id="main", tabindex=-1),
        element("footer", footer) if footer else NOTHING,
    )
    alone = element("meta", http_equiv="Content-Security-Policy", content=policy())
    return f"<!DOCTYPE html>\n{element('html', _head(title, alone), body, lang='en')}\n"


def _head(title: str, more: Html) -> Html:
    return element(
        "head",
        element("meta", charset="utf-8"),
        more,
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="referrer", content="no-referrer"),
        element("meta", name="robots", content="noindex"),
        element("title", title),
        element("style", Html(STYLE)),
    )
