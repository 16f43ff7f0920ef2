"""The law of edits: the intended value changes, and nothing else of what the text says or what stands beside it."""

from __future__ import annotations

from copy import deepcopy
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from adoption.manuscripts import NO_SHRINKING, VALUES, comments, texts
from reconciler.documents import editing, reading

if TYPE_CHECKING:
    from collections.abc import Iterator

Path = tuple[str | int, ...]


def read(text: str) -> list[reading.Document]:
    parts = list(reading.read(text, ""))
    assume(all(isinstance(part, reading.Document) for part in parts))
    return [part for part in parts if isinstance(part, reading.Document)]


def paths(value: Any, path: Path = ()) -> Iterator[Path]:
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield (*path, key)
        yield from paths(item, (*path, key))


def replaced(value: Any, path: Path, new: Any) -> Any:
    value = deepcopy(value)
    inner = value
    for part in path[:-1]:
        inner = inner[part]
    inner[path[-1]] = new
    return value


@settings(max_examples=300, phases=NO_SHRINKING)
@given(st.data(), texts(), VALUES)
def test_just_the_intended_value_changes_and_no_comment_is_lost(data: st.DataObject, text: str, new: Any) -> None:
    before = read(text)
    places = [(index, path) for index, document in enumerate(before) for path in paths(document.value)]
    assume(places)
    index, path = data.draw(st.sampled_from(places))
    old = before[index].value
    for part in path:
        old = old[part]
    try:
        after = editing.put(text, before[index].location.line, path, new)
    except editing.Unwritable:
        return
    wanted = [document.value for document in before]
    wanted[index] = replaced(wanted[index], path, new)
    assert [document.value for document in read(after)] == wanted
    if not isinstance(old, dict | list):
        assert after.count("# c") >= comments(text)


@settings(max_examples=100, phases=NO_SHRINKING)
@given(st.data(), texts())
def test_a_value_that_is_there_already_changes_no_byte(data: st.DataObject, text: str) -> None:
    before = read(text)
    places = [(document, path) for document in before for path in paths(document.value)]
    assume(places)
    document, path = data.draw(st.sampled_from(places))
    line = document.location.line
    assert editing.put(text, line, path, editing.written(text, line, path)) == text


@pytest.mark.parametrize(
    ("text", "new", "after"),
    [
        ("a:\n  b: x # c\n", "z", "a:\n  b: z # c\n"),
        ("a: {b: x, c: 1}\n", "y: z", 'a: {b: "y: z", c: 1}\n'),
        ("a:\n  b:\n  c: 1\n", "z", "a:\n  b: z\n  c: 1\n"),
        ("a:\n  b: 'it''s'\n", "that's", "a:\n  b: 'that''s'\n"),
        ("a:\n  b: x # c\n", "y\nz", 'a:\n  b: "y\\nz" # c\n'),
        ("a:\n  b: >\n    x\n    y\n\n  # c\n  d: 1\n", "p\nq\n", "a:\n  b: |\n    p\n    q\n\n  # c\n  d: 1\n"),
        ("a:\n  b:\n    - x # c\n    # d\n    - y\n  # e\n", ["y"], "a:\n  b:\n    # d\n    - y\n  # e\n"),
        ("a:\n  b:\n  - x # c\n", ["x", "z"], "a:\n  b:\n  - x # c\n  - z\n"),
        ("a:\n  b:\n  - x # c\n\n# d\n", [], "a:\n  b: [] # c\n\n# d\n"),
        ("a:\n  b: [x,   z] # c\n", ["z", "v", "x"], "a:\n  b: [z, v, x] # c\n"),
        ("a:\n  b:\n    x: 1 # c\n    y: 2\n", {"x": 1, "y": 3}, "a:\n  b:\n    x: 1 # c\n    y: 3\n"),
        ("\ufeffa:\n  b: x\n", "z", "\ufeffa:\n  b: z\n"),
    ],
)
def test_a_value_keeps_the_look_of_the_old(text: str, new: Any, after: str) -> None:
    assert editing.put(text, 1, ("a", "b"), new) == after
