"""Ids of the vendor's objects: opaque to us, but a text or a whole number (contract, X5)."""

from __future__ import annotations

import re
from typing import Any

from reconciler.errors import Unintelligible

_HALF_A_CHARACTER = re.compile("[\ud800-\udfff]")


def identifier(value: Any, *, path: str) -> str:
    """An id as text; Unintelligible for what can be none: nothing, blanks, a flag, a fraction, half a character."""
    whole = isinstance(value, int) and not isinstance(value, bool) and value >= 0
    if whole or (isinstance(value, str) and value.strip() and not _HALF_A_CHARACTER.search(value)):
        return str(value)
    raise Unintelligible(
        f"an object of {path} has an id that is no text and no whole number",
        method="GET",
        path=path,
        hint="check `--api-url`; `reconciler doctor` shows what answers there",
    )
