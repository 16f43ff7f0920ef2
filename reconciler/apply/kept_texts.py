"""What a server made of a text that it keeps otherwise than it was written: cut, escaped, folded."""

from __future__ import annotations

import html
import unicodedata
from typing import Any, Literal, NamedTuple

_FORMS: tuple[Literal["NFC", "NFD", "NFKC", "NFKD"], ...] = ("NFC", "NFD", "NFKC", "NFKD")


class Kept(NamedTuple):
    """How a text is kept, and what its author can do about it; both "" where that cannot be told."""

    how: str = ""
    way_out: str = ""


def kept(written: Any, live: Any) -> Kept:
    """How ``live`` came of ``written``."""
    if not isinstance(written, str) or not isinstance(live, str):
        return Kept()
    one, other = written.strip(), live.strip()
    if not other:
        return Kept("is empty", "the platform did not take it: is it allowed for this agent or tier?")
    if one.startswith(other):
        return Kept(f"is cut after {len(other):,} characters", f"shorten it to {len(other):,} characters")
    if html.unescape(other) == html.unescape(one):
        return Kept("is escaped for HTML", "write it without `<`, `>`, `&` and quotation marks")
    form = next((form for form in _FORMS if unicodedata.normalize(form, one) == other), "")
    if form:
        return Kept(f"is in the Unicode form {form}", f"save it in the form {form}")
    if one.split() == other.split():
        return Kept("has other white space", "write its white space as the platform keeps it: see the plan")
    return Kept()
