"""Give manifests one layout without touching what they say or what was said beside it.

Each rule is a function from text to text. A rule's outcome is kept only when it reads as the very same values,
so a text that a rule does not understand stays as its author wrote it.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

import yaml

from reconciler.documents import reading
from reconciler.documents.indentation import indented

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

_TOP = ("apiVersion", "kind", "metadata", "spec", "absent")
_METADATA = ("name", "id", "was", "labels", "protect", "waivers")

_SEPARATOR = re.compile(r"---[ \t]*")
_NOT_OURS = re.compile(r"^(?:%|\.\.\.(?:\s|$)|--- *[^\s#])", re.MULTILINE)
_OTHER_BREAKS = re.compile("[\r\x85\u2028\u2029]")  # lines to YAML 1.1 and not to us: such texts stay as they are
_NUMBER = re.compile(r"\+[1-9][0-9]{6,14}")


def canonical(text: str) -> str | None:
    """The text in canonical layout; None when it is not YAML that this tool reads.

    Line ends stay what they are (CRLF where there is one); canonical text comes back unchanged.
    """
    plain = text.removeprefix("\ufeff").replace("\r\n", "\n")
    meaning = _meaning(plain)
    if meaning is None:
        return None
    if _OTHER_BREAKS.search(plain):
        return text
    parts = _parts(plain)
    laid_out = "---\n".join(_laid_out(part) for part in parts)
    if _meaning(laid_out) == meaning:
        plain = laid_out
    return plain.replace("\n", "\r\n") if "\r\n" in text else plain


def _laid_out(text: str) -> str:
    """One document, rule by rule."""
    meaning = _meaning(text)
    for rule in RULES:
        tried = rule(text)
        if tried != text and _meaning(tried) == meaning:
            text = tried
    return text


def _meaning(text: str) -> list[object] | None:
    """The values of every document; None when there is a problem with any."""
    parts = list(reading.read(text, ""))
    if any(isinstance(part, reading.Problem) for part in parts):
        return None
    return [_typed(part.value) for part in parts if isinstance(part, reading.Document)]


def _typed(value: object) -> object:
    """A value that equals another only when it is of its type: 1 is not true. The order of keys says nothing."""
    if isinstance(value, dict):
        return {key: _typed(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_typed(item) for item in value]
    return type(value), value


def _parts(text: str) -> list[str]:
    """The documents; with one ``---`` between each two, and none elsewhere, they are the text.

    A text with directives, ``...`` or something beside a ``---`` is one part: its author meant it so.
    """
    if _NOT_OURS.search(text):
        return [text]
    parts: list[list[str]] = []
    current: list[str] = []
    for line in text.split("\n"):
        if _SEPARATOR.fullmatch(line):
            parts.append(current)
            current = []
        else:
            current.append(line)
    parts.append(current)
    said: list[list[str]] = []
    for part in parts:
        if said and (_only_comments(said[-1]) or _only_comments(part)):
            said[-1] += part  # comments alone are no document: they go with their neighbour
        elif any(line.strip() for line in part):
            said.append(part)
    return [_without_outer_blanks(part) + "\n" for part in said] or [""]


def _only_comments(lines: Sequence[str]) -> bool:
    return all(line.strip()[:1] in ("", "#") for line in lines)


def _without_outer_blanks(lines: Sequence[str]) -> str:
    return re.sub(r"\A(?:[ \t]*\n)+|(?:\n[ \t]*)+\Z", "", "\n".join(lines))


def _ordered(text: str) -> str:
    """The keys of each document, and those of its metadata, in the order of the schema."""
    meaning = _meaning(text)
    for place in range(len(_roots(text))):
        for path, order in (((), _TOP), (("metadata",), _METADATA)):
            node = _inner(_roots(text)[place], path)
            tried = _reordered(text, node, order) if node is not None else text
            if tried != text and _meaning(tried) == meaning:
                text = tried
    return text


def _reordered(text: str, node: yaml.Node, order: Sequence[str]) -> str:
    if not isinstance(node, yaml.MappingNode):
        return text
    keys = [str(key.value) for key, _ in node.value]
    ranked = sorted(range(len(keys)), key=lambda place: (_rank(keys[place], order), place))
    if ranked == list(range(len(keys))):
        return text
    return _flow(text, node, ranked) if node.flow_style else _block(text, node, ranked)


def _rank(key: str, order: Sequence[str]) -> int:
    return order.index(key) if key in order else len(order)


def _flow(text: str, node: yaml.MappingNode, ranked: Sequence[int]) -> str:
    spans = [(key.start_mark.index, value.end_mark.index) for key, value in node.value]
    edges = [node.start_mark.index, *(index for span in spans for index in span), node.end_mark.index]
    if any("#" in text[end:start] for end, start in zip(edges[::2], edges[1::2], strict=True)):
        return text  # a comment between two entries belongs to one of them, and nothing says to which
    chosen = ", ".join(text[start:end] for start, end in (spans[place] for place in ranked))
    return f"{text[: node.start_mark.index]}{{{chosen}}}{text[node.end_mark.index :]}"


def _block(text: str, node: yaml.MappingNode, ranked: Sequence[int]) -> str:
    """Whole lines: a key with its value and the comments above it that stand in its column."""
    lines = text.split("\n")
    column, keys = node.start_mark.column, [key.start_mark.line for key, _ in node.value]
    begins = [
        keys[0],
        *(_with_comments(lines, line, above, column) for above, line in pairwise(keys)),
    ]
    end = _last_line(node, lines)
    blocks = [lines[start:stop] for start, stop in zip(begins, [*begins[1:], end], strict=True)]
    chosen = [line for place in ranked for line in blocks[place]]
    return "\n".join([*lines[: begins[0]], *chosen, *lines[end:]])


def _with_comments(lines: Sequence[str], line: int, above: int, column: int) -> int:
    """The first line that belongs to the key at ``line``: its comments, in its own column, right above it."""
    while line - 1 > above and lines[line - 1].startswith(" " * column + "#"):
        line -= 1
    return line


def _last_line(node: yaml.MappingNode, lines: Sequence[str]) -> int:
    """The line after the last that is the mapping's own: what follows it is not moved with its last key."""
    last = node.end_mark.line if node.end_mark.column == 0 else node.end_mark.line + 1
    column = node.start_mark.column
    while last - 1 > node.start_mark.line and _outside(lines[last - 1] if last <= len(lines) else "", column):
        last -= 1
    return last


def _outside(line: str, column: int) -> bool:
    bare = line.strip()
    return not bare or line == "---" or (bare.startswith("#") and len(line) - len(line.lstrip()) <= column)


def _quoted(text: str) -> str:
    """Telephone numbers in quotes: other readers take ``+14155550199`` for a number."""
    spans = [
        (node.start_mark.index, node.end_mark.index)
        for root in _roots(text)
        for node in _scalars(root)
        if not node.style and _NUMBER.fullmatch(node.value)
    ]
    for start, end in sorted(set(spans), reverse=True):
        prefix, number = text[start:end].rpartition("+")[0], text[start:end].rpartition("+")[2]
        text = f'{text[:start]}{prefix}"+{number}"{text[end:]}'
    return text


def _scalars(node: yaml.Node) -> list[yaml.ScalarNode]:
    if isinstance(node, yaml.MappingNode):
        return [found for _, value in node.value for found in _scalars(value)]
    if isinstance(node, yaml.SequenceNode):
        return [found for item in node.value for found in _scalars(item)]
    return [node] if isinstance(node, yaml.ScalarNode) else []


def _ended(text: str) -> str:
    """One line end at the end, and none for an empty file."""
    bare = text.rstrip("\n")
    return f"{bare}\n" if bare.strip() else ""


def _roots(text: str) -> list[yaml.Node]:
    return list(yaml.compose_all(text, Loader=yaml.CSafeLoader))


def _inner(node: yaml.Node, path: Sequence[str]) -> yaml.Node | None:
    """The node at a path of keys, or None where there is none."""
    for wanted in path:
        pairs = node.value if isinstance(node, yaml.MappingNode) else []
        found = next((value for key, value in pairs if key.value == wanted), None)
        if found is None:
            return None
        node = found
    return node


RULES: tuple[Callable[[str], str], ...] = (indented, _ordered, _quoted, _ended)
