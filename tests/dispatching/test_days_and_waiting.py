"""Judge calls over days and within a lookahead, on the emulator and its fixed clock."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.platform import VOIP
from acceptance.projects import Project, call

from reconciler.calls.due import rang_that_day
from reconciler.cli import main, session
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import FixedClock, parse_instant
from reconciler.state.call_records import Attempt
from reconciler.state.ledger import Ledger
from reconciler.store import open_store
from reconciler.telephony.phone_numbers import digest, zones

if TYPE_CHECKING:
    from pathlib import Path

    from acceptance.platform import SecondPlatform

NOON = "2030-01-14T20:00"
SAN_FRANCISCO, ANYWHERE = "+14155550199", "+18005550199"
DAILY = f"""\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: daily}}
spec:
  from_number: "{VOIP}"
  to_number: "{SAN_FRANCISCO}"
  config: {{prompt: Hello., max_call_duration_seconds: 60}}
  schedule: {{cron: "5 12 * * *", timezone: America/Los_Angeles}}
"""


@pytest.fixture
def emulated(tmp_path: Path, platform: SecondPlatform) -> Project:
    made = Project(tmp_path, platform)
    made.write("reconciler.yaml", "organization: 1\n")
    return made


def run(project: Project, now: str, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    """The exit code, and the calls where they are asked for in JSON."""
    ran = project.run(*arguments, "--emulator", "--now", now)
    assert ran.code in (0, 4, 5), ran.said
    return ran.code, ran.json["calls"] if "json" in arguments else []


def attempt(claimed_at: str, to: str) -> Attempt:
    return Attempt("other", "other", 1, CallState.PLACED, to=digest(to), claimed_at=claimed_at)


@pytest.mark.parametrize(
    ("claimed_at", "now", "to", "counted"),
    [
        ("2030-01-14T20:07:00Z", "2030-01-15T20:05:00Z", SAN_FRANCISCO, 0),
        ("2030-01-14T16:00:00Z", "2030-01-15T04:59:00Z", SAN_FRANCISCO, 1),
        ("2030-01-15T07:59:00Z", "2030-01-15T08:01:00Z", SAN_FRANCISCO, 0),
        ("2030-01-15T07:59:00Z", "2030-01-15T08:01:00Z", ANYWHERE, 1),
        ("2030-01-14T20:07:00Z", "2030-01-15T20:05:00Z", ANYWHERE, 0),
    ],
)
def test_a_call_counts_on_the_day_it_rang_by_every_clock_of_the_callee(
    claimed_at: str, now: str, to: str, counted: int
) -> None:
    assert len(zones(ANYWHERE)) > 1
    instant = datetime.fromisoformat(now).astimezone(UTC)
    assert rang_that_day([attempt(claimed_at, to)], to, now=instant) == counted


def test_a_daily_call_is_placed_every_day_under_the_default_limits(emulated: Project) -> None:
    emulated.write("manifests/daily.yaml", DAILY)
    run(emulated, "2030-01-14T18:00Z", "apply", "--yes")
    # Each day's timer comes a little sooner than the day before's.
    for now in ("2030-01-14T20:09Z", "2030-01-15T20:07Z", "2030-01-16T20:05Z"):
        code, rows = run(emulated, now, "dispatch", "--format", "json")
        assert (code, [row["state"] for row in rows]) == (0, ["placed"]), rows


def test_one_person_is_not_called_twice_on_one_day(emulated: Project) -> None:
    emulated.write("manifests/first.yaml", call(at="2030-01-14T16:30:00Z", to=SAN_FRANCISCO))
    emulated.write("manifests/second.yaml", call("again", at="2030-01-15T04:30:00Z", to=SAN_FRANCISCO))
    run(emulated, "2030-01-14T16:00Z", "apply", "--yes")
    assert run(emulated, "2030-01-14T16:31Z", "dispatch", "--format", "json")[0] == 0
    code, (row,) = run(emulated, "2030-01-15T04:31Z", "dispatch", "--format", "json")
    assert (code, row["state"]) == (4, "armed")
    assert "1 call to this person today where they are, limit 1" in row["detail"]


def test_a_call_that_may_not_be_placed_yet_is_tried_again_during_the_lookahead(emulated: Project) -> None:
    emulated.write("manifests/first.yaml", call(at="2030-01-14T15:58:30Z", to=SAN_FRANCISCO))
    run(emulated, "2030-01-14T15:30Z", "apply", "--yes")
    code, (row,) = run(emulated, "2030-01-14T15:59Z", "dispatch", "--format", "json")
    assert (code, row["state"], "outside calling hours" in row["detail"]) == (4, "armed", True)
    arguments = ("dispatch", "--lookahead", "5m", "--format", "json")
    code, (row,) = run(emulated, "2030-01-14T15:59Z", *arguments)
    assert (code, row["state"]) == (0, "placed")


def test_a_call_armed_by_another_run_during_the_lookahead_is_placed(
    emulated: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    emulated.write("manifests/first.yaml", call(at="2030-01-14T17:25:00Z", to=SAN_FRANCISCO))
    run(emulated, "2030-01-14T17:00Z", "apply", "--yes")
    others: list[str] = []

    class Shared(FixedClock):
        """At 17:05 somebody else arms another call."""

        def sleep(self, seconds: float) -> None:
            super().sleep(seconds)
            if self.instant >= datetime(2030, 1, 14, 17, 5, tzinfo=UTC) and not others:
                others.append("apply")
                emulated.write("manifests/second.yaml", call("soon", at="2030-01-14T17:10:00Z", to="+14155550123"))
                run(emulated, "2030-01-14T17:05Z", "apply", "--yes")

    monkeypatch.setattr(session, "FixedClock", Shared)
    monkeypatch.chdir(emulated.root)
    arguments = ["--lookahead", "30m", "--format", "json", "--emulator", "--now", "2030-01-14T17:00Z"]
    assert main(["dispatch", *arguments]) == 0
    rows = json.loads(capsys.readouterr().out)["calls"]
    assert {row["name"]: row["state"] for row in rows}["soon"] == "placed"


def test_calls_begin_at_the_rate_of_the_project(emulated: Project) -> None:
    emulated.write("reconciler.yaml", "organization: 1\nlimits: {calls_per_second: 0.5}\n")
    for number in range(4):
        emulated.write(f"manifests/{number}.yaml", call(f"call-{number}", at=f"{NOON}:00Z", to=f"+1415555014{number}"))
    run(emulated, NOON + "Z", "apply", "--yes")
    assert run(emulated, NOON + "Z", "dispatch")[0] == 0
    url = "sqlite:.reconciler/state.db"
    with open_store(url, root=emulated.root, read_only=True) as store:
        organization = next(iter(store.list())).key.partition("/")[0]
        begun = [parse_instant(attempt.sent_at) for attempt in Ledger(store, organization).attempts()]
    assert {later - sooner for sooner, later in pairwise(begun)} == {timedelta(seconds=2)}


def test_a_lookahead_with_nothing_to_come_ends_at_once(
    emulated: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    emulated.write("manifests/first.yaml", call(at="2030-01-14T18:30:00Z", to=SAN_FRANCISCO))
    run(emulated, "2030-01-14T17:00Z", "apply", "--yes")
    waited: list[float] = []
    monkeypatch.setattr(FixedClock, "sleep", lambda _, seconds: waited.append(seconds))
    monkeypatch.chdir(emulated.root)
    assert main(["dispatch", "--lookahead", "30m", "--emulator", "--now", "2030-01-14T17:00Z"]) == 0
    assert waited == []
