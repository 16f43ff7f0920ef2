"""Judge which call an occurrence is, when runners hold different time-zone data, and what is told of the past."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from reconciler.calls.due import agenda
from reconciler.calls.gates import _rules
from reconciler.schedule import timezones
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.schedule.occurrences import idempotency_key
from reconciler.state.call_records import Armed, Attempt

DAILY = {"schedule": {"cron": "0 9 * * *", "timezone": "America/Vancouver"}}
HOURLY = {"schedule": {"cron": "0 9-17 * * *", "timezone": "America/New_York"}}
SINGLE = {"at": "2026-12-01T15:00:00", "timezone": "America/Vancouver"}
ARMED_AT = "2026-12-01T12:00:00Z"
NINE = datetime(2026, 12, 1, 16, 0, 10, tzinfo=UTC)  # nine in Vancouver by the law of 2026


def recurring(spec: dict[str, Any], since: str = ARMED_AT, **more: Any) -> Armed:
    return Armed("rounds", CallState.ARMED, spec, "", "", since, since, **more)


def single(**more: Any) -> Armed:
    before = {"opens": "2026-12-01T23:00:00Z", "closes": "2026-12-01T23:10:00Z"}  # by the data of 2025
    return Armed("visit", CallState.ARMED, SINGLE, armed_at=ARMED_AT, **before | more)


def due(armed: Armed, now: datetime, *attempts: Attempt) -> Any:
    def key(occurrence: str, number: int) -> str:
        return idempotency_key("42", occurrence, number)

    return agenda({armed.name: armed}, attempts, key=key, now=now)


def tried(occurrence: str, state: CallState = CallState.PLACED, **more: Any) -> Attempt:
    return Attempt("rounds", occurrence, 1, state, key=occurrence, **more)


def test_an_occurrence_goes_by_its_declared_wall_time() -> None:
    assert [it.attempt.occurrence for it in due(recurring(DAILY), NINE).place] == ["rounds@2026-12-01T09:00"]


def test_the_second_of_a_doubled_hour_is_due_although_the_first_was_placed() -> None:
    halves = {"schedule": {"cron": "*/30 * * * *", "timezone": "America/New_York"}}
    armed = recurring(halves, since="2026-11-01T05:01:00Z")
    first, again = "rounds@2026-11-01T01:30", "rounds@2026-11-01T01:30+fold"
    found = due(armed, datetime(2026, 11, 1, 6, 30, 10, tzinfo=UTC), tried(first))
    assert [it.attempt.occurrence for it in found.place] == [again]
    assert [it.attempt.occurrence for it in found.missed] == ["rounds@2026-11-01T01:00+fold"]
    assert due(armed, datetime(2026, 11, 1, 6, 31, tzinfo=UTC), tried(first), tried(again)).place == []
    assert due(armed, datetime(2026, 11, 1, 5, 31, tzinfo=UTC), tried(first)).place == []


@pytest.mark.parametrize(
    "name", ["rounds@2026-12-01T09:00", "rounds@2026-12-01T16:00:00Z", "rounds@2026-12-01T17:00:00Z"]
)
def test_what_an_older_state_or_other_data_named_is_not_placed_again(name: str) -> None:
    late = {**DAILY, "late": "3h"}
    for hours in (0, 1, 2):
        found = due(recurring(late), NINE + timedelta(hours=hours), tried(name))
        assert (found.place, found.missed) == ([], [])


def test_what_an_older_state_left_uncertain_is_settled_under_its_own_name_and_key() -> None:
    left = tried("rounds@2026-12-01T16:00:00Z", CallState.UNKNOWN)
    (found,) = due(recurring(DAILY), NINE, left).settle
    assert (found.attempt.occurrence, found.attempt.key) == (left.occurrence, left.key)


def test_a_call_armed_by_older_data_is_placed_at_its_declared_wall_time() -> None:
    armed = single(tzdata="2025b")
    assert armed.was_moved
    assert [it.opens for it in due(armed, datetime(2026, 12, 1, 22, 1, tzinfo=UTC)).place] == [armed.window.opens]
    assert due(armed, datetime(2026, 12, 1, 23, 1, tzinfo=UTC)).place == []


def test_a_call_armed_by_newer_data_keeps_the_instant_it_was_armed_for() -> None:
    armed = single(tzdata="2999a")
    assert not armed.was_moved
    assert stamp(armed.window.opens) == "2026-12-01T23:00:00Z"


def test_a_recurring_call_is_not_placed_by_rules_older_than_those_it_was_armed_by() -> None:
    same = timezones.rules("America/Vancouver", 2026)
    for rules, blocked in ((same, False), ("others", True)):
        (found,) = due(recurring(DAILY, tzdata="2999a", rules=rules), NINE).place
        why = _rules(found, found.armed.call, None)  # type: ignore[arg-type]  # it looks at nothing else
        assert (why is not None and "2999a" in why.message) is blocked


def test_what_is_due_is_placed_however_many_were_missed_before_it() -> None:
    now = datetime(2030, 1, 15, 15, 0, 10, tzinfo=UTC)
    found = due(recurring(HOURLY, "2030-01-01T00:00:00Z"), now)
    assert [it.attempt.occurrence for it in found.place] == ["rounds@2030-01-15T10:00"]
    assert len(found.missed) == 100
    assert found.missed[0].earlier == 27
    assert found.missed[-1].attempt.occurrence == "rounds@2030-01-15T09:00"


def test_what_was_told_with_a_count_is_not_told_again() -> None:
    armed, now = recurring(HOURLY, "2030-01-01T00:00:00Z"), datetime(2030, 1, 15, 15, 0, 10, tzinfo=UTC)
    told = [
        replace(it.attempt, state=CallState.EXPIRED, earlier=it.earlier) for it in due(armed, now).missed
    ]  # fmt: skip - one list
    found = due(armed, now, *told)
    assert [it.attempt.occurrence for it in found.place] == ["rounds@2030-01-15T10:00"]
    assert found.missed == []


def test_a_run_killed_before_it_told_of_the_past_leaves_that_to_the_next() -> None:
    now = datetime(2030, 1, 15, 19, 0, 10, tzinfo=UTC)
    placed = tried("rounds@2030-01-15T14:00")
    found = due(recurring(HOURLY, "2030-01-15T15:30:00Z"), now, placed)
    assert [it.attempt.occurrence[-5:] for it in found.missed] == ["11:00", "12:00", "13:00"]
