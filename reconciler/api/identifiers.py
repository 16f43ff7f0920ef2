"""Ids of the vendor's objects: opaque to us, but a text or a whole number (contract, X5)."""

from __future__ import annotations

from typing import Any

from reconciler.errors import Unintelligible


def identifier(value: Any, *, path: str) -> str:
    """An id as text; Unintelligible for what can be none: nothing, a flag, a fraction, half a character."""
    whole = isinstance(value, int) and not isinstance(value, bool)
    if whole or (isinstance(value, str) and value and not any("\ud800" <= letter <= "\udfff" for letter in value)):
        return str(value)
    raise Unintelligible(
        f"an object of {path} has an id that is no text and no whole number",
        method="GET",
        path=path,
        hint="check `--api-url`; `reconciler doctor` shows what answers there",
    )
