"""Make up YAML as different hands would write it, with comments and blanks between the lines."""

from __future__ import annotations

from typing import Any

import yaml
from hypothesis import Phase
from hypothesis import strategies as st

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
STYLES = st.fixed_dictionaries(
    {
        "indent": st.sampled_from([2, 3, 4, 7]),
        "default_flow_style": st.sampled_from([False, True, None]),
        "default_style": st.sampled_from([None, '"', "'", "|", ">"]),
        "allow_unicode": st.booleans(),
        "width": st.sampled_from([20, 80]),
        "explicit_start": st.booleans(),
        "sort_keys": st.just(value=False),
    }
)
NOISE = st.sampled_from(["", "# c", "  # c", "      # c", "---"])


def _dumped(value: Any, style: dict[str, Any]) -> str:
    return str(yaml.safe_dump(value, **style))


@st.composite
def texts(draw: st.DrawFn) -> str:
    parts = draw(st.lists(st.builds(_dumped, DOCUMENTS, STYLES), max_size=3))
    lines = "---\n".join(parts).split("\n")
    noise = draw(st.lists(st.tuples(st.integers(0, len(lines)), NOISE)))
    for place, line in sorted(noise, reverse=True):
        lines.insert(place, line)
    return "\n".join(lines)


def comments(text: str) -> int:
    """The comments that no value can have swallowed: lines of their own that no scalar lies on."""
    events = [event for event in yaml.parse(text) if isinstance(event, yaml.ScalarEvent)]
    inside = {line for event in events for line in _lines(event)}
    return sum(line.strip() == "# c" and place not in inside for place, line in enumerate(text.split("\n")))


def _lines(event: yaml.ScalarEvent) -> range:
    assert event.start_mark is not None
    assert event.end_mark is not None
    return range(event.start_mark.line, event.end_mark.line + 1)
