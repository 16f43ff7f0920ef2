"""Quotes around what other YAML readers misread: what gets them, and that nothing else changes."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adoption.manuscripts import NO_SHRINKING, comments, texts
from reconciler.documents import reading
from reconciler.documents.quoting import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]

BARE = """\
# a call
kind: ScheduledCall
spec:
      to_number: +14155550199   # somebody
      numbers: [+14155550198, &a +14155550197, *a]
      zip: 02134
      opens: 09:30
      language: no
      prompt: "no +14155550199"
"""
QUOTED = """\
# a call
kind: ScheduledCall
spec:
      to_number: "+14155550199"   # somebody
      numbers: ["+14155550198", &a "+14155550197", *a]
      zip: "02134"
      opens: "09:30"
      language: "no"
      prompt: "no +14155550199"
"""


def meaning(text: str) -> list[Any]:
    return [part.value if isinstance(part, reading.Document) else part for part in reading.read(text, "")]


def test_what_other_readers_misread_is_quoted_and_nothing_else_is_touched() -> None:
    assert quoted(BARE) == QUOTED


def test_what_is_quoted_stays_as_it_is() -> None:
    assert quoted(QUOTED) == QUOTED


@pytest.mark.parametrize(
    "value", ["12", "1.5", "true", "null", "2026-12-01T15:00:00", "olivia", "10m", "{a: b}", "no one"]
)
def test_what_every_reader_takes_alike_or_needs_no_quotes_stays_bare(value: str) -> None:
    assert quoted(f"a: {value}\n") == f"a: {value}\n"


def test_line_ends_and_the_byte_order_mark_stay_those_of_windows() -> None:
    text = "\ufeff" + BARE.replace("\n", "\r\n")
    assert quoted(text) == "\ufeff" + QUOTED.replace("\n", "\r\n")


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "\t- x\n", "a: !t b\n"])
def test_what_cannot_be_read_is_left_alone(text: str) -> None:
    assert quoted(text) is None


@settings(max_examples=200, phases=NO_SHRINKING)
@given(texts() | st.text(max_size=60))
def test_the_meaning_never_changes_and_a_second_time_changes_nothing(text: str) -> None:
    once = quoted(text)
    if once is None:
        assert any(isinstance(part, reading.Problem) for part in meaning(text.replace("\r\n", "\n")))
        return
    assert meaning(once) == meaning(text)
    assert quoted(once) == once


@settings(max_examples=100, phases=NO_SHRINKING)
@given(texts())
def test_every_comment_that_was_there_is_there(text: str) -> None:
    once = quoted(text)
    if once is not None:
        assert sorted(map(str.strip, once.split("\n"))).count("# c") >= comments(text)


def test_fmt_writes_the_quotes_and_check_finds_nothing_after(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", BARE)
    check = account.run("fmt", "--check")
    assert (check.code, check.out) == (1, "manifests/a.yaml\n")
    assert account.read("manifests/a.yaml") == BARE
    assert account.run("fmt").code == 0
    assert account.read("manifests/a.yaml") == QUOTED
    assert account.run("fmt", "--check").code == 0


def test_a_broken_file_is_reported_at_its_line_and_left_alone_and_the_others_are_written(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", BARE)
    account.write("manifests/broken.yaml", "kind: Agent\nspec: [\n")
    ran = account.run("fmt")
    assert ran.code == 1
    assert "manifests/broken.yaml:" in ran.err
    assert "RC101" in ran.err
    assert account.read("manifests/broken.yaml") == "kind: Agent\nspec: [\n"
    assert account.read("manifests/a.yaml") == QUOTED


def test_what_is_no_file_of_the_project_is_neither_waited_for_nor_written(having: Having) -> None:
    account = having()
    outside = account.root.parent / "outside.yaml"
    outside.write_text("a: +14155550199\n", encoding="utf-8")
    (account.root / "manifests").mkdir(exist_ok=True)
    (account.root / "manifests" / "link.yaml").symlink_to(outside)
    os.mkfifo(account.root / "manifests" / "pipe.yaml")
    ran = account.run("fmt")
    assert ran.code == 1
    assert "manifests/link.yaml:1:1: error RC142" in ran.err
    assert "manifests/pipe.yaml:1:1: error RC105" in ran.err
    assert outside.read_text(encoding="utf-8") == "a: +14155550199\n"


def test_an_export_has_its_quotes_already(having: Having) -> None:
    hours = {"mon": [["09:00", "17:00"]], "note": "a\nb"}
    account = having(agents=({"name": "Front desk", "prompt": "p", "voice": "olivia", "business_hours": hours},))
    account.run("export")
    assert account.run("fmt", "--check").code == 0
