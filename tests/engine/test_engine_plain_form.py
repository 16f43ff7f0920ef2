"""The plain form: whatever is read by its lines, libyaml reads alike, to the column."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from reconciler.documents import reading
from reconciler.documents.plain_form import COLUMNS, plain_documents

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[2]
AN_AGENT = """\
# The front desk.
apiVersion: reconciler/v1
kind: Agent
metadata:
  name: desk
spec:
  name: Desk
  voice: 'olivia'
  max_call_duration_seconds: 300
  integrations:
    - book
    - "cancel: it"
  prompt: |
    You are at the desk.

      Be kind # and brief.
"""
MARGINS = ("", "", "  ", "  ", "    ", "      ", " ", "\t")
KEYS = ("a", "b", "spec", "variables", "prompt", "null", "true", "<<", "1", "x.y", "a b", '"a"', "?")
VALUES = (
    *("one", "two words", "1", "007", "1.50", "0x1F", "12E4", "9007199254740993", "+14155550199", "12:30", "~", "null"),
    *("true", "on", "", " ", "a: b", "a #b", "a#b", "a:b", "a:", "#b", "x ", "'it''s'", "'it'", '"say"', '"\\n"'),
    *("[a, b]", "{a: b}", "*a", "&a b", "!t b", "|", "|-", "|+", "|2", ">", "| # why", "- a", "-", "---", "...", "%x"),
    *("caf\u00e9", "a\tb", "a\u0085b", "a\u2028b", "a\u00a0b", "a\x07b", "\ufeffa", "\U0001f600"),
)
PIECES = st.one_of(
    st.builds("{}{}: {}".format, st.sampled_from(MARGINS), st.sampled_from(KEYS), st.sampled_from(VALUES)),
    st.builds("{}{}:".format, st.sampled_from(MARGINS), st.sampled_from(KEYS)),
    st.builds("{}- {}".format, st.sampled_from(MARGINS), st.sampled_from(VALUES)),
    st.builds("{}{}".format, st.sampled_from(MARGINS), st.sampled_from(VALUES)),
    st.sampled_from(["---", "--- ", "--- a", "...", "# a", "  # a", "", "  ", "-", "\t", "%YAML 1.2", "---\r"]),
)

FAR_AND_WIDE = settings(max_examples=300, suppress_health_check=[HealthCheck.too_slow])


def alike(text: str) -> bool:
    """Whether a text is in the plain form; what is, is read as libyaml reads it."""
    if plain_documents(text) is None:
        return False
    assert [*map(told, reading.read(text, "a.yaml"))] == [*map(told, reading.composed(text, "a.yaml"))]
    return True


def told(document: Any) -> list[Any]:
    """All that a document says: its values by their types, and the places of its keys and values."""
    where = document.marks
    places = [
        (path, where.locate(document.value, path), where.locate_key(document.value, path))
        for path in paths(document.value)
    ]
    return [repr(document.value), document.location, places]


def paths(value: Any, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """The path of each node below a value, and of itself."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in inner:
        yield from paths(item, (*path, key))


@FAR_AND_WIDE
@given(st.lists(PIECES, max_size=12).map(lambda lines: "\n".join([*lines, ""])))
@example(AN_AGENT)
@example("a:\n  b: |\n      x\n   \n    y\nc: d\n")
@example("a: |\n  x\n \n  y: z\n")
@example("variables:\n  price: 19.90\n  list:\n    - 19.90\n  more:\n    price: 19.90\nprice: 19.90\n")
@example("a: |\n  x\n\n\n---\nb: |-\n  x\n\n---\n# nothing\n---\nc: 1\n---\n")
@example("a: |\n  x\n \n   \n")
@example("a: |\n  \tx\n")
@example("  a: b\n  c:\n   - d\n")
def test_what_is_read_by_its_lines_is_read_as_libyaml_reads_it(text: str) -> None:
    """Values by their types, and the place of every node."""
    alike(text)


@FAR_AND_WIDE
@given(st.text(st.sampled_from("ab1:- #'\"|\n\n  \t~"), max_size=40).map(lambda text: f"{text}\n"))
def test_any_text_of_its_signs_is_read_as_libyaml_reads_it(text: str) -> None:
    """However little it looks like a manifest."""
    alike(text)


def test_an_agent_with_comments_lists_quotes_and_a_prompt_is_in_the_plain_form() -> None:
    """Or a plan of many would take much longer."""
    assert alike(AN_AGENT)
    (document,) = plain_documents(AN_AGENT) or []
    assert document.value["spec"]["integrations"] == ["book", "cancel: it"]
    assert document.value["spec"]["prompt"] == "You are at the desk.\n\n  Be kind # and brief.\n"
    assert document.places[0] == COLUMNS  # the second line, the first column


def test_a_list_with_a_null_in_it_is_in_the_plain_form() -> None:
    """An item is none of a mapping's keys, which are looked for among those that were."""
    assert alike("a:\n  - null\n  - b\n  - b\n")


@pytest.mark.parametrize("path", sorted((ROOT / "examples").rglob("*.y*ml")), ids=lambda path: path.name)
def test_every_example_is_read_as_libyaml_reads_it(path: Path) -> None:
    """Manifests, project files and workflows alike."""
    alike(path.read_text(encoding="utf-8"))


@pytest.mark.parametrize(
    "text",
    [
        "a: 1",  # its last line has no end
        "a:\nb: 1\n",  # a null
        "a: 1\na: 2\n",  # twice
        "a: [1]\n",
        "a: &x 1\nb: *x\n",
        "a: !!str 1\n",
        "a: one\n  two\n",  # a text over two lines
        "a: |\n x\r\n",
        "- a\n",  # no mapping
        "a:\n- b\n",  # a list that is not below its key
        "a: b\n  c: d\n",  # no YAML
        "a: one\n b: two\n",  # no YAML
        "a: |\n\tx\n",  # no YAML
        "a: \x00\n",  # no YAML
        "<<: {a: b}\n",
    ],
)
def test_what_is_written_otherwise_is_left_to_libyaml(text: str) -> None:
    """With all that it has to say of it."""
    assert plain_documents(text) is None
