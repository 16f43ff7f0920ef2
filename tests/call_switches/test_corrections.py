"""Judge what a person, or the platform's history, may correct in the ledger."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.platform import VOIP, Fault
from acceptance.projects import CALLEE, ahead, call

from call_switches.states import ORGANIZATION, state
from reconciler.schedule.call_states import CallState
from reconciler.schedule.occurrences import idempotency_key
from reconciler.state.call_records import Attempt
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

FIRST, SECOND = "confirm-jane@2026-11-02T09:00:00Z", "confirm-jane@2026-11-03T09:00:00Z"


def unknown(occurrence: str) -> Attempt:
    return Attempt(
        "confirm-jane",
        occurrence,
        1,
        CallState.UNKNOWN,
        key=idempotency_key(ORGANIZATION, occurrence, 1),
        to=phone_numbers.digest(CALLEE),
        claimed_at="2026-11-02T09:00:00Z",
    )


def states(project: Project) -> dict[str, str]:
    with state(project) as ledger:
        return {attempt.occurrence: attempt.state for attempt in ledger.attempts()}


@pytest.fixture
def twice_unknown(project: Project) -> Project:
    project.write("manifests/call.yaml", call(at=ahead(hours=1)))
    (project.root / ".reconciler").mkdir()
    with state(project) as ledger:
        for occurrence in (FIRST, SECOND):
            ledger.record(unknown(occurrence))
    return project


def test_what_a_person_found_out_is_said_of_one_occurrence(twice_unknown: Project) -> None:
    ran = twice_unknown.run("calls", "resolve", "confirm-jane", "--did-not-ring")
    assert ran.code == 1
    assert FIRST in ran.said
    assert SECOND in ran.said
    assert set(states(twice_unknown).values()) == {"unknown"}
    ran = twice_unknown.run("calls", "resolve", "confirm-jane@2026-11-03T10:00:00+01:00", "--did-not-ring")
    assert ran.code == 0, ran.said
    assert states(twice_unknown) == {FIRST: "unknown", SECOND: "refused"}
    ran = twice_unknown.run("calls", "resolve", "confirm-jane", "--did-not-ring")
    assert ran.code == 0, ran.said
    assert states(twice_unknown) == {FIRST: "refused", SECOND: "refused"}


def test_an_instant_that_is_none_is_a_mistake(twice_unknown: Project) -> None:
    ran = twice_unknown.run("calls", "resolve", "confirm-jane@noon", "--did-not-ring")
    assert ran.code == 1
    assert "RC124" in ran.said


def rang(platform: SecondPlatform, start: str | None) -> None:
    """A call that this state knows nothing of; without ``start`` the vendor has not dated it yet."""
    one: dict[str, Any] = {"call_id": 1, "from_number": VOIP, "to_number": CALLEE, "direction": "outbound"}
    platform.calls[1] = one | {"start_time": start, "status": "in_progress"}
    if start is None:
        page = {"results": [platform.calls[1]], "total": 1, "limit": 100, "offset": 0}
        platform.faults.append(Fault("GET", "/v1/calls", status=200, body=page, times=9))


@pytest.mark.parametrize("start", ["a moment before", "undated"])
def test_a_call_of_the_history_is_taken_over_with_the_clocks_a_little_apart(
    project: Project, platform: SecondPlatform, start: str
) -> None:
    at = datetime.now(UTC) - timedelta(minutes=2)
    rang(platform, (at - timedelta(seconds=2)).isoformat() if start == "a moment before" else None)
    project.write("manifests/call.yaml", call(at=at.isoformat()))
    ran = project.run("calls", "adopt-history")
    assert ran.code == 0, ran.said
    assert "1 taken over" in ran.words
    assert project.run("dispatch").code == 0
    assert not any(request.path == "/v1/call" for request in platform.writes)


def test_a_call_long_before_the_window_is_another_call(project: Project, platform: SecondPlatform) -> None:
    at = datetime.now(UTC) - timedelta(minutes=2)
    rang(platform, (at - timedelta(seconds=30)).isoformat())
    project.write("manifests/call.yaml", call(at=at.isoformat()))
    assert "0 taken over" in project.run("calls", "adopt-history").words
