"""What the declared calls are said to mean for money and people, from manifests on the emulator."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path

NOW = "2030-01-14T14:00:00Z"
JANE, RAVI = "+14155550199", "+12125550196"
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: reminder}
spec: {prompt: Remind them of their visit., voice: olivia, outbound_speak_order: agent_first%s}
"""
LINE = """\
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: line}
spec: {number: "+15551230001"%s}
"""
BILLING = """\
---
apiVersion: reconciler/v1
kind: AutoReload
metadata: {name: billing}
spec: {enabled: %s, minimum_cents: 1000, amount_cents: 5000, monthly_limit_cents: %s}
"""


def call(name: str, *, to: str = JANE, at: str = "2030-01-15T20:00:00Z", more: str = "agent: reminder") -> str:
    when = f'at: "{at}"' if at else ""
    return f"""\
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: {name}}}
spec:
  from: line
  to_number: "{to}"
  {when}
  {more}
"""


class Project:
    """A folder of manifests, and the tool run on it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        (folder / "manifests").mkdir()
        (folder / "reconciler.yaml").write_text("organization: 900001\n")

    def settings(self, text: str) -> None:
        (self._folder / "reconciler.yaml").write_text(f"organization: 900001\n{text}")

    def run(self, *arguments: str, now: str = NOW) -> str:
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("THUNDER", "RECONC"))}
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *arguments, "--emulator", "--now", now],
            cwd=self._folder,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def write(self, *documents: str, agent: str = "", line: str = "") -> None:
        (self._folder / "manifests/all.yaml").write_text(AGENT % agent + LINE % line + "".join(documents))

    def forecast(self, *documents: str, agent: str = "", line: str = "", now: str = NOW) -> Any:
        self.write(*documents, agent=agent, line=line)
        return json.loads(self.run("plan", "--format", "json", now=now))["forecast"]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path)


@pytest.mark.parametrize(
    ("agent", "cents"),
    [
        (", max_call_duration_seconds: 300, product: spark", 10),
        (", max_call_duration_seconds: 301, product: spark", 12),
        (", max_call_duration_seconds: 60, product: storm-extra-with-ack", 9),
        (", max_call_duration_seconds: 60, product: bolt-base-experimental", 5),
        ("", 20),
    ],
)
def test_a_call_is_priced_at_the_longest_its_agent_allows(project: Project, agent: str, cents: int) -> None:
    found = project.forecast(call("jane"), agent=agent)
    assert (found["calls_at_most"], found["people"], found["cents_at_most"]) == (1, 1, cents)
    assert found["calls"][0]["agent"] == "reminder"


def test_the_rates_and_the_assumption_are_the_projects_own(project: Project) -> None:
    project.settings("rates: {read: 2031-02-03, cents_per_minute: {spark: 2.5}, unlimited_call_minutes: 3}\n")
    found = project.forecast(call("jane"))
    assert found["rates"] == {
        "read": "2031-02-03",
        "cents_per_minute": {"spark": 2.5, "bolt": 5, "storm": 9},
        "unlimited_call_minutes": 3,
    }
    assert found["cents_at_most"] == 8


def test_the_numbers_outbound_agent_speaks_where_none_is_named(project: Project) -> None:
    found = project.forecast(
        call("jane", more=""), agent=", max_call_duration_seconds: 60", line=", outbound_agent: reminder"
    )
    assert (found["calls"][0]["agent"], found["cents_at_most"]) == ("reminder", 2)


def test_an_inline_agent_is_priced_by_its_own_settings(project: Project) -> None:
    config = 'config: {prompt: "Remind them.", voice: olivia, product: bolt, max_call_duration_seconds: 120}'
    assert project.forecast(call("jane", more=config))["cents_at_most"] == 10


def test_a_tier_without_a_price_costs_what_the_dearest_does(project: Project) -> None:
    config = 'config: {prompt: "Remind them.", voice: olivia, product: gust, max_call_duration_seconds: 60}'
    assert project.forecast(call("jane", more=config))["cents_at_most"] == 9


def test_every_second_try_is_counted(project: Project) -> None:
    found = project.forecast(call("jane", more="agent: reminder\n  attempts: {max: 3}"))
    assert (found["rings"], found["calls_at_most"], found["cents_at_most"]) == (1, 3, 60)


def test_one_person_called_twice_is_one_person(project: Project) -> None:
    found = project.forecast(call("a"), call("b", at="2030-01-17T20:00:00Z"), call("c", to=RAVI))
    assert (found["rings"], found["people"]) == (3, 2)
    assert [it["address"] for it in found["calls"]] == [f"ScheduledCall/{name}" for name in "acb"]
    assert "4155550199" not in json.dumps(found)


def test_each_call_is_told_in_the_time_of_the_callee(project: Project) -> None:
    found = project.forecast(call("early", at="2030-01-15T14:00:00Z"), call("fine", to=RAVI, at="2030-01-15T14:00:00Z"))
    told = {it["address"]: (it["callee_local"], it["within_calling_hours"]) for it in found["calls"]}
    assert told == {
        "ScheduledCall/early": (["2030-01-15T06:00:00-08:00"], False),
        "ScheduledCall/fine": (["2030-01-15T09:00:00-05:00"], True),
    }


def test_a_recurring_call_is_counted_for_thirty_days(project: Project) -> None:
    schedule = 'agent: reminder\n  schedule: {cron: "0 12 * * *", timezone: America/Los_Angeles}'
    found = project.forecast(call("daily", at="", more=schedule))
    assert (found["rings"], found["recurring_until"], found["complete"]) == (30, "2030-02-13", True)


def test_a_call_that_recurs_too_often_to_count_makes_the_sum_incomplete(project: Project) -> None:
    schedule = 'agent: reminder\n  schedule: {cron: "* * * * *", timezone: America/Los_Angeles}'
    found = project.forecast(call("often", at="", more=schedule))
    assert (found["rings"], found["complete"]) == (1000, False)


def test_how_far_the_balance_reaches_is_told(project: Project) -> None:
    project.settings("rates: {cents_per_minute: {spark: 100}}\n")
    found = project.forecast(*(call(f"call-{index}", at=f"2030-01-{15 + index}T20:00:00Z") for index in range(4)))
    assert (found["balance_cents"], found["cents_at_most"], found["rings_covered"]) == (2500, 4000, 2)


@pytest.mark.parametrize(("enabled", "limit"), [("true", 20000), ("false", 0), ("true", None)])
def test_auto_reload_is_told_as_it_would_be_after_an_apply(project: Project, enabled: str, limit: int | None) -> None:
    found = project.forecast(BILLING % (enabled, "null" if limit is None else limit))
    assert found["auto_reload"] == {"enabled": enabled == "true", "monthly_limit_cents": limit}


def test_a_call_that_was_placed_is_not_to_come_any_more(project: Project) -> None:
    project.write(call("jane"), call("ravi", to=RAVI, at="2030-01-16T20:00:00Z"), line=", outbound_agent: reminder")
    project.run("apply", "--yes")
    project.run("dispatch", now="2030-01-15T20:01:00Z")
    after = json.loads(project.run("plan", "--format", "json", now="2030-01-15T20:02:00Z"))["forecast"]
    assert [it["address"] for it in after["calls"]] == ["ScheduledCall/ravi"]


def test_only_what_the_plan_covers_is_counted(project: Project) -> None:
    project.write(call("jane"), call("ravi", to=RAVI))
    printed = project.run("plan", "--format", "json", "--target", "ScheduledCall/ravi")
    assert [it["address"] for it in json.loads(printed)["forecast"]["calls"]] == ["ScheduledCall/ravi"]


def test_the_forecast_decides_nothing(project: Project) -> None:
    project.write(call("jane"))
    before = json.loads(project.run("plan", "--format", "json"))
    project.settings("rates: {cents_per_minute: {spark: 7}}\n")
    after = json.loads(project.run("plan", "--format", "json"))
    assert before["forecast"] != after["forecast"]
    assert before["fingerprint"] == after["fingerprint"]


def test_occurrences_that_are_cancelled_or_held_one_by_one_are_not_to_come_and_calls_tell_the_next_that_rings(
    project: Project,
) -> None:
    weekdays = 'agent: reminder\n  schedule: {cron: "0 9 * * mon-fri", timezone: UTC, until: 2030-01-18}'
    project.write(call("c", at="", more=weekdays))
    early = "2030-01-14T08:00:00Z"
    project.run("apply", "--yes", now=early)
    project.run("calls", "cancel", "c@2030-01-14T09:00", now=early)
    project.run("calls", "hold", "c@2030-01-16T09:00", "--why", "away", now=early)
    found = json.loads(project.run("plan", "--format", "json", now=early))["forecast"]
    assert [it["at"][:10] for it in found["calls"]] == ["2030-01-15", "2030-01-17", "2030-01-18"]
    text = " ".join(project.run("plan", now=early).split())
    assert "2 skipped" in text
    assert "cancelled" in text
    assert "held: away" in text
    rows = json.loads(project.run("calls", "--format", "json", now=early))["calls"]
    assert {it["occurrence"]: (it["state"], it["when"][:10]) for it in rows} == {
        "c": ("armed", "2030-01-15"),
        "c@2030-01-14T09:00": ("cancelled", "2030-01-14"),
        "c@2030-01-16T09:00": ("held", "2030-01-16"),
    }


RECURRING = """\
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: weekly}
spec:
  from: line
  to_number: "+12125550196"
  schedule: {cron: "0 12 * * 1", timezone: America/New_York}
  agent: reminder
"""


def held_and_counted(project: Project) -> tuple[list[str], list[str]]:
    """Who is held in the forecast, and for what; who is counted."""
    found = json.loads(project.run("plan", "--format", "json"))["forecast"]
    held = [f"{it['address'].partition('/')[2]}: {it['reason']}" for it in found["skipped"]]
    return held, [it["address"].partition("/")[2] for it in found["calls"]]


def test_a_call_that_is_held_by_command_is_told_as_held_and_not_counted(project: Project) -> None:
    project.write(call("jane"), call("ravi", to=RAVI), RECURRING)
    project.run("apply", "--yes")
    assert held_and_counted(project) == ([], ["weekly", "jane", "ravi", *["weekly"] * 4])
    project.run("calls", "hold", "weekly", "--why", "away")
    project.run("calls", "hold", "ravi", "--why", "moved", "--until", "2030-01-15T20:10:00Z")
    held, counted = held_and_counted(project)
    assert (held, counted) == (["weekly: held: away", "ravi: held: moved", *["weekly: held: away"] * 4], ["jane"])
    project.run("calls", "release", "weekly")
    project.run("calls", "hold", "ravi", "--until", "2030-01-15T20:09:00Z")
    assert held_and_counted(project)[0] == []


def test_under_a_hold_over_all_calls_none_is_counted_and_each_is_told(project: Project) -> None:
    project.write(call("jane"), call("ravi", to=RAVI))
    project.run("apply", "--yes")
    project.run("calls", "hold", "--all", "--why", "flooded")
    held, counted = held_and_counted(project)
    assert (held, counted) == (["jane: every call is held: flooded", "ravi: every call is held: flooded"], [])
