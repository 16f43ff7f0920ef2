"""Edits of one value inside a YAML text, which leave every other byte as it is.

A YAML library that loads and dumps reflows what it did not mean to touch (widths, blank lines, the spelling of
flows, line ends), so the text of the value is replaced where it stands. Several spellings are tried, the one
that looks most like the old first; a text is kept only when reading it again gives just the intended change,
so an anchor that others refer to, a merge or a comment in the way is never damaged.
"""

from __future__ import annotations

import re
from copy import deepcopy
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml

from reconciler.documents import reading
from reconciler.documents.writing import STEP, block, double_quoted, inline, literal_block, single_quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_SEPARATOR = re.compile(r"^(?:---|\.\.\.)(?:[ \t]*(?:#.*)?\r?\n|(?=[ \t]))", re.MULTILINE)
_BLOCK_STYLES = ("|", ">")


class Unwritable(Exception):
    """The value cannot be changed in place; the message is the end of a sentence."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a value stands: its node, where its key's colon ends (None in a list), the column of its entry."""

    node: yaml.Node
    colon: int | None
    column: int
    in_flow: bool


def put(text: str, line: int, path: Sequence[str | int], value: Any) -> str:
    """The text with the value at ``path`` of the document at ``line`` (from 1) replaced, and nothing else.

    Inside mappings and lists only what differs is written, so comments beside what stays are kept. Raises
    Unwritable when that cannot be done without changing anything else.
    """
    head, body, tail = _around(text, line)
    start = line - head.count("\n")
    for where, wanted in _least(_found(body, start, path), value, ()):
        body = _put_one(body, start, (*path, *where), wanted)
    return f"{head}{body}{tail}"


def written(text: str, line: int, path: Sequence[str | int]) -> Any:
    """The value at ``path`` as it stands in the text; raises Unwritable where it comes by a merge or not at all."""
    head, body, _ = _around(text, line)
    return _found(body, line - head.count("\n"), path)


def _around(text: str, line: int) -> tuple[str, str, str]:
    """The text before, of and after the document at a line: documents share nothing, so one is enough to read."""
    begin = sum(len(each) + 1 for each in text.split("\n")[: line - 1])
    start = max((found.end() for found in _SEPARATOR.finditer(text) if found.start() <= begin), default=0)
    following = _SEPARATOR.search(text, max(begin + 1, start))
    end = following.start() if following else len(text)
    start = start or len(text) - len(text.removeprefix("\ufeff"))
    return text[:start], text[start:end], text[end:]


def _found(text: str, line: int, path: Sequence[str | int]) -> Any:
    value = _index(text, line)[1]
    try:
        for part in path:
            value = value[part]
    except (KeyError, IndexError, TypeError):
        raise Unwritable("is not written there") from None
    return value


def _index(text: str, line: int) -> tuple[int, Any]:
    """Which document of a text starts at a line, and what it says."""
    found = next(((place, it.value) for place, it in enumerate(_documents(text)) if it.location.line == line), None)
    if found is None:
        raise Unwritable("does not stand where it was read")
    return found


def _documents(text: str) -> list[reading.Document]:
    return [part for part in reading.read(text, "") if isinstance(part, reading.Document)]


def _least(old: Any, new: Any, path: tuple[str | int, ...]) -> Iterator[tuple[tuple[str | int, ...], Any]]:
    """The smallest parts that differ."""
    if isinstance(old, dict) and isinstance(new, dict) and set(old) == set(new):
        for key, value in new.items():
            yield from _least(old[key], value, (*path, key))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for place, value in enumerate(new):
            yield from _least(old[place], value, (*path, place))
    elif old != new or old.__class__ is not new.__class__:
        yield path, new


def _put_one(text: str, line: int, path: tuple[str | int, ...], value: Any) -> str:
    intended = [deepcopy(one.value) for one in _documents(text)]
    index, _ = _index(text, line)
    old = _set(intended[index], path, value)
    place = _place(_composed(text)[index], path, text)
    for start, end, spelled in _spellings(text, place, old, value):
        ending = spelled.replace("\n", "\r\n") if "\r\n" in text else spelled
        tried = text[:start] + ending + text[end:]
        parts = list(reading.read(tried, ""))
        if [getattr(part, "value", part) for part in parts] == intended:
            return tried
    raise Unwritable("is written so that changing it would change something else (an anchor, a merge, an alias)")


def _set(document: Any, path: tuple[str | int, ...], value: Any) -> Any:
    for part in path[:-1]:
        document = document[part]
    old, document[path[-1]] = document[path[-1]], value
    return old


def _composed(text: str) -> list[yaml.Node]:
    """The roots of the documents that say something; an empty one is no document to ``documents`` either."""
    roots = yaml.compose_all(text, Loader=yaml.CSafeLoader)
    return [root for root in roots if not (isinstance(root, yaml.ScalarNode) and root.tag.endswith(":null"))]


def _place(root: yaml.Node, path: tuple[str | int, ...], text: str) -> _Place:
    node, colon, column, flow = root, None, 0, False
    for part in path:
        flow = flow or bool(getattr(node, "flow_style", False))
        if isinstance(node, yaml.MappingNode):
            pair = next(((key, value) for key, value in node.value if key.value == part), None)
            if pair is None:
                raise Unwritable("comes from an anchor that is merged in")
            colon = text.index(":", pair[0].end_mark.index) + 1
            column, node = pair[0].start_mark.column, pair[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int):
            colon, column, node = None, node.start_mark.column, node.value[part]
    return _Place(node, colon, column, flow)


def _spellings(text: str, place: _Place, old: Any, new: Any) -> Iterator[tuple[int, int, str]]:
    """What may be put where: start, end and text, what is nearest to the old spelling first."""
    node, indent = place.node, place.column + STEP
    start, end = node.start_mark.index, _end(node, text)
    if isinstance(node, yaml.SequenceNode) and isinstance(new, list):
        yield from _sequences(text, node, old, new)
    if _aliased(text, place):
        start, end = _alias(text, place.colon or start)
    gap = " " if start == end else ""
    if isinstance(node, yaml.ScalarNode) and isinstance(new, str) and node.style in ('"', "'"):
        yield start, end, double_quoted(new) if node.style == '"' else single_quoted(new)
    if isinstance(new, str) and not place.in_flow and (literal := literal_block(new, indent)):
        yield start, end, gap + literal
        if isinstance(node, yaml.ScalarNode) and node.style not in _BLOCK_STYLES:
            yield start, end, gap + double_quoted(new)
    if isinstance(node, yaml.CollectionNode) and not node.flow_style and place.colon is not None:
        if isinstance(new, dict | list) and new:
            yield start, end, block(new, node.start_mark.column)[node.start_mark.column :].rstrip("\n")
        yield place.colon, end, f" {inline(new)}"
    yield start, end, gap + inline(new)
    if isinstance(new, str):
        yield start, end, gap + double_quoted(new)


def _sequences(text: str, node: yaml.SequenceNode, old: list[Any], new: list[Any]) -> Iterator[tuple[int, int, str]]:
    """A list whose items that stay keep their own text, with the comments above and beside them."""
    if node.flow_style:
        spans = [text[item.start_mark.index : item.end_mark.index] for item in node.value]
        items = [spans[old.index(item)] if item in old else inline(item) for item in new]
        yield node.start_mark.index, node.end_mark.index, "[" + ", ".join(items) + "]"
        return
    column, first = node.start_mark.column, text.rfind("\n", 0, node.start_mark.index) + 1
    ends = [_line_end(item, text) for item in node.value]
    chunks = [text[start:end] for start, end in zip([first, *ends[:-1]], ends, strict=True)]
    if new and chunks:
        kept = [chunks[old.index(item)] if item in old else block([item], column) for item in new]
        whole = "".join(part if part.endswith("\n") else f"{part}\n" for part in kept)
        yield first, ends[-1], whole if chunks[-1].endswith("\n") else whole.removesuffix("\n")


def _line_end(node: yaml.Node, text: str) -> int:
    """The end of the line that a node really ends on."""
    return text.find("\n", _end(node, text)) + 1 or len(text)


def _end(node: yaml.Node, text: str) -> int:
    """Where a node's own text ends: libyaml counts the comments and blank lines after a block in."""
    if isinstance(node, yaml.CollectionNode) and not node.flow_style:
        last = node.value[-1][1] if isinstance(node, yaml.MappingNode) else node.value[-1]
        inner = _end(last, text)
        return inner if inner > node.start_mark.index else node.end_mark.index
    start, end = node.start_mark.index, node.end_mark.index
    if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES:
        return start + len(text[start:end].rstrip())
    return int(end)


def _aliased(text: str, place: _Place) -> bool:
    return place.colon is not None and text[place.colon :].lstrip(" ").startswith("*")


def _alias(text: str, colon: int) -> tuple[int, int]:
    start = colon + len(text[colon:]) - len(text[colon:].lstrip(" "))
    end = start + 1
    while end < len(text) and text[end] not in " \t\r\n,]}":
        end += 1
    return start, end
