"""An unknown outcome is asked about ever more seldom by runs that go on, whichever of them asked last."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from reconciler.calls.due import Due
from reconciler.schedule.call_states import CallState
from reconciler.state.call_records import Attempt

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)
ATTEMPT = Attempt(
    name="jane", occurrence="jane", attempt=1, state=CallState.UNKNOWN, key="k", claimed_at=NOON.isoformat()
)


def due(attempt: Attempt) -> Due:
    armed = cast("Any", SimpleNamespace())
    return Due(armed, attempt, NOON, NOON, NOON + timedelta(minutes=10), before=attempt)


@pytest.mark.parametrize(
    ("asked", "again"),
    [(1, 3), (2, 4), (30, 60), (60, 120), (120, 240), (240, 480), (480, 960), (960, 1860), (86_400, 87_300)],
)
def test_it_rests_as_long_as_it_has_been_asked_about_and_never_over_a_quarter_of_an_hour(
    asked: int, again: int
) -> None:
    told = replace(ATTEMPT, sent_at=(NOON + timedelta(seconds=asked)).isoformat())
    assert due(told).rests_until == NOON + timedelta(seconds=again)


@pytest.mark.parametrize("state", [CallState.CLAIMED, CallState.REFUSED])
def test_a_claim_whose_dispatcher_is_gone_is_settled_at_once(state: CallState) -> None:
    assert due(replace(ATTEMPT, state=state, sent_at=NOON.isoformat())).rests_until is None


def test_a_record_without_readable_times_is_asked_about_at_once() -> None:
    assert due(replace(ATTEMPT, sent_at="when?")).rests_until is None
