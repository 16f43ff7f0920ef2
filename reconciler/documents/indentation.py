"""Indent YAML by two spaces a level, whatever it was indented by, comments included.

Only the blanks at the start of lines (and after the dash of a list's item) change. Where a line goes follows
from the block it begins in; a continuation and a comment go with their neighbours.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import yaml

if TYPE_CHECKING:
    from collections.abc import Sequence

_STEP = 2
_BLOCK_STYLES = ("|", ">")


def indented(text: str) -> str:
    """The text with two spaces a level; blanks at the end of lines go, but not inside texts."""
    lines = text.split("\n")
    layout = _Layout(lines)
    for root in yaml.compose_all(text, Loader=yaml.CSafeLoader):
        layout.place(root, 0)
    return "\n".join(layout.line(number) for number in range(len(lines)))


class _Layout:
    """Where each line of a text goes."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = lines
        self._to: dict[int, int] = {}
        self._compact: dict[int, list[tuple[int, int]]] = {}
        self._verbatim: set[int] = set()

    def place(self, node: yaml.Node, column: int) -> None:
        """Put a node whose entries belong at a column, and everything in it."""
        if isinstance(node, yaml.MappingNode) and not node.flow_style:
            for key, value in node.value:
                self._start(key, column)
                self._inside(value, key, column + _STEP)
        elif isinstance(node, yaml.SequenceNode) and not node.flow_style:
            self._dashes(node, column)
            for item in node.value:
                self._item(node, item, column)
        else:
            self._continue(node, column)

    def _dashes(self, node: yaml.SequenceNode, column: int) -> None:
        """The lines that begin with one of the list's own dashes: nothing else inside it stands so far left."""
        place = node.start_mark.column
        for number in range(node.start_mark.line, min(node.end_mark.line + 1, len(self._lines))):
            if self._indent(number) == place and self._lines[number][place : place + 1] == "-":
                self._to.setdefault(number, column)

    def _item(self, node: yaml.SequenceNode, item: yaml.Node, column: int) -> None:
        """What stands beside the dash follows after one space."""
        line, dash = item.start_mark.line, node.start_mark.column
        if line < node.start_mark.line or line >= len(self._lines):
            return  # an alias, or nothing after the last dash
        if self._lines[line][dash : dash + 1] == "-" and not self._begins(item):
            self._compact.setdefault(line, []).append((dash, item.start_mark.column))
        self.place(item, column + _STEP)

    def _inside(self, value: yaml.Node, key: yaml.Node, column: int) -> None:
        if value.start_mark.line < key.start_mark.line:
            return  # an alias: what it stands for was written, and placed, above
        self.place(value, column)

    def _start(self, key: yaml.Node, column: int) -> None:
        if self._begins(key):
            self._to.setdefault(key.start_mark.line, column)

    def _begins(self, node: yaml.Node) -> bool:
        number = node.start_mark.line  # one past the last where a document is empty
        return number < len(self._lines) and not self._lines[number][: node.start_mark.column].strip()

    def _continue(self, node: yaml.Node, column: int) -> None:
        """A scalar or a flow: its further lines go with its first, a block of text to the column."""
        first, last = node.start_mark.line, node.end_mark.line
        if isinstance(node, yaml.ScalarNode) and node.style in _BLOCK_STYLES:
            self._text(node, column)
            return
        if self._begins(node):
            self._to.setdefault(first, column)
        for number in range(first + 1, min(last + 1, len(self._lines))):
            self._to.setdefault(number, max(column, self._indent(number) + self._shift(first)))

    def _text(self, node: yaml.ScalarNode, column: int) -> None:
        """The lines of a block of text; a header that counts its indentation (``|2``) keeps its distance."""
        first = node.start_mark.line
        last = node.end_mark.line if node.end_mark.column == 0 else node.end_mark.line + 1
        body = [number for number in range(first + 1, last) if self._lines[number : number + 1] != []]
        filled = [number for number in body if self._lines[number].strip(" ")]
        if not filled:
            return
        counted = any(letter.isdigit() for letter in self._header(node))
        old = self._indent(filled[0])
        shift = self._shift(first) if counted else column - old
        for number in body:
            self._verbatim.add(number)
            if self._lines[number].strip(" ") or self._indent(number) > old:
                self._to.setdefault(number, max(0, self._indent(number) + shift))

    def _header(self, node: yaml.ScalarNode) -> str:
        return self._lines[node.start_mark.line][node.start_mark.column :].partition("#")[0]

    def _shift(self, number: int) -> int:
        return self._to.get(number, self._indent(number)) - self._indent(number)

    def _indent(self, number: int) -> int:
        line = self._lines[number]
        return len(line) - len(line.lstrip(" "))

    def line(self, number: int) -> str:
        """A line where it goes."""
        text = self._lines[number]
        if number in self._verbatim and number not in self._to:
            return text if number in self._verbatim and text.strip(" ") else ""
        if not text.strip():
            return ""
        column = self._to.get(number)
        if column is None:
            column = self._of_comment(number) if text.lstrip().startswith("#") else self._indent(number)
        body = text.lstrip(" ")
        for dash, start in sorted(self._compact.get(number, ()), reverse=True):
            offset = self._indent(number)
            body = f"{body[: dash - offset + 1]} {body[start - offset :]}"
        return " " * column + (body if number in self._verbatim else body.rstrip(" \t"))

    def _of_comment(self, number: int) -> int:
        """A comment goes with the line after it that stands in its column, or else with the one before."""
        column = self._indent(number)
        after = next((line for line in range(number + 1, len(self._lines)) if line in self._to), None)
        if after is not None and self._indent(after) == column:
            return self._to[after]
        before = (line for line in range(number - 1, -1, -1) if line in self._to and self._indent(line) == column)
        same = next(before, None)
        return column if same is None else self._to[same]
