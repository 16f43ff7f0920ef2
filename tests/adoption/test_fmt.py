"""The one layout of manifests: what it changes, what it never touches, and its two laws."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from reconciler import documents
from reconciler.adoption.canonical import canonical

if TYPE_CHECKING:
    from collections.abc import Callable

    from account import Account

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
    return [part.value if isinstance(part, documents.Document) else part for part in documents.read(text, "")]


def test_an_untidy_file_becomes_a_tidy_one() -> None:
    assert canonical(UNTIDY) == TIDY


def test_a_tidy_file_stays_as_it_is() -> None:
    assert canonical(TIDY) == TIDY


def test_line_ends_stay_those_of_windows() -> None:
    assert canonical(UNTIDY.replace("\n", "\r\n")) == TIDY.replace("\n", "\r\n")


def test_an_alias_that_would_come_before_its_anchor_keeps_the_order() -> None:
    text = "spec: {voice: &v x}\nmetadata: {name: *v}\nkind: Agent\n"
    assert canonical(text) == text


@pytest.mark.parametrize("text", ["a: [", "a: 1\na: 2\n", "\t- x\n", "a: !t b\n"])
def test_what_cannot_be_read_has_no_layout(text: str) -> None:
    assert canonical(text) is None


NO_SHRINKING = tuple(phase for phase in Phase if phase.name != "shrink")  # it takes minutes on YAML
KEYS = st.sampled_from(["apiVersion", "kind", "metadata", "spec", "absent", "name", "labels", "other key", "x", "on"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.text(max_size=30),
    st.sampled_from(
        ["+14155550199", "a\n b\n", "x\n\n\n", "# no", "- no", "line\n  more\n", " lead\nx", "---", "&a", "*a"]
    ),
)  # fmt: skip - a list
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=4), max_leaves=10
)
DOCUMENTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)


@st.composite
def texts(draw: st.DrawFn) -> str:
    """Documents as different hands would write them, with comments and blanks between the lines."""
    styles = st.fixed_dictionaries(
        {
            "indent": st.sampled_from([2, 3, 4, 7]),
            "default_flow_style": st.sampled_from([False, True, None]),
            "default_style": st.sampled_from([None, '"', "'", "|", ">"]),
            "allow_unicode": st.booleans(),
            "width": st.sampled_from([20, 80]),
            "explicit_start": st.booleans(),
            "sort_keys": st.just(False),
        }
    )  # fmt: skip - a table
    parts = draw(
        st.lists(st.builds(lambda value, style: str(yaml.safe_dump(value, **style)), DOCUMENTS, styles), max_size=3)
    )
    lines = "---\n".join(parts).split("\n")
    noise = draw(
        st.lists(st.tuples(st.integers(0, len(lines)), st.sampled_from(["", "# c", "  # c", "      # c", "---"])))
    )
    for place, line in sorted(noise, reverse=True):
        lines.insert(place, line)
    return "\n".join(lines)


@settings(max_examples=200, deadline=None, phases=NO_SHRINKING)
@given(texts() | st.text(max_size=60))
def test_the_meaning_never_changes_and_a_second_time_changes_nothing(text: str) -> None:
    once = canonical(text)
    if once is None:
        assert any(isinstance(part, documents.Problem) for part in meaning(text.replace("\r\n", "\n")))
        return
    assert meaning(once) == meaning(text)
    assert canonical(once) == once


@settings(max_examples=100, deadline=None, phases=NO_SHRINKING)
@given(texts())
def test_every_comment_that_was_there_is_there(text: str) -> None:
    once = canonical(text)
    if once is not None:
        assert sorted(map(str.strip, once.split("\n"))).count("# c") >= comments(text)


def comments(text: str) -> int:
    """The comments that no text can have swallowed: those in column 0 between two documents' lines."""
    events = [event for event in yaml.parse(text) if isinstance(event, yaml.ScalarEvent)]
    inside = {line for event in events for line in _lines(event)}
    return sum(line.strip() == "# c" and place not in inside for place, line in enumerate(text.split("\n")))


def _lines(event: yaml.ScalarEvent) -> range:
    assert event.start_mark is not None
    assert event.end_mark is not None
    return range(event.start_mark.line, event.end_mark.line + 1)


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
