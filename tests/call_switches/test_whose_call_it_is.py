"""Judge what is believed of the platform's answers: whose call each is, and what a status proves."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from acceptance.platform import Fault
from acceptance.projects import CALLEE, ahead, armed_ahead, call, until_after

from call_switches.states import TRIES, armed, state
from reconciler.schedule.call_states import CallState
from reconciler.schedule.planned_call import PlannedCall
from reconciler.state.call_records import Hold

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

OTHER = "+14155550188"
TWO_A_DAY = "organization: 42\nlimits: {calls_per_callee_per_day: 2}\n"


def rows(project: Project) -> dict[str, str]:
    """The state of each row of `calls`, by occurrence and attempt."""
    found = project.run("calls", "--format", "json").json["calls"]
    return {f"{row['occurrence']} {row['attempt']}": row["state"] for row in found}


@pytest.mark.parametrize("status", [408, 425, 499, 410, 413, 418, 451])
def test_a_status_that_is_no_documented_refusal_is_settled_by_looking(
    project: Project, platform: SecondPlatform, status: int
) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    platform.faults.append(Fault("POST", "/v1/call", acts=True, status=status, body={"detail": "gateway"}))
    ran = project.run("dispatch")
    assert ran.code == 0, ran.said
    assert rows(project) == {"confirm-jane 1": "placed"}
    assert len(platform.dialled) == 1


@pytest.mark.parametrize("status", [400, 402, 403, 404, 422])
def test_a_documented_refusal_is_one_and_is_not_asked_about(
    project: Project, platform: SecondPlatform, status: int
) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    platform.faults.append(Fault("POST", "/v1/call", status=status))
    assert project.run("dispatch").code == 4
    assert rows(project) == {"confirm-jane 1": "refused"}
    assert [request.path for request in platform.writes] == ["/v1/call"]


@pytest.mark.parametrize("call_id", [None, "", "  ", -3, True, 1.5, {}], ids=repr)
def test_an_answer_with_an_id_that_no_call_can_have_is_settled_by_looking(
    project: Project, platform: SecondPlatform, call_id: object
) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    platform.faults.append(Fault("POST", "/v1/call", acts=True, status=201, body={"call_id": call_id}))
    ran = project.run("dispatch")
    assert (ran.code, "found in the list of calls" in ran.words) == (0, True), ran.said
    assert len(platform.dialled) == 1


def test_one_call_of_the_platforms_is_never_two_of_ours(project: Project, platform: SecondPlatform) -> None:
    armed(project, call("first", at=ahead(seconds=-2)) + "---\n" + call("second", at=ahead(seconds=-2), to=OTHER))
    platform.faults.append(Fault("POST", "/v1/call", status=201, body={"call_id": 7001}, times=2))
    ran = project.run("dispatch")
    assert ran.code == 5
    assert sorted(rows(project).values()) == ["placed", "unknown"]
    assert "which is that of `first`" in ran.words or "which is that of `second`" in ran.words


def test_a_call_that_another_run_recorded_is_not_taken_for_a_second_one(
    project: Project, platform: SecondPlatform
) -> None:
    armed(project, call("first", at=ahead(seconds=-2)))
    assert project.run("dispatch").code == 0
    project.write("manifests/other.yaml", call("second", at=ahead(seconds=-2), to=OTHER))
    assert project.run("apply", "--yes").code == 0
    taken = next(iter(platform.calls))
    platform.faults.append(Fault("POST", "/v1/call", status=201, body={"call_id": taken}))
    ran = project.run("dispatch")
    assert ran.code == 5
    assert "which is that of `first`" in ran.words


def test_an_answer_about_another_number_is_not_believed(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    platform.faults.append(Fault("POST", "/v1/call", status=201, body={"call_id": 9, "to_number": OTHER}))
    ran = project.run("dispatch")
    assert ran.code == 5
    assert "which is to another number" in ran.words
    assert OTHER not in ran.said


def test_the_record_of_a_call_to_another_number_decides_no_second_try(
    project: Project, platform: SecondPlatform
) -> None:
    armed(project, call(at=ahead(seconds=-2), more=TRIES.replace("1h", "1s")))
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang |= {"to_number": OTHER, "sip_answered_at": None}
    assert project.run("dispatch").code in (0, 5)
    assert rows(project) == {"confirm-jane 1": "unknown"}
    assert len(platform.dialled) == 1


@pytest.mark.parametrize("call_id", ["out-1 #1", "call/987", "a?b", "..", "é", "%2e"])
def test_an_odd_call_id_is_one_row_and_stops_no_other_call(
    project: Project, platform: SecondPlatform, call_id: str
) -> None:
    armed(project, call("odd", at=ahead(seconds=-2)) + "---\n" + call("even", at=ahead(seconds=-2), to=OTHER))
    platform.faults.append(Fault("POST", "/v1/call", status=201, body={"call_id": call_id}))
    assert project.run("dispatch").code == 0
    for ran in (project.run("dispatch"), project.run("calls")):
        assert ran.code == 0, ran.said
        assert "internal error" not in ran.said
    assert rows(project) == {"even 1": "placed", "odd 1": "placed"}


def test_a_state_put_back_to_before_the_call_places_it_once(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    folder, before = project.root / ".reconciler", project.root / "before"
    shutil.copytree(folder, before)
    assert project.run("dispatch").code == 0
    shutil.rmtree(folder)
    shutil.copytree(before, folder)
    platform.keys.clear()
    ran = project.run("dispatch")
    assert ran.code == 0, ran.said
    assert "history shows this call already" in ran.words
    assert len(platform.dialled) == 1


def put_back_after_the_call(project: Project, platform: SecondPlatform) -> None:
    """The state's file of before the call was placed, and a platform that keeps no key."""
    at = armed_ahead(project, lambda at: project.write("manifests/call.yaml", call(at=at, more="  late: 2h\n")), runs=1)
    state_file, before = project.root / ".reconciler" / "state.db", project.root / "before.db"
    shutil.copy(state_file, before)
    assert project.run("dispatch", *until_after(at)).code == 0
    assert len(platform.dialled) == 1
    for left in state_file.parent.glob("state.db*"):
        left.unlink()
    shutil.copy(before, state_file)
    platform.keys.clear()


def test_a_state_put_back_places_nothing_twice_while_the_list_of_calls_cannot_be_read(
    project: Project, platform: SecondPlatform
) -> None:
    put_back_after_the_call(project, platform)
    platform.faults.append(Fault("GET", "/v1/calls", status=500, times=99))
    ran = project.run("dispatch")
    assert (ran.code, len(platform.dialled)) == (5, 1), ran.said
    assert rows(project) == {"confirm-jane 1": "unknown"}
    platform.faults.clear()
    assert project.run("dispatch").code == 0
    assert rows(project) == {"confirm-jane 1": "placed"}
    assert len(platform.dialled) == 1


def test_what_was_sent_from_here_is_noted_without_a_name_or_a_number(
    project: Project, platform: SecondPlatform
) -> None:
    put_back_after_the_call(project, platform)
    noted = (project.root / ".reconciler" / "sent").read_text(encoding="ascii")
    assert len(noted.splitlines()) == 1
    assert "jane" not in noted
    assert CALLEE[1:] not in noted
    assert (project.root / ".reconciler" / ".gitignore").read_text(encoding="ascii") == "*\n"


@pytest.mark.parametrize("line", ["", "torn", "key not-an-instant", "\udcff \udcff"])
def test_a_damaged_note_of_what_was_sent_stops_nothing(project: Project, platform: SecondPlatform, line: str) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    (project.root / ".reconciler" / "sent").write_bytes(line.encode("utf-8", "surrogateescape") + b"\n")
    assert project.run("dispatch").code == 0
    assert len(platform.dialled) == 1


def test_what_was_armed_inside_its_window_waits_while_the_list_of_calls_cannot_be_read(
    project: Project, platform: SecondPlatform
) -> None:
    armed(project, call(at=ahead(hours=-1), more="  late: 2h\n"))
    platform.faults.append(Fault("GET", "/v1/calls", status=500, times=99))
    ran = project.run("dispatch")
    assert ran.code == 4
    assert "cannot be read" in ran.words
    assert platform.dialled == []


def test_timestamps_without_a_zone_are_utc(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2), more=TRIES.replace("1h", "1s")))
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang |= {"sip_answered_at": None, "end_time": f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S}"}
    assert project.run("dispatch", "--lookahead", "4s").code in (0, 4)
    with state(project) as ledger:
        assert [(it.attempt, it.ended_at[-1:]) for it in ledger.attempts() if it.state.ended] == [(1, "Z")]


def test_an_end_that_cannot_be_read_is_said_aloud(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2), more=TRIES))
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang |= {"sip_answered_at": None, "end_time": "half past two"}
    assert project.run("dispatch").code == 0
    assert "no second try can be decided" in project.run("calls").words


def test_what_expires_under_a_hold_is_no_alarm_and_says_why(project: Project, platform: SecondPlatform) -> None:
    at = armed_ahead(project, lambda at: project.write("manifests/call.yaml", call(at=at, more="  late: 3s\n")), runs=4)
    assert project.run("calls", "hold", "--all", "--why", "the office moves").code == 0
    assert rows(project) == {"confirm-jane 1": "held"}
    ran = project.run("dispatch", *until_after(at))
    assert ran.code == 0, ran.said
    assert "missed while held: the office moves" in ran.words
    assert rows(project) == {"confirm-jane 1": "expired"}
    assert platform.dialled == []


def test_a_hold_that_was_released_before_the_window_closed_excuses_nothing() -> None:
    hold = Hold("away", "2026-12-01T09:00:00Z", "jo", "2026-12-01T10:00:00Z")
    assert hold.covers(datetime(2026, 12, 1, 9, 59, tzinfo=UTC))
    assert not hold.covers(datetime(2026, 12, 1, 10, 5, tzinfo=UTC))


def test_a_second_try_to_come_is_listed_and_can_be_cancelled_before_the_first_has_ended(
    project: Project, platform: SecondPlatform
) -> None:
    armed(project, call(at=ahead(seconds=-2), more=TRIES.replace("1h", "1s")))
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang["sip_answered_at"] = None
    assert rows(project) == {"confirm-jane 1": "completed", "confirm-jane 2": "armed"}
    ran = project.run("calls", "cancel", "confirm-jane")
    assert ran.code == 0, ran.said
    assert rows(project) == {"confirm-jane 1": "completed", "confirm-jane 2": "cancelled"}
    assert project.run("dispatch", "--lookahead", "3s").code == 0
    assert len(platform.dialled) == 1


@pytest.mark.parametrize("switch", [("hold", "--all"), ("release", "--all")])
def test_a_switch_that_touches_no_call_is_refused(project: Project, switch: tuple[str, ...]) -> None:
    ran = project.run("calls", *switch)
    assert ran.code == 3
    assert "RC634" in ran.said
    with state(project) as ledger:
        assert not ledger.held_all()


def test_a_switch_says_in_which_state_it_wrote_and_how_many_calls_it_touched(project: Project) -> None:
    armed(project, call(at=ahead(hours=1)))
    for switch in (("hold", "--all"), ("release", "--all"), ("hold", "confirm-jane"), ("cancel", "confirm-jane")):
        assert "1 call in sqlite .reconciler/state.db" in project.run("calls", *switch).words


def test_a_new_time_for_a_call_that_is_over_is_an_error_with_another_name(
    project: Project, platform: SecondPlatform
) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    assert project.run("dispatch").code == 0
    project.write("manifests/call.yaml", call(at=ahead(hours=2)))
    ran = project.run("plan")
    assert ran.code == 1
    assert "RC222" in ran.said
    assert "confirm-jane-2" in ran.words
    assert len(platform.dialled) == 1


def test_what_a_call_asks_for_is_the_same_from_its_manifest_and_from_the_state(project: Project) -> None:
    armed(project, call(at="2030-01-15T10:00:00-08:00", more=f"  late: 20m\n{TRIES}"))
    with state(project) as ledger:
        remembered = ledger.armed()["confirm-jane"].call
    assert isinstance(remembered, PlannedCall)
    assert remembered.retry is not None
    assert (remembered.late.seconds, remembered.retry.most, remembered.gap.seconds) == (1200, 2, 3600)
    assert remembered.at == datetime(2030, 1, 15, 18, tzinfo=UTC)
    assert (remembered.to_number, CALLEE in str(remembered)) == ("", False)


def test_links_to_recordings_are_not_stored(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for rang in platform.calls.values():
        rang["recording_url"] = "https://recordings.example.com/one?signature=secret"
    assert project.run("dispatch").code == 0
    assert b"recordings.example.com" not in project.state()
    with state(project) as ledger:
        assert [it.state for it in ledger.attempts()] == [CallState.COMPLETED]
