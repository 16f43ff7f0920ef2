"""`calls report` and `calls show NAME`, from outside: a table of appointments from nothing to its sums."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.projects import ahead, call
from call_switches.states import TRIES, armed
from laws.project import Folder, document
from laws.project import project as new_project

if TYPE_CHECKING:
    from collections.abc import Iterator

    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

PEOPLE = {"1": "+14155550199", "2": "+14155550198", "3": "+14155550196", "4": "+14155550186"}
TIMES = {"1": "2026-12-03T10:00", "2": "2026-12-03T10:05", "3": "2026-12-03T10:10", "4": "2026-12-03T10:15"}
LATER = "2026-12-04T20:00:00Z"
SPEC: dict[str, Any] = {
    "rows": {"file": "appointments.csv"},
    "key": "id",
    "to_number": {"column": "phone"},
    "at": {"column": "when"},
    "timezone": "America/Los_Angeles",
    "from_number": "+15551230001",
    "agent": "caller",
    "late": "20m",
    "attempts": {"max": 2, "gap": "30m"},
}


@pytest.fixture(scope="module")
def clinic() -> Iterator[Folder]:
    """A list of five calls, the last of which nobody dispatches."""
    with new_project() as folder:
        rows = "".join(f"{key},{PEOPLE[key]},{TIMES[key]}\n" for key in PEOPLE)
        agent = {"prompt": "Hi, this is Acme.", "voice": "olivia", "max_call_duration_seconds": 60}
        manifests = f"{document('Agent', 'caller', agent)}---\n{document('CallList', 'week', SPEC)}"
        table = f"id,phone,when\n{rows}5,+14155550101,2026-12-04T10:00\n"
        folder.write({"all.yaml": manifests, "appointments.csv": table})
        assert folder.run("apply", "--yes").code == 0
        for minute in ("18:16", "18:20", "18:55", "19:10"):
            folder.run("dispatch", "--now", f"2026-12-03T{minute}:00Z")
        yield folder


def told(clinic: Folder, *options: str) -> dict[str, Any]:
    said = clinic.verb("calls", "report", "--format", "json", *options, now=LATER)
    assert said.code == 0, said.text
    found: dict[str, Any] = json.loads(said.out)
    return found


@pytest.fixture
def figures() -> dict[str, int]:
    return {"calls": 5, "placed": 4, "answered": 1, "voicemail": 1, "not_answered": 2, "second_tries": 1, "missed": 2}


def test_a_report_tells_what_came_of_a_list(clinic: Folder, figures: dict[str, int]) -> None:
    totals = told(clinic)["totals"]
    assert {name: totals[name] for name in figures} == figures
    assert told(clinic)["by_list"][0] == {"list": "week", **totals}
    assert told(clinic, "week")["totals"] == totals
    assert told(clinic, "week/1")["totals"]["answered"] == 1
    assert told(clinic, "--since", "2026-12-04")["totals"]["calls"] == 1


def test_a_report_reads_no_manifest_and_writes_nothing(clinic: Folder, figures: dict[str, int]) -> None:
    broken = clinic.root / "manifests" / "broken.yaml"
    broken.write_text("kind: [\n", encoding="utf-8")
    said = clinic.verb("calls", "report", "--format", "json", now=LATER)
    broken.unlink()
    assert said.written == []
    assert json.loads(said.out)["totals"]["placed"] == figures["placed"]


def test_a_report_of_nothing_says_so() -> None:
    with new_project() as folder:
        said = folder.verb("calls", "report")
        assert (said.code, "No calls." in said.out) == (0, True)


def test_a_name_that_is_none_is_no_empty_report(clinic: Folder) -> None:
    said = clinic.verb("calls", "report", "wek", now=LATER)
    assert (said.code, "did you mean `week`?" in said.text) == (1, True)


def test_one_call_is_told_with_all_that_is_known_and_no_number(clinic: Folder) -> None:
    said = clinic.verb("calls", "show", "week/2", now=LATER)
    assert said.code == 0, said.text
    for words in (
        "Thu 3 Dec 10:05 Los Angeles (18:05 UTC), until 10:25",
        "agent",
        "appointments.csv:3",
        "try 1,",
        "try 2,",
        "not reached",
        "at most 2",
    ):  # fmt: skip - one list
        assert words in said.out
    assert PEOPLE["2"] not in said.out
    assert PEOPLE["2"] in clinic.verb("calls", "show", "week/2", "--show-numbers", now=LATER).out


def test_a_transcript_is_asked_for_only_on_request(clinic: Folder) -> None:
    plain = clinic.verb("calls", "show", "week/1", now=LATER)
    assert "emulated agent" not in plain.out
    assert "--transcript" in plain.out
    said = clinic.verb("calls", "show", "week/1", "--transcript", now=LATER)
    assert (said.code, said.written) == (0, [])
    assert "0:00 agent: Hello, this is an emulated agent." in said.out
    assert "recording https://" in said.out
    found = json.loads(clinic.verb("calls", "week/1", "--transcript", "--format", "json", now=LATER).out)
    assert [turn["role"] for turn in found["call"]["transcripts"][0]["turns"]] == ["agent", "user"]
    assert found["calls"][0]["name"] == "week/1"


@pytest.mark.parametrize("words", [["week", "--transcript"], ["--transcript"], ["week/5", "--transcript"]])
def test_a_transcript_of_several_calls_or_of_none_that_rang_is_refused(clinic: Folder, words: list[str]) -> None:
    said = clinic.verb("calls", "show", *words, now=LATER)
    assert (said.code, said.out) == (1, "")
    assert "hint:" in said.err


def test_a_list_stays_a_list(clinic: Folder) -> None:
    found = json.loads(clinic.verb("calls", "week", "--format", "json", now=LATER).out)
    assert "call" not in found
    assert {row["name"] for row in found["calls"]} == {f"week/{key}" for key in range(1, 6)}


def test_the_report_of_another_platform_counts_the_second_try(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2), more=TRIES.replace("1h", "1s")))
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang["sip_answered_at"] = None
    found = project.run("calls", "report", "--format", "json").json
    wanted = {"calls": 1, "placed": 1, "answered": 0, "not_answered": 1, "second_tries": 0, "to_come": 1}
    assert {name: found["totals"][name] for name in wanted} == wanted
    assert not [request for request in platform.writes if request.path != "/v1/call" and "agents" not in request.path]


def test_an_occurrence_of_a_recurring_call_can_be_named(project: Project) -> None:
    weekly = call(at="x").replace("at: x", 'schedule: {cron: "0 9 * * 1", timezone: America/New_York}')
    armed(project, weekly)
    known = project.run("calls", "show", "confirm-jane@2030-01-07T09:00")
    assert known.code == 0, known.said
    assert "armed: Mon 7 Jan 2030 09:00 New York (14:00 UTC)" in known.out
    wrong = project.run("calls", "show", "confirm-jane@2030-01-08T09:00")
    assert (wrong.code, "is not due then; the next is 2030-01-14T14:00:00Z" in wrong.words) == (1, True), wrong.said


def test_a_call_that_happens_once_has_no_occurrences_and_it_is_said(clinic: Folder) -> None:
    said = clinic.verb("calls", "show", "week/1@2026-12-03T10:00", now=LATER)
    assert (said.code, "`week/1` does not recur" in said.text) == (1, True)
