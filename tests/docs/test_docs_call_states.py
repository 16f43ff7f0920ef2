from __future__ import annotations

from pathlib import Path

import pytest

from reconciler.render.call_tables import _STYLES
from reconciler.state.call_states import NEXT, CallState, diagram, may_follow

_PAGE = Path(__file__).parents[2] / "docs" / "scheduled-calls.md"


def test_the_diagram_in_the_docs_is_the_table_of_transitions() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    drawn = page.partition("```mermaid\n")[2].partition("\n```")[0]
    assert drawn.splitlines() == list(diagram())


def test_every_state_is_in_the_table_and_is_reached() -> None:
    assert set(NEXT) == set(CallState)
    assert {after for following in NEXT.values() for after in following} == set(CallState) - {CallState.DECLARED}


def test_every_state_has_a_style_of_its_own_in_reports() -> None:
    assert set(_STYLES) == {state.value for state in CallState}


@pytest.mark.parametrize("state", [state for state in CallState if state.certain])
def test_what_is_known_to_have_rung_is_never_claimed_armed_or_refused_again(state: CallState) -> None:
    for after in (CallState.CLAIMED, CallState.ARMED, CallState.REFUSED, CallState.EXPIRED, CallState.CANCELLED):
        assert not may_follow(state, after)


def test_a_call_that_nobody_was_rung_for_yet_may_be_called_off_from_wherever_it_waits() -> None:
    waiting = (CallState.ARMED, CallState.HELD, CallState.REFUSED)
    assert all(may_follow(state, CallState.CANCELLED) and may_follow(state, CallState.EXPIRED) for state in waiting)


def test_the_states_of_doubt_are_never_dialled_out_of_before_they_are_settled() -> None:
    assert not may_follow(CallState.UNKNOWN, CallState.CLAIMED)
    assert {state for state in CallState if state.uncertain} == {CallState.CLAIMED, CallState.UNKNOWN}
