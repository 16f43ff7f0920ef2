"""Grammar of ``{{placeholder}}``: names that the platform fills, and braces that it reads out."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = r"[A-Za-z_][A-Za-z0-9_.]*"
_PLACEHOLDER = re.compile(rf"\{{\{{\s*({NAME})\s*\}}\}}")
# Whatever begins with two braces, closed or not; and a name that only its end has two of.
_CONSTRUCT = re.compile(
    r"\{\{[^{}\n]*\}\}"  # closed as it should be: a filter, a block, a name that is none
    r"|\{\{\s*[#/^>!-]?\s*[\w.-][^{}\n]{0,80}?(?:\}(?!\})|(?=[\n,;]|$))"  # not closed, or by one brace
    r"|(?<!\{)\{\s*[A-Za-z_][\w.-]*\s*\}\}(?!\})",  # opened by one
    re.MULTILINE,
)
_WORD = re.compile(NAME)


def is_placeholder(text: str) -> bool:
    """Whether a text is one placeholder and nothing else."""
    return _PLACEHOLDER.fullmatch(text.strip()) is not None


def names(value: Any) -> Iterator[str]:
    """The name of every placeholder in any text below a value, as often as it stands there."""
    if isinstance(value, str):
        if "{{" in value:
            yield from _PLACEHOLDER.findall(value)
    elif isinstance(value, dict):
        for inner in value.values():
            yield from names(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from names(inner)


def holds_braces(text: str) -> bool:
    """Whether a text may have a placeholder in it, or what was meant as one."""
    return ("{" in text or "}" in text) and ("{{" in text or "}}" in text)  # one sign is looked for ten times as fast


def unfilled(text: str) -> Iterator[re.Match[str]]:
    """Every construct of braces that the platform does not know, so that it is read out as it stands."""
    if holds_braces(text):
        yield from (found for found in _CONSTRUCT.finditer(text) if not _PLACEHOLDER.fullmatch(found[0]))


def mentioned(value: Any) -> frozenset[str]:
    """Every name that stands in braces, those with a filter or a missing brace included."""
    return frozenset(names(value)) | {word for text in _texts(value) for it in unfilled(text) for word in _words(it)}


def _words(construct: re.Match[str]) -> list[str]:
    return _WORD.findall(construct[0])


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _texts(inner)
