"""Judge which calls a list shows."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.projects import ahead, call

from call_switches.states import armed
from reconciler.cli.call_filters import CallFilter
from reconciler.errors import InputError
from reconciler.schedule.call_report import CallRow
from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from acceptance.projects import Project

NOW = datetime(2030, 1, 15, 7, 0, tzinfo=UTC)  # still the 14th in Los Angeles
ROWS = [
    CallRow(
        "late",
        "late",
        1,
        datetime(2030, 1, 15, 6, 0, tzinfo=UTC),
        "America/Los_Angeles",
        CallState.COMPLETED,
        outcome="reached",
    ),
    CallRow("here", "here", 1, datetime(2030, 1, 15, 6, 0, tzinfo=UTC), "", CallState.ARMED),
    CallRow("next", "next", 1, datetime(2030, 1, 16, 9, 0, tzinfo=UTC), "", CallState.ARMED),
    CallRow("never", "never", 1, None, "", CallState.UNKNOWN, outcome="unknown"),
]


@pytest.mark.parametrize(
    ("asked", "names"),
    [
        ({}, "late here next never"),
        ({"on": "today"}, "late here"),
        ({"on": "tomorrow"}, "next"),
        ({"on": "2030-01-14"}, "late"),
        ({"on": "yesterday"}, ""),
        ({"since": "2030-01-15"}, "here next"),
        ({"since": "2030-01-15T06:00:01Z"}, "next"),
        ({"until": "2030-01-14"}, "late"),
        ({"until": "today"}, "late here"),
        ({"since": "today", "until": "2030-01-15T23:00:00+00:00"}, "late here"),
        ({"states": ("armed",)}, "here next"),
        ({"states": ("armed", "unknown")}, "here next never"),
        ({"outcomes": ("reached",)}, "late"),
        ({"states": ("armed",), "on": "tomorrow"}, "next"),
        ({"selectors": ("team=a",)}, ""),
    ],
)  # fmt: skip - one question a row
def test_a_day_is_one_of_the_clock_of_each_call(asked: dict[str, Any], names: str) -> None:
    assert [row.name for row in CallFilter(**asked).chosen(ROWS, {}, now=NOW)] == names.split()


def test_a_second_try_is_of_the_day_on_which_it_rang() -> None:
    again = replace(ROWS[1], attempt=2, placed_at=datetime(2030, 1, 16, 1, 0, tzinfo=UTC))
    assert CallFilter(on="tomorrow").chosen([again], {}, now=NOW) == [again]
    assert CallFilter(on="today").chosen([again], {}, now=NOW) == []


@pytest.mark.parametrize("asked", [{"on": "soon"}, {"since": "2030-13-01"}, {"on": "2030-01-15T06:00Z"}, {"until": ""}])
def test_what_is_no_day_is_refused(asked: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="is not a day"):
        CallFilter(**asked).chosen(ROWS, {}, now=NOW)


def test_state_takes_the_states_of_calls_beside_the_store_and_a_label_chooses(project: Project) -> None:
    labelled = call(at=ahead(hours=1)).replace("{name: confirm-jane}", "{name: confirm-jane, labels: {team: a}}")
    armed(project, f"{labelled}---\n{call('other', at=ahead(hours=2))}")
    ran = project.run("calls", "--state", "armed", "--state", "held", "-l", "team=a", "--format", "csv")
    assert [row["name"] for row in csv.DictReader(io.StringIO(ran.out))] == ["confirm-jane"]
    both = project.run("calls", "--state", "armed", "--state", "sqlite:elsewhere.db")
    assert "No call is as asked; 2 other calls left out." in both.out
    assert project.run("calls", "--state", "armedd").code == 1


def test_the_list_of_a_held_account_begins_with_the_hold(project: Project) -> None:
    armed(project, call(at=ahead(hours=1)))
    project.run("calls", "hold", "--all", "--why", "flooded")
    ran = project.run("calls")
    assert ran.out.startswith("Every call is held")
    assert "flooded" in ran.out.splitlines()[0]
    assert "reconciler calls release --all" in ran.out.splitlines()[1]


def test_plan_doctor_and_state_begin_with_a_hold_over_all_calls(project: Project) -> None:
    armed(project, call(at=ahead(hours=1)))
    project.run("calls", "hold", "--all", "--why", "flooded")
    planned = project.run("plan").out
    assert planned.index("every call is held since") < planned.index("unchanged")
    assert project.run("plan", "--format", "markdown").out.startswith("- **warning RC603**: every call is held since")
    assert "every call is held" in " ".join(project.run("doctor").out.split("\n")[:2])
    assert project.run("state", "show").out.startswith("every call is held since")
