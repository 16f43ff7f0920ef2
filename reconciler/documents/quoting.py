"""Quotes around values that other YAML readers take for something else than the text they are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import yaml

from reconciler.documents import reading

if TYPE_CHECKING:
    from collections.abc import Iterator

# Text to this tool; by YAML 1.1 a number (`+1…`, `02134`, `12:30`), a boolean (`no` is a language) or none at all.
_MISREAD = re.compile(r"\+[0-9]{7,15}|0[0-9]+|[0-9]{1,2}(?::[0-5][0-9]){1,2}|yes|Yes|YES|no|No|NO|on|On|ON|off|Off|OFF")
_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029]")  # lines to YAML 1.1 and not to us: such texts stay as they are


def quoted(text: str) -> str | None:
    """The text with quotes around what would be misread, and nothing else changed; None when it is not YAML.

    It reads as the very same values; quoted text comes back unchanged.
    """
    mark = "\ufeff" if text.startswith("\ufeff") else ""
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    meaning = _meaning(plain)
    if meaning is None:
        return None
    tried = text if _OTHER_BREAKS.search(plain) else _with_quotes(plain)
    if tried in (text, plain) or _meaning(tried) != meaning:
        return text
    return mark + (tried.replace("\n", "\r\n") if "\r\n" in text else tried)


def _with_quotes(text: str) -> str:
    spans = {
        (node.start_mark.index, node.end_mark.index)
        for root in yaml.compose_all(text, Loader=yaml.CSafeLoader)
        for node in _values(root)
        if not node.style and _MISREAD.fullmatch(node.value)
    }
    for start, end in sorted(spans, reverse=True):
        prefix, value = _parted(text[start:end])
        text = f'{text[:start]}{prefix}"{value}"{text[end:]}'
    return text


def _parted(written: str) -> tuple[str, str]:
    """An anchor that stands before a value, and the value."""
    value = written.rsplit(maxsplit=1)[-1]
    return written[: len(written) - len(value)], value


def _values(node: yaml.Node) -> Iterator[yaml.ScalarNode]:
    if isinstance(node, yaml.ScalarNode):
        yield node
    elif isinstance(node, yaml.CollectionNode):
        for inner in node.value:
            yield from _values(inner[1] if isinstance(node, yaml.MappingNode) else inner)


def _meaning(text: str) -> list[object] | None:
    """The values of every document; None when there is a problem with any."""
    parts = list(reading.read(text, ""))
    if any(isinstance(part, reading.Problem) for part in parts):
        return None
    return [_typed(part.value) for part in parts if isinstance(part, reading.Document)]


def _typed(value: object) -> object:
    """A value that equals another only when it is of its type: 1 is not true."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return type(value), value
