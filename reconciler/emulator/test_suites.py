"""Test suites (contract-next 2.3): scenarios of one agent, criteria, a schedule that spends money."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import tables
from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.exchange import invalid
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.test_scenarios import TEST_SCENARIOS
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.resource import Body

CRITERIA = {"min_pass_rate": 100, "zero_critical_failures": False}
SCHEDULE = {"enabled": True, "hour": 0, "minute": 0, "timezone": "UTC", "weekday": 0}


def up_to(maximum: int) -> v.Check:
    """A whole number from zero to there."""

    def check(value: Any) -> int:
        found = int(v.integer(0)(value))
        if found > maximum:
            raise v.Invalid(f"Ensure this value is less than or equal to {maximum}.")
        return found

    return check


def criteria(value: Any) -> Body:
    """When a run of the suite is green; what is not said is the server's."""
    found: Body = v.shaped(min_pass_rate=up_to(100), zero_critical_failures=v.boolean)(value)
    return {**CRITERIA, **found}


def schedule(value: Any) -> Body:
    """When the suite runs by itself; only the frequency has to be said."""
    found: Body = v.shaped(
        frequency=v.choice("hourly", "daily", "weekly"),
        hour=up_to(23),
        minute=up_to(59),
        weekday=up_to(6),
        timezone=v.timezone,
        enabled=v.boolean,
    )(value)
    if "frequency" not in found:
        raise v.Invalid("frequency: This field is required.")
    return {**SCHEDULE, **found}


def note_verdicts(scene: Scene, agent_id: int) -> None:
    """Mark every suite green whose scenarios have all passed by now."""
    for suite in TEST_SUITES.every(scene):
        scenarios = _scenarios(scene, suite)
        if suite["agent_id"] == agent_id and scenarios and all(each["latest_verdict"] == "pass" for each in scenarios):
            TEST_SUITES.store(scene, suite | {"last_green_at": stamp(scene.now)}, suite)


def _scenarios(scene: Scene, body: Body) -> list[Body]:
    found = [tables.find(scene, TEST_SCENARIOS.name, key) for key in body["scenario_ids"]]
    return [each for each in found if each is not None]


def _validate(scene: Scene, body: Body, _before: Body | None) -> None:
    strangers = [each["id"] for each in _scenarios(scene, body) if each["agent_id"] != body["agent_id"]]
    if strangers:
        raise invalid("scenario_ids", *(f"Scenario {key} belongs to another agent." for key in strangers))


def _compute(_scene: Scene, _body: Body, before: Body | None) -> Body:
    return {} if before else {"last_green_at": None}


def _view(scene: Scene, body: Body) -> Body:
    """The suite with the scenarios that are still here; deleted ones have left it."""
    scenarios = _scenarios(scene, body)
    return body | {
        "agent_name": agent_name(scene, body["agent_id"]) or "",
        "scenario_ids": [each["id"] for each in scenarios],
        "scenarios": [{name: each[name] for name in ("id", "title", "latest_verdict")} for each in scenarios],
    }


def _detail(_scene: Scene, _body: Body) -> Body:
    return {"runs": []}


TEST_SUITES = Resource(
    name="test_suites",
    noun="TestSuite",
    path="/v1/suites",
    fields={
        "name": Field(v.text(minimum=1, maximum=255), required=True),
        "agent_id": Field(v.integer(1), required=True, refers="agents"),
        "scenario_ids": Field(v.each(v.integer(1)), [], refers="test_scenarios"),
        "criteria": Field(criteria, CRITERIA),
        "schedule": Field(v.nullable(schedule)),
    },
    validate=_validate,
    compute=_compute,
    view=_view,
    detail=_detail,
)
