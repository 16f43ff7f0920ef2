"""Words for what pydantic finds wrong, and for the place where it stands."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics.suggestions import nearest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_CHOICE = re.compile(r"'([^']*)'")
# Pydantic's types of complaint in our words; {…} are the facts it gives.
_PLAIN = {
    "bool_parsing": "must be true or false",
    "bool_type": "must be true or false",
    "date_from_datetime_parsing": "must be a day such as 2026-12-01",
    "date_from_datetime_inexact": "must be a day such as 2026-12-01",
    "date_parsing": "must be a day such as 2026-12-01",
    "date_type": "must be a day such as 2026-12-01",
    "dict_type": "must be a mapping of keys to values",
    "finite_number": "must be a number",
    "float_parsing": "must be a number",
    "float_type": "must be a number",
    "greater_than": "must be more than {gt}",
    "greater_than_equal": "must be at least {ge}",
    "int_from_float": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_parsing_size": "is too large a number",
    "int_type": "must be a whole number",
    "less_than": "must be less than {lt}",
    "less_than_equal": "must be at most {le}",
    "list_type": "must be a list",
    "model_type": "must be a mapping of keys to values",
    "string_too_long": "must be at most {max_length} characters long",
    "string_too_short": "must not be empty",
    "string_type": "must be text",
    "tuple_type": "must be a list",
}


def plain(item: Mapping[str, Any]) -> str:
    """One of pydantic's errors as the end of a sentence that begins with the field's name."""
    if item["type"] == "value_error":
        return str(item["ctx"]["error"])
    if item["type"] == "literal_error":
        return _choice(item)
    if (words := _PLAIN.get(item["type"])) is not None:
        return words.format(**item.get("ctx", {}))
    text = (
        str(item["msg"])
        .removeprefix("Value error, ")
        .removeprefix("Input ")
        .removesuffix(" or an instance of FileText")
        .removesuffix(" or an instance of FileContent")
    )
    return text[:1].lower() + text[1:]


def _choice(item: Mapping[str, Any]) -> str:
    """Which one was probably meant, and then all there are."""
    choices = _CHOICE.findall(item["ctx"]["expected"])
    meant = nearest(str(item["input"]), choices)
    known = ", ".join(f"`{choice}`" if choice else '`""`' for choice in choices)
    return f"{meant} one of {known}" if meant else f"must be one of {known}"


def spelt(path: Sequence[str | int]) -> str:
    """Where in a document: ``spec.attempts.on``, entry 1; a list's entries count from 1."""
    parts: list[str] = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"entry {part + 1}")
        elif parts and parts[-1].startswith("`"):
            parts[-1] = f"{parts[-1][:-1]}.{part}`"
        else:
            parts.append(f"`{part}`")
    return ", ".join(parts)
