"""Show what YAML means here, and that every fault is told at its place."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from reconciler.documents.reading import Document, Problem, read


def only(text: str) -> Any:
    (document,) = read(text, "a.yaml")
    assert isinstance(document, Document), document
    return document.value


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("on", "on"), ("yes", "yes"), ("No", "No"), ("12:30", "12:30"), ("2026-12-01", "2026-12-01"),
        ("+14155550142", "+14155550142"), ("1", 1), ("-1", -1), ("1.5", 1.5), ("1e3", 1000.0), ("0x10", 16),
        ("0o17", 15), ("017", "017"), ("true", True), ("False", False), ("null", None), ("~", None), ("", None),
        ('"1"', "1"), ("'true'", "true"), (".inf", ".inf"), (".nan", ".nan"), ("1_000", "1_000"), ("1e999", "1e999"),
    ],
)  # fmt: skip
def test_a_plain_scalar_means_what_it_looks_like(written: str, meant: object) -> None:
    found = only(f"a: {written}\n")["a"]
    assert found == meant
    assert type(found) is type(meant)


@pytest.mark.parametrize(
    ("text", "code", "line", "column"),
    [
        ("a: 1\nb: 2\na: 3\n", "RC102", 3, 1),
        ("a: !x 1\n", "RC103", 1, 4),
        ("a: {b: {b: 1, b: 2}}\n", "RC102", 1, 15),
        ("a: [1\n", "RC101", 2, 1),
        ("a:\n\t- b\n", "RC101", 2, 1),
        ("? [a]\n: b\n", "RC101", 1, 3),
        ("a: &x [*x]\n", "RC104", 1, 4),
    ],
)
def test_a_fault_is_told_at_its_place(text: str, code: str, line: int, column: int) -> None:
    problems = [part for part in read(text, "a.yaml") if isinstance(part, Problem)]
    assert [problem.code for problem in problems] == [code]
    assert (problems[0].location.line, problems[0].location.column) == (line, column)


def test_reading_goes_on_behind_a_document_that_breaks_the_grammar() -> None:
    parts = list(read("a: [\n---\nb: 1\n---\nc: ]\n---\nd: 2\n", "a.yaml"))
    assert [part.value for part in parts if isinstance(part, Document)] == [{"b": 1}, {"d": 2}]
    assert [part.location.line for part in parts if isinstance(part, Document)] == [3, 7]


def test_every_value_knows_its_line() -> None:
    text = "a: 1\nb:\n  - x\n  - {c: 2, d: [3, 4]}\ne: last\n"
    (document,) = read(text, "a.yaml")
    assert isinstance(document, Document)
    locate = document.marks.locate
    found = {path: str(locate(document.value, path)) for path in [("a",), ("b", 0), ("b", 1, "d", 1), ("e",)]}
    assert found == {
        ("a",): "a.yaml:1:4", ("b", 0): "a.yaml:3:5", ("b", 1, "d", 1): "a.yaml:4:19", ("e",): "a.yaml:5:4",
    }  # fmt: skip
    assert locate(document.value, ("b", 1, "none")).line == 4


def test_an_anchor_is_a_copy_and_what_stands_beside_a_merge_wins() -> None:
    assert only("base: &b {x: 1, y: 2}\nuse: {<<: *b, y: 3}\n")["use"] == {"x": 1, "y": 3}


@settings(max_examples=150)
@given(st.text(alphabet=st.sampled_from("ab:-[]{}&*!|>%@`'\"#,?\n\t 01+~."), max_size=60))
def test_no_text_breaks_the_reader(text: str) -> None:
    for part in read(text, "a.yaml"):
        assert part.location.line >= 1
        assert part.location.column >= 1
