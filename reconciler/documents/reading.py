"""YAML that remembers its lines.

YAML 1.2's core meaning (``scalars``) on libyaml's parser, or on the lines of a text in the plain form. Tags, duplicate
keys, endless aliases and absurd nesting are findings, never objects and never a crash.

Composing with libyaml and walking the nodes ourselves costs a tenth of ``SafeLoader`` and keeps line
numbers; the nodes of one document are dropped before the next is read, because the collector would
otherwise walk them all.
"""

from __future__ import annotations

import re
from array import array
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from yaml.cyaml import CParser  # type: ignore[attr-defined]  # the stubs leave the C parser out

from reconciler.documents.grammar import Problem, grammar_problem, location, short
from reconciler.documents.plain_form import COLUMNS, plain_documents
from reconciler.documents.scalars import MEANINGFUL_STARTS, VERBATIM, as_written, scalar
from reconciler.model import Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

__all__ = ["Document", "Marks", "Problem", "read"]

_DEPTH = 64
_VALUES = 200_000
_NODES = 2 * _VALUES  # of one document, keys included
_DEEPEST = 500
_MOST_BROKEN = 100  # documents of one file that are not YAML, before the rest of it is left unread
_MOST_PROBLEMS = 1_000  # of one document
_MERGE = "<<"

_SEPARATOR = re.compile(r"---(\s|$)")


class Marks:
    """Where each key and value of one document was written.

    A flat array in the order of reading (a mapping: each key, then its value, value first its own start;
    a sequence: each item), so that a document costs eight bytes a node and nothing until it is asked.
    """

    __slots__ = ("_index", "_path", "_places")

    def __init__(self, path: str, places: Sequence[int]) -> None:
        """Take the packed ``line * 4096 + column`` of each node, counted from zero."""
        self._path = path
        self._places = array("Q", places)
        self._index: tuple[Any, dict[tuple[int, str | int], tuple[Any, int, int]]] = (None, {})

    def locate(self, document: Any, path: Sequence[str | int]) -> Location:
        """The place of the value at ``path`` in ``document``; of the nearest enclosing one otherwise.

        The place of a mapping or a sequence inside a mapping is that of its key.
        """
        node, place, steps = document, 0, self._steps(document)
        for part in path:
            found = steps.get((id(node), part))
            if found is None:
                break
            node, position, key_position = found
            place = key_position if isinstance(node, (dict, list)) else position
        return self._at(place)

    def locate_key(self, document: Any, path: Sequence[str | int]) -> Location:
        """The place of the key that ends ``path``, as a complaint about the key itself wants it."""
        node, place, steps = document, 0, self._steps(document)
        for part in path:
            found = steps.get((id(node), part))
            if found is None:
                break
            node, _, place = found
        return self._at(place)

    def _steps(self, document: Any) -> dict[tuple[int, str | int], tuple[Any, int, int]]:
        """Where each child of each node is, found in one walk however many places are asked for."""
        if self._index[0] is not document:
            steps: dict[tuple[int, str | int], tuple[Any, int, int]] = {}
            _walk(document, 0, steps)
            self._index = (document, steps)
        return self._index[1]

    def _at(self, index: int) -> Location:
        line, column = divmod(self._places[index], COLUMNS)
        return Location(self._path, line + 1, column + 1)


def _walk(node: Any, position: int, steps: dict[tuple[int, str | int], tuple[Any, int, int]]) -> int:
    """Note (child, its position, its key's position) of each child of a node; the position after all of it."""
    following = position + 1
    if isinstance(node, dict):
        for key, value in node.items():
            steps[id(node), key] = (value, following + 1, following)
            following = _walk(value, following + 1, steps)
    elif isinstance(node, list):
        for index, value in enumerate(node):
            steps[id(node), index] = (value, following, following)
            following = _walk(value, following, steps)
    return following


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML document: plain dicts, lists, strings, numbers, booleans, None."""

    value: Any
    marks: Marks
    location: Location


class _Stream(CParser):
    """libyaml's composer with tag resolution switched off: a tag that is there was written.

    It composes by recursion in C, so it is told to stop before the stack overflows.
    """

    def __init__(self, text: str) -> None:
        super().__init__(text)
        self._depth = self._nodes = 0

    def descend_resolver(self, parent: Any, _: Any) -> None:
        self._depth += 1
        self._nodes += 1
        if self._depth > _DEEPEST or self._nodes > _NODES:
            raise _Endless(parent.start_mark)

    def ascend_resolver(self) -> None:
        self._depth -= 1
        if not self._depth:  # a document is over
            self._nodes = 0

    def resolve(self, *_: Any) -> None:
        return None


class _Endless(Exception):
    """The document cannot be walked to its end."""

    def __init__(self, mark: Any) -> None:
        super().__init__()
        self.mark = mark


def read(text: str, path: str) -> Iterator[Document | Problem]:
    """Every document of a text, in order, each after its problems.

    A duplicate key or a tag is a problem and the document is still read, so that its other faults show at
    once; what expands without bound is a problem alone; after what breaks YAML's grammar, reading goes on
    at the next ``---``.
    """
    text = text.removeprefix("\ufeff")
    documents = plain_documents(text)
    yield from composed(text, path) if documents is None else (_document(*each, path) for each in documents)


def composed(text: str, path: str) -> Iterator[Document | Problem]:
    """What ``read`` says of a text, by libyaml, whatever form it is in."""
    for _ in range(_MOST_BROKEN):
        broken: list[int] = []
        yield from _read_on(text, path, broken)
        text = _after_next_separator(text, broken[0]) if broken else ""
        if not text:
            return
    where = Location(path, len(text) - len(text.lstrip("\n")) + 1)
    yield Problem("RC107", f"{_MOST_BROKEN} documents are no YAML: the rest of the file was not read", where, _REPAIR)


def _read_on(text: str, path: str, broken: list[int]) -> Iterator[Document | Problem]:
    """The documents up to the end, or up to one that breaks the grammar, whose line ``broken`` is told."""
    stream, merges = None, _MERGE in text
    try:
        stream = _Stream(text)
        while stream.check_node():
            problems: list[Problem] = []
            document = _build(stream.get_node(), path, problems, merges=merges)
            yield from problems
            if document is not None:
                yield document
    except yaml.YAMLError as error:
        yield grammar_problem(error, text, path)
        marks = (getattr(error, "context_mark", None), getattr(error, "problem_mark", None))
        broken.append(min((mark.line for mark in marks if mark is not None), default=text.count("\n")))
    except _Endless as endless:
        where = Location(path, endless.mark.line + 1)
        yield Problem("RC104", "the document is too large, or nests without bound", where, "write it flat")
    finally:
        if stream is not None:
            stream.dispose()


_REPAIR = "correct those above first"


def _after_next_separator(text: str, line: int) -> str:
    """The text with everything before the first ``---`` after a line blanked, so that lines keep their numbers."""
    lines = text.splitlines(keepends=True)
    written = any(each.strip() for each in lines[:line])  # then a separator that is itself what broke begins anew
    following = next(
        (n for n, each in enumerate(lines) if n >= line + (not written) and _SEPARATOR.match(each)), None
    )  # fmt: skip - one sentence
    return "" if following is None else "\n" * following + "".join(lines[following:])


def _build(  # noqa: C901 - the hot path: closures over one list cost half of what methods do
    root: Any, path: str, problems: list[Problem], *, merges: bool
) -> Document | None:
    """The plain value of a composed document, its faults added to ``problems``; None where there is none.

    ``merges``: the text holds ``<<`` somewhere, so that mappings have to be searched for it.
    """
    places: list[int] = []
    place = places.append
    budget = [_VALUES]

    def fault(code: str, message: str, node: Any, hint: str) -> None:
        if len(problems) < _MOST_PROBLEMS:
            problems.append(Problem(code, message, location(path, node.start_mark), hint))

    def plain(node: Any, depth: int) -> Any:
        start = node.start_mark
        column = start.column
        place(start.line * COLUMNS + (column if column < COLUMNS else COLUMNS - 1))
        if node.tag is not None:
            fault("RC103", f"the tag `{short(node.tag)}` is not allowed", node, "remove the tag")
        value = node.value
        if value.__class__ is str:
            return value if node.style or value[:1] not in MEANINGFUL_STARTS else scalar(value)
        if depth > _DEPTH or len(places) > _VALUES:
            raise _Endless(start)
        if node.id == "sequence":
            return [plain(item, depth + 1) for item in value]
        return mapping(node, depth)

    def mapping(node: Any, depth: int) -> dict[str, Any]:
        result: dict[str, Any] = {}
        for key_node, value_node in _merged(node, depth, fault, budget) if merges and _merges(node) else node.value:
            marked = len(places)
            key = plain(key_node, depth + 1)
            if key.__class__ is not str:
                key = _word(key_node, fault)
                del places[marked + 1 :]
            if key in result:
                del places[marked:]
                fault("RC102", f"the key `{short(key)}` is written twice", key_node, "keep one of the two")
                continue
            result[key] = plain(value_node, depth + 1)
            if key == VERBATIM and value_node.id == "mapping":
                _keep_as_written(value_node, result[key])
        return result

    try:
        value = plain(root, 0)
    except _Endless as endless:
        where = location(path, endless.mark)
        problems.append(Problem("RC104", "the document expands without bound", where, "write it without aliases"))
        return None
    if value is None:
        return None
    return _document(value, places, path)


def _document(value: Any, places: list[int], path: str) -> Document:
    line, column = divmod(places[0], COLUMNS)
    return Document(value, Marks(path, places), Location(path, line + 1, column + 1))


def _keep_as_written(node: Any, values: dict[str, Any]) -> None:
    """Put the text of each fact that is a number by its looks and reads otherwise when it is spelled again."""
    for key, value in node.value:
        if key.value.__class__ is str and key.value in values and value.value.__class__ is str:
            values[key.value] = as_written(values[key.value], value.value)


def _word(node: Any, fault: Callable[[str, str, Any, str], None]) -> str:
    """A key that is not text by its looks (``1:``, ``true:``) is the text that was written."""
    if node.value.__class__ is str:
        written: str = node.value
        return written
    fault("RC101", "a key must be a word", node, "write the key as plain text")
    return f"(not a word, line {node.start_mark.line + 1}, column {node.start_mark.column + 1})"


def _merges(node: Any) -> bool:
    return any(_is_merge(key) for key, _ in node.value)


def _is_merge(key: Any) -> bool:
    return key.value == _MERGE and not key.style


def _merged(
    node: Any, depth: int, fault: Callable[[str, str, Any, str], None], budget: list[int]
) -> list[tuple[Any, Any]]:
    """The pairs of a mapping with ``<<`` spelled out; what is written beside it wins.

    ``budget`` is how many pairs may still be looked at: merges of merges multiply, though few keys come of them.
    """
    budget[0] -= 1 + len(node.value)
    if depth > _DEPTH or budget[0] < 0:
        raise _Endless(node.start_mark)
    own = [pair for pair in node.value if not _is_merge(pair[0])]
    taken = {key.value for key, _ in own if key.value.__class__ is str}
    pairs: list[tuple[Any, Any]] = []
    for key, value in node.value:
        if not _is_merge(key):
            continue
        for source in value.value if value.id == "sequence" else [value]:
            if getattr(source, "id", "") != "mapping":
                fault("RC101", "`<<` takes a mapping or a list of mappings", key, "name an anchor of a mapping")
                continue
            for pair in _merged(source, depth + 1, fault, budget):
                if pair[0].value.__class__ is str and pair[0].value not in taken:
                    taken.add(pair[0].value)
                    pairs.append(pair)
    return pairs + own
