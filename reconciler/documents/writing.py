"""Values as YAML that this tool, and any other reader, reads back as the same values.

Words that need no quotes have none, several lines become a literal block, anything else is in double quotes:
the one style that can spell every text.
"""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

STEP = 2
_WIDEST_FLOW = 88
_LONGEST_PLAIN = 100
# Letters first, then what means nothing to YAML anywhere, in a flow or out of it.
_PLAIN = re.compile(r"[^\W\d_][\w./@()+-]*(?: [\w(][\w./@()+-]*)*")
# What YAML 1.1 readers take for something else than text.
_RESERVED = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})


def inline(value: Any) -> str:
    """A value on one line: a scalar, or a collection in flow style."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_scalar(key)}: {inline(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(inline, value)) + "]"
    return _scalar(value)


def entry(key: str, value: Any, indent: int) -> str:
    """``key: value`` with a line end, its key at column ``indent``; several lines where that reads better."""
    margin = " " * indent
    text = f"{margin}{_scalar(key)}:"
    if isinstance(value, str) and (literal := literal_block(value, indent + STEP)):
        return f"{text} {literal}\n"
    if _spreads(value):
        return f"{text}\n{block(value, indent + STEP)}"
    return f"{text} {inline(value)}\n"


def block(value: Any, indent: int) -> str:
    """A collection in block style, each entry on lines of its own, at column ``indent``."""
    if isinstance(value, dict):
        return "".join(entry(key, item, indent) for key, item in value.items())
    return "".join(_items(value, indent))


def _items(values: Any, indent: int) -> Iterator[str]:
    margin = " " * indent
    for value in values:
        if isinstance(value, dict) and _spreads(value):
            yield f"{margin}- {block(value, indent + STEP)[indent + STEP :]}"
        elif isinstance(value, str) and (literal := literal_block(value, indent + STEP)):
            yield f"{margin}- {literal}\n"
        else:
            yield f"{margin}- {inline(value)}\n"


def _spreads(value: Any) -> bool:
    """Whether a collection is too much for one line."""
    if not isinstance(value, dict | list | tuple) or not value:
        return False
    inner = value.values() if isinstance(value, dict) else value
    nested = any(isinstance(item, dict | list) and item for item in inner)
    return nested or len(inline(value)) > _WIDEST_FLOW


def literal_block(text: str, indent: int) -> str:
    """A text of several lines as a literal block without its last line end; "" where that cannot spell it."""
    body = text.removesuffix("\n")
    spellable = "\n" in text and body[:1] not in ("", " ", "\t", "\n") and not body.endswith("\n")
    if not spellable or not all(letter.isprintable() or letter in "\n\t" for letter in body):
        return ""
    margin = " " * indent
    lines = [f"{margin}{line}" if line else "" for line in body.split("\n")]
    return "\n".join(["|" if text.endswith("\n") else "|-", *lines])


def double_quoted(text: str) -> str:
    """Any text, in double quotes, on one line."""
    return '"' + "".join(map(_letter, json.dumps(text, ensure_ascii=False)[1:-1])) + '"'


def single_quoted(text: str) -> str:
    """A text in single quotes, or in double quotes where it has letters that those cannot hold."""
    return "'" + text.replace("'", "''") + "'" if text.isprintable() else double_quoted(text)


def _letter(letter: str) -> str:
    if letter.isprintable():
        return letter
    return f"\\u{ord(letter):04x}" if ord(letter) <= 0xFFFF else f"\\U{ord(letter):08x}"  # noqa: PLR2004 - four digits


def _scalar(value: Any) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return repr(value)
    plain = len(value) <= _LONGEST_PLAIN and _PLAIN.fullmatch(value) and value.isprintable()
    return value if plain and value.lower() not in _RESERVED else double_quoted(value)
