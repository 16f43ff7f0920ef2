"""What one worker compared must still be so when it writes, whatever another worker reads in between."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.errors import Conflict
from reconciler.schedule.call_states import CallState
from reconciler.state.call_records import Attempt
from reconciler.state.ledger import Ledger
from reconciler.store import open_store

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

MINE = Attempt("jane", "jane", 1, CallState.CLAIMED, key="k", to="someone", owner="mine")
THEIRS = replace(MINE, owner="theirs", state=CallState.PLACED, call_id="77")


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[Callable[[], Ledger]]:
    stores = []

    def open_one() -> Ledger:
        stores.append(open_store("sqlite:state.db", root=tmp_path, read_only=False))
        return Ledger(stores[-1], "42")

    yield open_one
    for store in stores:
        store.close()


def lose_the_race(mine: Ledger, theirs: Ledger) -> None:
    """Once ``mine`` has read, the other run records, and another worker of ours reads again before it goes on."""
    read: Any = mine._known

    def read_and_lose() -> Any:
        seen = read()
        mine._known = read  # type: ignore[method-assign]
        theirs.record(THEIRS)
        mine.refresh()
        assert mine.attempts() == [THEIRS]
        return seen

    mine._known = read_and_lose  # type: ignore[method-assign]


def test_what_another_run_recorded_after_the_comparison_is_not_overwritten(opened: Callable[[], Ledger]) -> None:
    mine, theirs = opened(), opened()
    assert mine.attempts() == []
    lose_the_race(mine, theirs)
    with pytest.raises(Conflict):
        mine.supersede(None, MINE)
    mine.refresh()
    assert mine.attempt("jane", 1) == THEIRS


def test_only_what_was_decided_upon_is_superseded(opened: Callable[[], Ledger]) -> None:
    ledger = opened()
    assert ledger.supersede(None, MINE)
    assert not ledger.supersede(None, THEIRS)
    assert not ledger.supersede(replace(MINE, owner="theirs"), THEIRS)
    assert ledger.supersede(MINE, THEIRS)
    assert ledger.attempts() == [THEIRS]


def test_the_attempts_to_a_person_are_those_of_the_latest_reading(opened: Callable[[], Ledger]) -> None:
    mine, theirs = opened(), opened()
    assert mine.attempts() == []
    lose_the_race(mine, theirs)
    assert mine.attempts_to("someone") == [THEIRS]
    mine.refresh()
    assert mine.attempts_to("someone") == [THEIRS]
