"""Nobody is called on a closed day: an error where a document chose it, skipped where a call recurs."""

from __future__ import annotations

import io
import json
from contextlib import redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import Folder, Said, document, project

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CALLEE = "+14155550199"
SETTINGS = "calling_hours: {days: [mon, tue, wed, thu, fri], holidays: [US, US-CA], closed: [2026-12-24]}\n"
CALL: dict[str, Any] = {
    "from_number": "+15551230001",
    "to_number": CALLEE,
    "config": {"prompt": "This is Acme.", "max_call_duration_seconds": 60},
}
DAILY = {"schedule": {"cron": "0 11 * * *", "timezone": "America/Los_Angeles"}}
BEFORE = "2026-12-22T12:00Z"


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    with project(SETTINGS) as found:
        monkeypatch.chdir(found.root)
        yield found


def declare(folder: Folder, name: str, **spec: Any) -> None:
    folder.write({"all.yaml": document("ScheduledCall", name, {**CALL, **spec})})


def settings(folder: Folder, text: str) -> None:
    (folder.root / "reconciler.yaml").write_text(text)


def run(folder: Folder, command: str, now: str, *options: str) -> Said:
    return folder.run(command, "--emulator", "--now", now, *options, online=False)


def apply(folder: Folder, now: str = BEFORE) -> None:
    assert run(folder, "apply", now, "--yes").code == 0


def dispatch(folder: Folder, now: str) -> tuple[int, list[tuple[str, str, str]]]:
    """The exit code, and each call's occurrence, state and code."""
    said = run(folder, "dispatch", now, "--format", "json")
    calls = json.loads(said.out)["calls"]
    return said.code, [(it["occurrence"], it["state"], it["code"] or "") for it in calls]


def findings(said: Said) -> list[tuple[str, str, int]]:
    found = json.loads(said.out)["findings"]
    return [(it["code"], it["severity"], it["source"]["line"]) for it in found]


@pytest.mark.parametrize("command", ["validate", "plan"])
@pytest.mark.parametrize(
    ("at", "why", "following"),
    [
        ("2026-12-25T11:00:00", "Fri 25 Dec in America/Los_Angeles is Christmas Day (US)", "Mon 28 Dec"),
        ("2026-12-26T11:00:00", "Sat 26 Dec in America/Los_Angeles is a Saturday", "Mon 28 Dec"),
        ("2026-12-24T11:00:00", "Thu 24 Dec in America/Los_Angeles is a closed day", "Mon 28 Dec"),
        ("2027-03-31T11:00:00", "Wed 31 Mar in America/Los_Angeles is Cesar Chavez Day (US-CA)", "Thu 1 Apr"),
    ],
)
def test_a_call_on_a_closed_day_is_an_error_at_its_time(
    folder: Folder, command: str, at: str, why: str, following: str
) -> None:
    (folder.root / "manifests" / "all.yaml").write_text(
        f"apiVersion: reconciler/v1\nkind: ScheduledCall\nmetadata: {{name: jane}}\nspec:\n"
        f'  from_number: "+15551230001"\n  to_number: "{CALLEE}"\n  config: {{prompt: Hello.}}\n'
        f"  at: {at}\n  timezone: America/Los_Angeles\n"
    )
    options = () if command == "validate" else ("--emulator", "--now", BEFORE)
    said = folder.run(command, "--format", "json", *options, online=False)
    found = [it for it in json.loads(said.out)["findings"] if it["code"] == "RC158"]
    assert said.code == 1
    assert [(it["severity"], it["source"]["line"]) for it in found] == [("error", 8)]
    assert why in found[0]["message"]
    assert following in found[0]["hint"]


def test_a_regional_holiday_is_no_error_for_a_callee_elsewhere(folder: Folder) -> None:
    declare(folder, "jane", to_number="+12125550142", at="2027-03-31T11:00:00", timezone="America/New_York")
    assert run(folder, "plan", BEFORE).code == 0


def test_a_call_whose_time_has_passed_is_no_error_any_more(folder: Folder) -> None:
    settings(folder, "{}\n")
    declare(folder, "jane", at="2026-12-24T11:00:00", timezone="America/Los_Angeles")
    apply(folder)
    assert dispatch(folder, "2026-12-24T11:00-08:00") == (0, [("jane", "placed", "")])
    settings(folder, SETTINGS)
    assert run(folder, "plan", "2026-12-28T12:00Z").code == 0


def test_what_recurs_is_skipped_once_on_a_closed_day_and_nobody_is_alarmed(folder: Folder) -> None:
    declare(folder, "rounds", **DAILY)
    apply(folder, "2026-12-22T20:00Z")
    assert dispatch(folder, "2026-12-23T11:00-08:00") == (0, [("rounds@2026-12-23T11:00", "placed", "")])
    late = (0, [("rounds@2026-12-24T11:00", "skipped", "RC618")])
    assert dispatch(folder, "2026-12-24T11:30-08:00") == late
    assert dispatch(folder, "2026-12-25T11:00-08:00") == (0, [("rounds@2026-12-25T11:00", "skipped", "RC618")])
    assert dispatch(folder, "2026-12-25T11:05-08:00") == (0, [])
    settings(folder, "{}\n")
    assert dispatch(folder, "2026-12-25T11:06-08:00") == (0, [])


def test_a_report_counts_what_was_skipped_and_misses_none_of_it(folder: Folder) -> None:
    declare(folder, "rounds", **DAILY)
    apply(folder, "2026-12-23T20:00Z")
    dispatch(folder, "2026-12-24T11:00-08:00")
    out = io.StringIO()
    with redirect_stdout(out):
        assert main(["calls", "report", "--format", "json", "--emulator", "--now", "2026-12-24T12:00-08:00"]) == 0
    totals = json.loads(out.getvalue())["totals"]
    assert (totals["skipped"], totals["missed"], totals["placed"]) == (1, 0, 0)


def test_a_dry_run_says_what_is_skipped_and_records_nothing(folder: Folder) -> None:
    declare(folder, "rounds", **DAILY)
    apply(folder)
    said = run(folder, "dispatch", "2026-12-25T11:00-08:00", "--dry-run", "--format", "json")
    assert [it["state"] for it in json.loads(said.out)["calls"]][-1] == "skipped"
    assert ("rounds@2026-12-25T11:00", "skipped", "RC618") in dispatch(folder, "2026-12-25T11:01-08:00")[1]


def test_a_plan_lists_what_is_skipped_with_the_reason_and_does_not_count_it(folder: Folder) -> None:
    schedule = {**DAILY["schedule"], "until": "2026-12-31", "except": ["2026-12-30"]}
    declare(folder, "rounds", schedule=schedule)
    forecast = json.loads(run(folder, "plan", BEFORE, "--format", "json").out)["forecast"]
    assert [it["at"][:10] for it in forecast["calls"]] == [f"2026-12-{day}" for day in (22, 23, 28, 29, 31)]
    assert [(it["at"][:10], it["reason"]) for it in forecast["skipped"]] == [
        ("2026-12-24", "a closed day"),
        ("2026-12-25", "Christmas Day (US)"),
        ("2026-12-26", "a Saturday"),
        ("2026-12-27", "a Sunday"),
        ("2026-12-30", "excepted"),
    ]
    assert "5 skipped (rounds on Thu 24 Dec 11:00 Los Angeles: a closed day;" in " ".join(
        run(folder, "plan", BEFORE).out.split()
    )


def test_calls_tell_the_next_open_day_and_what_is_skipped_before_it(folder: Folder) -> None:
    declare(folder, "rounds", **DAILY)
    apply(folder)
    rows = json.loads(run(folder, "calls", "2026-12-25T09:00-08:00", "--format", "json").out)["calls"]
    assert [(it["state"], it["when"]) for it in rows] == [("armed", "2026-12-28T19:00:00+00:00")]
    assert rows[0]["detail"] == "skips Fri 25 Dec: Christmas Day (US); Sat 26 Dec: a Saturday; Sun 27 Dec: a Sunday"


def test_an_armed_call_whose_day_is_closed_afterwards_is_not_placed_and_its_error_told_first(folder: Folder) -> None:
    settings(folder, "{}\n")
    declare(folder, "jane", at="2026-12-25T11:00:00", timezone="America/Los_Angeles")
    apply(folder)
    settings(folder, SETTINGS)
    code, rows = dispatch(folder, "2026-12-25T11:00-08:00")
    assert (code, rows) == (4, [("jane", "refused", "RC158")])


def test_a_second_try_that_falls_on_a_closed_day_is_skipped(folder: Folder) -> None:
    declare(
        folder,
        "jane",
        to_number="+14155550198",  # the embedded platform: nobody answers there
        at="2026-12-23T11:00:00",
        timezone="America/Los_Angeles",
        attempts={"max": 2, "gap": "1d"},
    )
    apply(folder)
    assert dispatch(folder, "2026-12-23T11:00-08:00") == (0, [("jane", "placed", "")])
    assert dispatch(folder, "2026-12-24T11:05-08:00") == (0, [("jane", "skipped", "RC618")])


def test_an_exception_is_not_due_and_adding_one_loses_nothing_that_is(folder: Folder) -> None:
    declare(folder, "rounds", schedule={**DAILY["schedule"], "except": ["2026-12-29"]})
    apply(folder, "2026-12-28T12:00-08:00")
    assert dispatch(folder, "2026-12-29T11:00-08:00") == (0, [])
    declare(folder, "rounds", schedule={**DAILY["schedule"], "except": ["2026-12-29", "2026-12-31"]})
    apply(folder, "2026-12-30T11:02-08:00")
    assert dispatch(folder, "2026-12-30T11:03-08:00") == (0, [("rounds@2026-12-30T11:00", "placed", "")])
    assert dispatch(folder, "2026-12-31T11:30-08:00") == (0, [])


def test_an_exception_of_the_past_may_be_tidied_away(folder: Folder) -> None:
    declare(folder, "rounds", schedule={**DAILY["schedule"], "except": ["2026-12-29"]})
    apply(folder, "2026-12-28T12:00-08:00")
    assert dispatch(folder, "2026-12-29T11:30-08:00") == (0, [])
    declare(folder, "rounds", **DAILY)
    apply(folder, "2026-12-29T12:00-08:00")
    assert dispatch(folder, "2026-12-29T12:05-08:00") == (0, [])


@pytest.mark.parametrize("written", ["tomorrow", "2026-13-01", "2026-12-24T09:00"])
def test_what_is_no_date_is_told_at_its_place(folder: Folder, written: str) -> None:
    declare(folder, "rounds", schedule={**DAILY["schedule"], "except": [written]})
    said = folder.run("validate", "--format", "json", online=False)
    assert (said.code, findings(said)[0][:2]) == (1, ("RC113", "error"))
    settings(folder, f"calling_hours: {{closed: [{written}]}}\n")
    assert folder.run("validate", online=False).code == 1


@pytest.mark.parametrize(
    ("setting", "says"),
    [("holidays: [XX]", "`XX` is no calendar"), ("days: []", "names no day"), ("days: [monday]", "mon")],
)
def test_a_setting_that_means_nothing_is_an_error_of_the_project_file(folder: Folder, setting: str, says: str) -> None:
    settings(folder, f"calling_hours: {{{setting}}}\n")
    said = folder.run("validate", online=False)
    assert (said.code, says in " ".join(said.text.split()), "reconciler.yaml:1:" in said.text) == (1, True, True)
