"""The one layout of manifests: what it changes, what it never touches, and its two laws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from adoption.manuscripts import NO_SHRINKING, comments, texts
from reconciler.documents import reading
from reconciler.documents.formatting import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from adoption.account import Account

    Having = Callable[..., Account]

UNTIDY = """\
# yaml-language-server: $schema=x
---
kind: Agent
# the version
apiVersion: reconciler/v1
spec:
      voice: olivia   # nice
      # about the prompt
      prompt: |
           Hello
             deeper

           world
      sms_from_number: +14155550199
      transfer_destinations:
      -   name: a
          number: +14155550199   \n\
          # in the item
      - {name: b, number: +14155550198}
metadata:
    labels: {a: b}
    # the name
    name: x
# at the end
---
---
metadata: {protect: true, name: foo}
apiVersion: reconciler/v1
kind: PhoneNumber
spec: {number: +14155550199}
---

"""
TIDY = """\
# yaml-language-server: $schema=x
# the version
apiVersion: reconciler/v1
kind: Agent
metadata:
  # the name
  name: x
  labels: {a: b}
spec:
  voice: olivia   # nice
  # about the prompt
  prompt: |
    Hello
      deeper

    world
  sms_from_number: "+14155550199"
  transfer_destinations:
    - name: a
      number: "+14155550199"
      # in the item
    - {name: b, number: "+14155550198"}
# at the end
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: foo, protect: true}
spec: {number: "+14155550199"}
"""


def meaning(text: str) -> list[Any]:
    return [part.value if isinstance(part, reading.Document) else part for part in reading.read(text, "")]


def test_an_untidy_file_becomes_a_tidy_one() -> None:
    assert canonical(UNTIDY) == TIDY


def test_a_tidy_file_stays_as_it_is() -> None:
    assert canonical(TIDY) == TIDY


def test_line_ends_stay_those_of_windows() -> None:
    assert canonical(UNTIDY.replace("\n", "\r\n")) == TIDY.replace("\n", "\r\n")


def test_an_alias_that_would_come_before_its_anchor_keeps_the_order() -> None:
    text = "spec: {voice: &v x}\nmetadata: {name: *v}\nkind: Agent\n"
    assert canonical(text) == text


def test_a_comment_between_the_entries_of_a_flow_mapping_keeps_their_order() -> None:
    text = "{spec: {},\n  # the name\n  kind: Agent}\n"
    assert canonical(text) == text


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "\t- x\n", "a: !t b\n"])
def test_what_cannot_be_read_has_no_layout(text: str) -> None:
    assert canonical(text) is None


@settings(max_examples=200, deadline=None, phases=NO_SHRINKING)
@given(texts() | st.text(max_size=60))
def test_the_meaning_never_changes_and_a_second_time_changes_nothing(text: str) -> None:
    once = canonical(text)
    if once is None:
        assert any(isinstance(part, reading.Problem) for part in meaning(text.replace("\r\n", "\n")))
        return
    assert meaning(once) == meaning(text)
    assert canonical(once) == once


@settings(max_examples=100, deadline=None, phases=NO_SHRINKING)
@given(texts())
def test_every_comment_that_was_there_is_there(text: str) -> None:
    once = canonical(text)
    if once is not None:
        assert sorted(map(str.strip, once.split("\n"))).count("# c") >= comments(text)


def test_fmt_writes_the_layout_and_check_finds_nothing_after(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", UNTIDY)
    check = account.run("fmt", "--check")
    assert (check.code, check.out) == (1, "manifests/a.yaml\n")
    assert account.read("manifests/a.yaml") == UNTIDY
    assert account.run("fmt").code == 0
    assert account.read("manifests/a.yaml") == TIDY
    assert account.run("fmt", "--check").code == 0


def test_a_broken_file_is_reported_at_its_line_and_left_alone_and_the_others_are_written(having: Having) -> None:
    account = having()
    account.write("manifests/a.yaml", UNTIDY)
    account.write("manifests/broken.yaml", "kind: Agent\nspec: [\n")
    ran = account.run("fmt")
    assert ran.code == 1
    assert "manifests/broken.yaml:" in ran.err
    assert "RC101" in ran.err
    assert account.read("manifests/broken.yaml") == "kind: Agent\nspec: [\n"
    assert account.read("manifests/a.yaml") == TIDY


def test_an_export_is_in_the_layout_already(having: Having) -> None:
    hours = {"mon": [["09:00", "17:00"]], "note": "a\nb"}
    account = having(agents=({"name": "Front desk", "prompt": "p", "voice": "olivia", "business_hours": hours},))
    account.run("export")
    assert account.run("fmt", "--check").code == 0
