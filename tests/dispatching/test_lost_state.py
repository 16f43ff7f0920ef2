"""Judge that a call which rang is told even when it cannot be written down."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from prove.actors import apply, document, manifests, tick
from prove.world import OK, Actor, World

from reconciler.errors import StoreError

NOON = datetime(2026, 12, 1, 20, 0, tzinfo=UTC)


@pytest.mark.parametrize(("answer", "state"), [(OK, "placed"), ("lost before", "unknown"), ("402", "refused")])
def test_a_call_is_told_when_the_state_fails_right_after_it_was_sent(answer: str, state: str) -> None:
    declared = manifests(document("confirm-jane", f"at: {NOON.isoformat()}"))
    world, dialled = World(NOON - timedelta(hours=1)), []

    def pause(_: Actor, effect: str) -> str:
        if effect == "dial":
            dialled.append(effect)
            return answer
        return "fails before" if effect == "write" and dialled else "fails" if effect == "read" and dialled else OK

    apply(declared)(world, Actor("apply", lambda *_: OK))
    world.now = NOON + timedelta(seconds=1)
    actor = Actor("dispatch", pause)
    with pytest.raises(StoreError):
        tick(declared)(world, actor)
    (row,) = actor.rows
    assert (row.state, "not recorded for sure" in row.detail) == (state, True)
