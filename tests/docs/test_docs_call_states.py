from __future__ import annotations

import ast
from pathlib import Path

import pytest

from reconciler.render.call_tables import _STYLES
from reconciler.schedule.call_states import NEXT, CallState, diagram, may_follow

_ROOT = Path(__file__).parents[2]
_PAGE = _ROOT / "docs" / "scheduled-calls.md"
_TABLE = _ROOT / "reconciler/schedule/call_states.py"


def test_the_diagram_in_the_docs_is_the_table_of_transitions() -> None:
    page = _PAGE.read_text(encoding="utf-8")
    drawn = page.partition("```mermaid\n")[2].partition("\n```")[0]
    assert drawn.splitlines() == list(diagram())


def test_every_state_is_in_the_table_and_is_reached() -> None:
    assert set(NEXT) == set(CallState)
    assert {after for following in NEXT.values() for after in following} == set(CallState) - {CallState.DECLARED}


def test_every_state_has_a_style_of_its_own_in_reports() -> None:
    assert set(_STYLES) == set(CallState)


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


def states_in(node: ast.AST) -> int:
    """How many states a set, tuple or list names."""
    each = node.elts if isinstance(node, ast.Set | ast.Tuple | ast.List) else []
    return sum(
        isinstance(it, ast.Attribute) and isinstance(it.value, ast.Name) and it.value.id == "CallState" for it in each
    )


def compared_words(node: ast.AST) -> list[str]:
    """The states that a comparison spells as text."""
    if not isinstance(node, ast.Compare) or not isinstance(node.left, ast.Attribute) or node.left.attr != "state":
        return []
    words = [it.value for side in node.comparators for it in ast.walk(side) if isinstance(it, ast.Constant)]
    return [it for it in words if isinstance(it, str)]


def test_no_other_module_keeps_a_set_of_states_or_spells_one() -> None:
    found = [
        f"{file.relative_to(_ROOT)}:{node.lineno}"
        for file in (_ROOT / "reconciler").rglob("*.py")
        if file != _TABLE
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.expr) and (states_in(node) > 1 or compared_words(node))
    ]
    assert found == []
