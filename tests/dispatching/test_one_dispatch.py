"""Judge that one odd answer concerns one call, and that limits count what was sent."""

from __future__ import annotations

import json
import signal
from typing import TYPE_CHECKING, Any

import pytest
from acceptance.platform import Fault
from acceptance.projects import PROJECT, ahead, call
from waiting import PATIENCE, until

if TYPE_CHECKING:
    import subprocess

    from acceptance.platform import JSON, SecondPlatform
    from acceptance.projects import Project, Ran

SECOND = "+14155550143"
IN_TURN = ("--parallelism", "1")  # so that the first call meets the first fault
CONFIRMATION = "/v1/outbound-tcpa-confirmation"


def arm_two(project: Project, *, seconds: float = -2, more: str = "") -> None:
    """Two calls to two people, the first of which closes sooner."""
    project.write("manifests/first.yaml", call(at=ahead(seconds=seconds - 1), more=more))
    project.write("manifests/second.yaml", call("confirm-john", at=ahead(seconds=seconds), to=SECOND, more=more))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said
    project.platform.forget_requests()


def states(ran: Ran) -> dict[str, str]:
    return {row["name"]: row["state"] for row in ran.json["calls"]}


def dialled(platform: SecondPlatform) -> int:
    return sum((request.method, request.path) == ("POST", "/v1/call") for request in platform.requests)


def test_a_call_that_fails_at_once_counts_towards_the_limit_and_exits_4(
    project: Project, platform: SecondPlatform
) -> None:
    project.write("reconciler.yaml", PROJECT + "limits: {calls_per_run: 1}\n")
    arm_two(project)
    failed = {"call_id": 9001, "status": "failed", "failure_reason": "no route"}
    platform.faults.append(Fault("POST", "/v1/call", status=201, body=failed, times=9))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert states(ran) == {"confirm-jane": "failed", "confirm-john": "armed"}
    assert (ran.code, dialled(platform)) == (4, 1)


def test_a_failed_call_alone_exits_4(project: Project, platform: SecondPlatform) -> None:
    arm_two(project)
    failed = {"call_id": 9001, "status": "failed"}
    platform.faults.append(Fault("POST", "/v1/call", status=201, body=failed))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert states(ran) == {"confirm-jane": "failed", "confirm-john": "placed"}
    assert ran.code == 4


def test_a_call_of_unknown_outcome_counts_towards_the_limit(project: Project, platform: SecondPlatform) -> None:
    project.write("reconciler.yaml", PROJECT + "limits: {calls_per_run: 1}\n")
    arm_two(project)
    platform.faults.append(Fault("POST", "/v1/call", status=200, body={}, times=9))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert states(ran) == {"confirm-jane": "unknown", "confirm-john": "armed"}


def test_a_refused_call_leaves_its_place_to_the_next(project: Project, platform: SecondPlatform) -> None:
    project.write("reconciler.yaml", PROJECT + "limits: {calls_per_run: 1}\n")
    arm_two(project)
    platform.faults.append(Fault("POST", "/v1/call", status=402, body={"detail": "no money"}))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert states(ran) == {"confirm-jane": "refused", "confirm-john": "placed"}


@pytest.mark.parametrize("asked", ["60", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_long_pause_leaves_what_was_not_begun_to_another_run(
    project: Project, platform: SecondPlatform, asked: str
) -> None:
    arm_two(project)
    platform.faults.append(Fault("POST", "/v1/call", status=429, headers={"Retry-After": asked}))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert (ran.code, states(ran)) == (4, {"confirm-jane": "refused", "confirm-john": "armed"})
    assert ran.json["calls"][1]["detail"].startswith("the platform asked for a pause of ")
    assert dialled(platform) == 1
    placed = {"confirm-jane": "placed", "confirm-john": "placed"}
    assert states(project.run("dispatch", "--format", "json")) == placed


def test_nothing_is_dialled_after_sigterm(project: Project, platform: SecondPlatform) -> None:
    arm_two(project)
    platform.faults.append(Fault("POST", "/v1/call", status=429, headers={"Retry-After": "5"}, times=9))
    running = project.start("dispatch", *IN_TURN, "--format", "json")
    until(lambda: dialled(platform) or running.poll() is not None, "the first request")
    running.send_signal(signal.SIGTERM)
    out, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, err
    assert dialled(platform) == 1
    assert [row["state"] for row in json.loads(out)["calls"]] == ["refused"]
    assert err == "Interrupted: 2 calls are still due.\nNext: reconciler dispatch\n"


def one_now_one_later(project: Project) -> None:
    project.write("manifests/first.yaml", call(at=ahead(seconds=-2)))
    project.write("manifests/second.yaml", call("confirm-john", at=ahead(seconds=80), to=SECOND))
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said


def log_until(running: subprocess.Popen[str], said: str) -> str:
    """What a run logs, up to the line that says this; it ends by itself before long where none does."""
    assert running.stderr is not None
    lines = []
    for line in running.stderr:
        lines.append(line)
        if said in line:
            break
    return "".join(lines)


def test_the_log_of_a_run_that_was_killed_while_it_waited_tells_whom_it_rang(
    project: Project, platform: SecondPlatform
) -> None:
    one_now_one_later(project)
    running = project.start("dispatch", "--lookahead", "90s")
    log = log_until(running, "waiting until")
    running.kill()
    out, _ = running.communicate(timeout=PATIENCE)
    assert (out, len(platform.dialled)) == ("", 1)
    assert f"placed  confirm-jane  +1•••••••0142  call {next(iter(platform.calls))}" in log


def test_who_interrupts_a_run_that_waits_hears_how_many_calls_it_waited_for(project: Project) -> None:
    one_now_one_later(project)
    running = project.start("dispatch", "--lookahead", "90s")
    log_until(running, "waiting until")
    running.send_signal(signal.SIGINT)
    _, err = running.communicate(timeout=PATIENCE)
    assert running.returncode == 130, err
    assert "Interrupted: 1 call that it waited for is left to the next run." in err
    assert "Next: reconciler dispatch --lookahead 90s" in err


def test_what_was_placed_is_shown_when_the_key_is_refused_afterwards(
    project: Project, platform: SecondPlatform
) -> None:
    arm_two(project)
    platform.faults.append(Fault("POST", "/v1/call", status=201, body={"call_id": 9001, "status": "initiated"}))
    platform.faults.append(Fault("POST", "/v1/call", status=401, body={"detail": "revoked"}, times=9))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert ran.code == 1
    assert states(ran) == {"confirm-jane": "placed", "confirm-john": "refused"}


@pytest.mark.parametrize(("status", "body"), [(200, []), (200, None), (200, ""), (403, {"detail": "no"}), (404, {})])
def test_a_confirmation_that_is_not_told_is_not_confirmed(
    project: Project, platform: SecondPlatform, status: int, body: Any
) -> None:
    arm_two(project)
    platform.faults.append(Fault("GET", CONFIRMATION, status=status, body=body, times=99))
    ran = project.run("dispatch", "--format", "json")
    assert (ran.code, states(ran)) == (4, {"confirm-jane": "armed", "confirm-john": "armed"})
    assert "has not confirmed its outbound calling" in ran.words
    assert dialled(platform) == 0


def test_a_history_that_cannot_be_read_concerns_one_call(project: Project, platform: SecondPlatform) -> None:
    arm_two(project)
    platform.faults.append(Fault("GET", "/v1/calls", status=400, body={"detail": "odd"}))
    ran = project.run("dispatch", *IN_TURN, "--format", "json")
    assert states(ran) == {"confirm-jane": "armed", "confirm-john": "placed"}


@pytest.mark.parametrize(
    "odd",
    [
        {"duration_seconds": "12.5"},
        {"duration_seconds": "soon"},
        {"end_time": "2026-12-01T15:00:00"},
        {"end_time": "yesterday", "end_reason": "no_answer"},
        {"end_time": 17},
    ],
)
def test_an_odd_record_of_one_call_does_not_stop_another(project: Project, platform: SecondPlatform, odd: JSON) -> None:
    again = "  attempts: {max: 2, gap: 1m, on: [not_answered]}\n"
    project.write("manifests/first.yaml", call(at=ahead(seconds=-2), more=again))
    assert project.run("apply", "--yes").code == 0
    assert project.run("dispatch").code == 0
    platform.end_calls()
    for record in platform.calls.values():
        record.update(odd)
    project.write("manifests/second.yaml", call("confirm-john", at=ahead(seconds=-1), to=SECOND))
    assert project.run("apply", "--yes").code == 0
    ran = project.run("dispatch", "--format", "json")
    assert (ran.code, states(ran)) == (0, {"confirm-john": "placed"})
    assert project.run("dispatch").code == 0
    shown = {row["name"]: row for row in project.run("calls", "--format", "json").json["calls"]}
    assert shown["confirm-jane"]["state"] == "completed"
    expected = {"12.5": 12, "soon": None}.get(odd.get("duration_seconds", ""), 37)
    assert shown["confirm-jane"]["duration_seconds"] == expected


def test_earlier_calls_are_asked_about_after_what_is_due_was_placed(project: Project, platform: SecondPlatform) -> None:
    project.write("manifests/first.yaml", call(at=ahead(seconds=-2)))
    assert project.run("apply", "--yes").code == 0
    assert project.run("dispatch").code == 0
    (earlier,) = platform.calls
    project.write("manifests/second.yaml", call("confirm-john", at=ahead(seconds=-1), to=SECOND))
    assert project.run("apply", "--yes").code == 0
    platform.forget_requests()
    platform.faults.append(Fault("GET", f"/v1/calls/{earlier}", status=503, times=99))
    ran = project.run("dispatch", "--format", "json")
    assert (ran.code, states(ran)) == (0, {"confirm-john": "placed"})
    asked = [(request.method, request.path) for request in platform.requests]
    assert asked.count(("GET", f"/v1/calls/{earlier}")) == 1
    assert asked.index(("POST", "/v1/call")) < asked.index(("GET", f"/v1/calls/{earlier}"))


def test_a_call_that_failed_at_once_is_tried_again_where_that_was_asked_for(
    project: Project, platform: SecondPlatform
) -> None:
    again = "  attempts: {max: 2, gap: 1s, on: [failed]}\n"
    project.write("manifests/first.yaml", call(at=ahead(seconds=-2), more=again))
    assert project.run("apply", "--yes").code == 0
    failed = {"call_id": 7001, "status": "failed"}
    platform.faults.append(Fault("POST", "/v1/call", status=201, body=failed, acts=True))
    first = project.run("dispatch", "--format", "json")
    assert (first.code, states(first)) == (4, {"confirm-jane": "failed"})
    platform.ends_as = "failed"
    platform.end_calls()
    second = project.run("dispatch", "--lookahead", "3s", "--format", "json")
    (row,) = second.json["calls"]
    assert (row["attempt"], row["state"]) == (2, "placed")
    assert len(platform.calls) == 2
