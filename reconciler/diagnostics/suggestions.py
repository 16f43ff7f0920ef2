"""The nearest known word for a misspelt one, in the same words everywhere."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_MANY = 12  # names a reader still scans in one hint


def closest(word: str, known: Iterable[str], *, cutoff: float = 0.6) -> str:
    """The known word that is most like ``word``; "" when none is like it."""
    from difflib import get_close_matches  # noqa: PLC0415 - slow to load, and needed by those who misspell alone

    found = get_close_matches(word, list(known), n=1, cutoff=cutoff)
    return found[0] if found else ""


def nearest(word: str, known: Iterable[str]) -> str:
    """A hint that asks whether the known word most like it was meant; "" when none is like it."""
    found = closest(word, known)
    return f"did you mean `{found}`?" if found else ""


def offer(known: Sequence[str]) -> str:
    """A hint that lists the known names where one can scan them; "" otherwise."""
    return f"known here: {listed(known)}" if 0 < len(known) <= _MANY else ""


def listed(names: Iterable[str]) -> str:
    """The names in backticks, with commas."""
    return ", ".join(f"`{name}`" for name in names)
