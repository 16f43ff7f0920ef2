"""Plain scalars in YAML 1.2's core meaning, but that a code stays the text it was written as.

``on``, ``yes`` and ``12:30`` are text, so are a timestamp and what begins with ``+`` or ``0``: a telephone number.
"""

from __future__ import annotations

import re
from math import isfinite
from typing import Any

# Below this key stand facts that are said to people: a number that YAML would spell otherwise is what was written.
VERBATIM = "variables"

_NULLS = frozenset({"", "~", "null", "Null", "NULL"})
_TRUTHS = {
    "true": True,
    "True": True,
    "TRUE": True,
    "false": False,
    "False": False,
    "FALSE": False,
}  # fmt: skip - one row reads best
_INTEGER = re.compile(r"-?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"-?(?:\.[0-9]+|(?:0|[1-9][0-9]*)(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMERIC_START = frozenset("-.0123456789")
_LONGEST_NUMBER = 400
_EXACT = 1 << 53  # up to here every integer is a double
MEANINGFUL_STARTS = _NUMERIC_START | {"", *"~nNtTfF"}  # every other plain scalar is text


def scalar(text: str) -> Any:
    """A plain scalar's meaning in YAML 1.2's core schema, but a leading ``+`` or ``0`` makes a code: text.

    What is no finite number, or absurdly long, stays text: the field's own check then says what it wants.
    """
    if text in _NULLS:
        return None
    first = text[0]
    if first in "tTfF":
        return _TRUTHS.get(text, text)
    if first not in _NUMERIC_START or len(text) > _LONGEST_NUMBER:
        return text
    if _INTEGER.fullmatch(text):
        return int(text, 0)
    return float(text) if _FLOAT.fullmatch(text) and isfinite(float(text)) else text


def as_written(read: Any, text: str) -> Any:
    """A fact as it is said: the text of a number that reads otherwise when it is spelled again (``19.90``, ``0x1F``).

    So is an integer of more digits than a double holds: whoever reads the JSON may round it.
    """
    if read.__class__ not in (int, float):
        return read
    return text if f"{read}" != text or (isinstance(read, int) and abs(read) > _EXACT) else read
