from __future__ import annotations

import re

from hypothesis import given, settings
from hypothesis import strategies as st

from laws.project import Folder, document, project

_CALLER = "+15551230001"
_NUMBERS = st.integers(2_000_000, 9_999_999).map(lambda rest: f"+1415{rest}")
_WRITINGS = st.sampled_from(("{number}", "call {number} back", "({number})", "tel:{number}", "x{number}y"))
_DIGITS = re.compile(r"[^0-9]")


def _declare(folder: Folder, number: str, places: dict[str, str]) -> None:
    """A call to a number, and the number written wherever ``places`` says."""
    config = {"prompt": places.get("prompt", "Hello"), "voice": "olivia"}
    call = {
        "from_number": _CALLER,
        "to_number": number,
        "config": config,
        "variables": {"note": places.get("variable", "none")},
        "at": "2026-12-01T18:00:00Z",
    }
    agent = {"prompt": places.get("agent", "Hello"), "voice": "olivia", "name": places.get("display", "Desk")}
    labels = {"team": places["label"]} if "label" in places else {}
    parts = (document("ScheduledCall", "jane", call, labels), document("Agent", "desk", agent))
    folder.write({"all.yaml": "---\n".join(parts)})


def _hides(number: str, said: str | bytes) -> bool:
    text = said if isinstance(said, str) else said.decode("utf-8", "replace")
    return number[1:] not in text and number[2:] not in text


@settings(max_examples=12)
@given(
    number=_NUMBERS,
    places=st.dictionaries(
        st.sampled_from(("prompt", "variable", "agent", "display", "label")), _WRITINGS, min_size=1, max_size=3
    ),
)
def test_a_callees_number_is_in_no_output_and_no_state_wherever_it_is_written(
    number: str, places: dict[str, str]
) -> None:
    written = {place: text.format(number=number) for place, text in places.items()}
    with project() as folder:
        _declare(folder, number, written)
        saved = folder.root / "plan.json"
        runs = [
            folder.run("validate", online=False),
            *(folder.run("plan", "--format", shape) for shape in ("text", "json", "markdown")),
            folder.run("plan", "--out", str(saved)),
            folder.run("apply", "--yes", "--format", "json"),
            folder.run("calls", "show"),
            folder.run("dispatch", "--dry-run"),
        ]
        for said in runs:
            assert _hides(number, said.text), said.text
            assert "internal error" not in said.text
        assert not saved.exists() or _hides(number, saved.read_bytes())
        # An agent's display name is kept as it is: a created agent is found again by it.
        for file in (folder.root / ".reconciler").glob("state.db*") if "display" not in places else ():
            assert _hides(number, file.read_bytes()), file.name


@settings(max_examples=25)
@given(number=_NUMBERS, field=st.sampled_from(("late", "agent", "timezone", "at", "language", "spurious")))
def test_a_callees_number_is_not_repeated_by_a_complaint(number: str, field: str) -> None:
    spec = {"from_number": _CALLER, "to_number": number, "config": {"prompt": "Hello"}, "at": "2026-12-01T18:00:00Z"}
    with project() as folder:
        folder.write({"all.yaml": document("ScheduledCall", "jane", {**spec, field: number})})
        for shape in ("text", "json"):
            said = folder.run("validate", "--format", shape, online=False)
            assert _hides(number, said.text), said.text
