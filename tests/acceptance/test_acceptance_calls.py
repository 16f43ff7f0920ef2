"""Judge that a due call is placed once, and that every other ending is told (promise P4)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from daytime import other_minute
from waiting import until

import reconciler.api
from acceptance.platform import DEMO, UNPROVEN, VOIP, Fault, SecondPlatform
from acceptance.projects import AGENT, BILLING, CALLEE, PROJECT, Project, ahead, armed_ahead, call, ended
from reconciler.cli import main


def arm(project: Project, text: str) -> None:
    project.write("manifests/call.yaml", text)
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said


@pytest.fixture
def due(project: Project, platform: SecondPlatform) -> Project:
    """A project with one call that is armed and due now."""
    arm(project, call(at=ahead(seconds=-2)))
    platform.forget_requests()
    return project


@pytest.fixture
def just_due(project: Project, platform: SecondPlatform) -> Project:
    """The same, armed before its window opened, so that nothing needs to be looked up before it is dialled."""
    at = armed_ahead(project, lambda at: project.write("manifests/call.yaml", call(at=at)), runs=0)
    platform.forget_requests()
    until(lambda: datetime.now(UTC) >= datetime.fromisoformat(at), "the instant")
    return project


def dispatched(project: Project) -> tuple[int, str, str]:
    """Exit code, state and detail of the one call a dispatch looked at; the state is "" when it had none."""
    ran = project.run("dispatch", "--format", "json")
    rows = ran.json["calls"]
    return (ran.code, rows[0]["state"], rows[0]["detail"]) if rows else (ran.code, "", "")


def tried(project: Project) -> str:
    """The state of the one call, as a dispatch would find it."""
    ran = project.run("dispatch", "--dry-run", "--format", "json")
    return str(ran.json["calls"][0]["state"]) if ran.json["calls"] else ""


def asked_to_dial(platform: SecondPlatform) -> int:
    return sum(request.path == "/v1/call" for request in platform.writes)


def test_a_due_call_is_placed_once_and_its_outcome_is_told(project: Project, platform: SecondPlatform) -> None:
    arm(project, call(at=ahead(seconds=1.2)))
    first = project.run("dispatch", "--lookahead", "20s")
    assert first.code == 0, first.said
    second = project.run("dispatch")
    assert second.code == 0, second.said
    (placed,) = platform.dialled
    assert (placed["from_number"], placed["to_number"]) == (VOIP, CALLEE)
    assert placed["variables"] == {"patient": "Jane"}
    assert asked_to_dial(platform) == 1
    (row,) = project.run("calls", "--format", "json").json["calls"]
    assert (row["state"], row["call_id"]) == ("placed", placed["call_id"])
    platform.end_calls()
    (row,) = project.run("calls", "--format", "json").json["calls"]
    assert (row["state"], row["end_reason"], row["duration_seconds"]) == ("completed", "agent_end", 37)
    assert row["recording"] == f"https://media.example/{placed['call_id']}.wav"


def test_a_placed_call_is_history_and_no_edit_rings_again(due: Project, platform: SecondPlatform) -> None:
    assert due.run("dispatch").code == 0
    due.write("manifests/call.yaml", "")
    due.write("manifests/moved/later.yaml", call(at=ahead(seconds=-1), more="  max_hold_seconds: 60\n"))
    planned = due.run("plan", "--detailed-exitcode", "--full")
    assert planned.code == 0, planned.said
    assert "already placed on" in planned.out
    assert due.run("apply", "--yes").code == 0
    assert due.run("dispatch").code == 0
    assert asked_to_dial(platform) == 1


def test_a_call_past_its_window_is_not_placed_and_shouted_about_once(
    project: Project, platform: SecondPlatform
) -> None:
    short = "  late: 3s\n"
    armed_ahead(project, lambda at: project.write("manifests/call.yaml", call(at=at, more=short)), runs=0)
    until(lambda: tried(project) == "expired", "the end of its window")
    first, second = dispatched(project), dispatched(project)
    assert first[:2] == (5, "expired")
    assert second == (0, "", "")
    assert platform.dialled == []
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_eight_dispatchers_at_once_place_one_call(due: Project, platform: SecondPlatform) -> None:
    running = [due.start("dispatch") for _ in range(8)]
    ran = ended(*running)
    assert [each.code for each in ran] == [0] * 8, [each.said for each in ran]
    assert len(platform.dialled) == 1
    assert asked_to_dial(platform) == 1


def test_a_call_that_is_not_declared_any_more_is_cancelled(due: Project, platform: SecondPlatform) -> None:
    due.write("manifests/call.yaml", BILLING.replace("true", "false"))
    platform.billing |= {"auto_reload_minimum_cents": 1000, "auto_reload_amount_cents": 5000}
    platform.billing["auto_reload_monthly_limit_cents"] = 20000
    planned = due.run("plan", "--format", "json")
    assert planned.actions == {"ScheduledCall/confirm-jane": ["cancel"]}
    (cancel,) = [change for change in planned.json["changes"] if change["action"] == "cancel"]
    assert cancel["sentence"].startswith("is not declared any more: it was to ring on ")
    assert cancel["sentence"].endswith(f", from {VOIP}, declared in manifests/call.yaml")
    assert dispatched(due)[1] == "armed"
    assert due.run("apply", "--yes").code == 0
    assert due.run("dispatch").code == 0
    assert platform.dialled == []


def test_a_call_that_was_edited_waits_for_apply(due: Project, platform: SecondPlatform) -> None:
    due.write("manifests/call.yaml", call(at=ahead(seconds=-2), to="+14155550123"))
    code, state, detail = dispatched(due)
    assert (code, state) == (4, "armed")
    assert "not what was armed" in detail
    assert platform.dialled == []


def test_a_clock_that_is_wrong_dials_nobody(due: Project, platform: SecondPlatform) -> None:
    platform.clock_skew = timedelta(minutes=3)
    ran = due.run("dispatch")
    assert ran.code == 3
    assert "clock" in ran.err
    assert platform.dialled == []


def test_one_person_is_rung_once_a_day(project: Project, platform: SecondPlatform) -> None:
    arm(project, call("one", at=ahead(seconds=-2)) + "---\n" + call("two", at=ahead(seconds=-2)))
    ran = project.run("dispatch", "--format", "json")
    assert ran.code == 4
    assert sorted(row["state"] for row in ran.json["calls"]) == ["armed", "placed"]
    assert "limit 1" in ran.out
    assert len(platform.dialled) == 1


def test_nobody_is_rung_outside_the_hours_where_they_are(due: Project, platform: SecondPlatform) -> None:
    due.write("reconciler.yaml", PROJECT.replace('start: "00:00", end: "24:00"', 'start: "00:00", end: "00:00"'))
    ran = due.run("dispatch")
    assert ran.code != 0
    assert platform.dialled == []


def test_a_run_places_no_more_than_its_limit(project: Project, platform: SecondPlatform) -> None:
    project.write("reconciler.yaml", PROJECT + "limits: {calls_per_run: 2}\n")
    calls = [call(f"call-{n}", at=ahead(seconds=-2), to=f"+1415555012{n}") for n in range(3)]
    arm(project, "---\n".join(calls))
    assert project.run("dispatch").code == 4
    assert len(platform.dialled) == 2
    assert project.run("dispatch").code == 0
    assert len(platform.dialled) == 3


REFUSALS: dict[str, tuple[int, dict[str, Any], str]] = {
    "402": (402, {"detail": "Your balance is $0.00."}, "top up"),
    "403-demo": (403, {"detail": "Demo numbers cannot place outbound calls."}, "VoIP number of your own"),
    "403-unverified": (403, {"detail": "This VoIP number is not verified."}, "verify: true"),
    "403-tcpa": (403, {"detail": "Outbound TCPA confirmation is missing."}, "an administrator confirms"),
    "404-from": (404, {"detail": "from_number is not registered."}, "not on this account"),
    "409-final": (409, {"detail": "Refused.", "code": "caller_id_blocked", "retryable": False}, "caller id"),
    "400": (400, {"to_number": ["Enter a valid number."]}, "correct the manifest"),
    "422": (422, {"detail": "Unprocessable."}, "say what to change"),
    "429-for-an-hour": (429, {"detail": "Slow down."}, "wait"),
}


@pytest.mark.parametrize("case", REFUSALS)
def test_a_refusal_rings_nobody_says_the_way_out_and_may_be_tried_again(
    due: Project, platform: SecondPlatform, case: str
) -> None:
    status, body, way_out = REFUSALS[case]
    platform.faults.append(Fault("POST", "/v1/call", status=status, body=body, headers={"Retry-After": "3600"}))
    code, state, detail = dispatched(due)
    assert (code, state) == (4, "refused"), detail
    assert way_out in detail
    assert body.get("detail", "Enter a valid number.") in detail
    assert platform.dialled == []
    assert dispatched(due)[:2] == (0, "placed")
    assert len(platform.dialled) == 1


def test_a_refused_key_stops_the_run(due: Project, platform: SecondPlatform) -> None:
    platform.faults.append(Fault("POST", "/v1/call", status=401, body={"detail": "Invalid API key."}))
    ran = due.run("dispatch")
    assert ran.code == 1
    assert "THUNDERPHONE_API_KEY" in ran.err
    assert dispatched(due)[:2] == (0, "placed")
    assert len(platform.dialled) == 1


PLACED_IN_ONE_RUN = {
    "502-before": Fault("POST", "/v1/call", status=502),
    "502-after": Fault("POST", "/v1/call", status=502, acts=True),
    "500-after": Fault("POST", "/v1/call", status=500, acts=True),
    "502-as-html": Fault("POST", "/v1/call", status=502, body="<html>Bad gateway</html>"),
    "cut-before": Fault("POST", "/v1/call", how="cut"),
    "cut-after": Fault("POST", "/v1/call", how="cut", acts=True),
    "202": Fault("POST", "/v1/call", acts=True, status=202, body={"call_id": 7001, "status": "unknown"}),
    "202-without-an-id": Fault("POST", "/v1/call", acts=True, status=202, body={"status": "pending"}),
    "201-as-html": Fault("POST", "/v1/call", acts=True, status=201, body="<html>Fine</html>"),
    "201-empty": Fault("POST", "/v1/call", acts=True, status=201, body=""),
    "302-after": Fault("POST", "/v1/call", acts=True, status=302, body="", headers={"Location": "/v1/elsewhere"}),
    "429-soon": Fault("POST", "/v1/call", status=429, body={}, headers={"Retry-After": "1"}),
    "409-transient": Fault("POST", "/v1/call", status=409, body={"detail": "Busy.", "retryable": True}),
}


@pytest.mark.parametrize("case", PLACED_IN_ONE_RUN)
def test_trouble_on_the_way_still_ends_in_exactly_one_call(due: Project, platform: SecondPlatform, case: str) -> None:
    fault = PLACED_IN_ONE_RUN[case]
    platform.faults.append(Fault(**vars(fault)))
    assert dispatched(due)[:2] == (0, "placed")
    assert len(platform.dialled) == 1
    assert due.run("dispatch").code == 0
    assert len(platform.dialled) == 1
    assert len({request.body["idempotency_key"] for request in platform.writes}) == 1


@pytest.mark.parametrize("acts", [False, True], ids=["nothing-rang", "it-rang"])
@pytest.mark.parametrize("how", ["answer", "cut"])
def test_a_call_nobody_can_settle_is_unknown_until_it_can(
    just_due: Project, platform: SecondPlatform, how: str, *, acts: bool
) -> None:
    platform.faults += [
        Fault("POST", "/v1/call", how=how, acts=acts),
        Fault("POST", "/v1/call", how=how),
        Fault("GET", "/v1/calls", status=503, times=8),
    ]
    code, state, _ = dispatched(just_due)
    assert (code, state) == (5, "unknown")
    assert len(platform.dialled) == int(acts)
    assert just_due.run("plan", "--detailed-exitcode").code == 0
    platform.faults.clear()
    assert dispatched(just_due)[:2] == (0, "placed")
    assert len(platform.dialled) == 1


def test_an_unknown_call_is_not_asked_for_again_with_another_callee(
    just_due: Project, platform: SecondPlatform
) -> None:
    platform.faults += [Fault("POST", "/v1/call", how="cut", acts=True), Fault("GET", "/v1/calls", status=503, times=8)]
    assert dispatched(just_due)[:2] == (5, "unknown")
    platform.faults.clear()
    just_due.write("manifests/call.yaml", call(at=ahead(seconds=-2), to="+14155550123"))
    just_due.run("apply", "--yes")
    just_due.run("dispatch")
    assert [placed["to_number"] for placed in platform.dialled] == [CALLEE]
    assert {request.body["to_number"] for request in platform.writes if request.path == "/v1/call"} == {CALLEE}


def test_an_unknown_call_is_not_asked_for_again_outside_calling_hours(
    just_due: Project, platform: SecondPlatform
) -> None:
    platform.faults += [Fault("POST", "/v1/call", how="cut"), Fault("GET", "/v1/calls", status=503, times=8)]
    assert dispatched(just_due)[:2] == (5, "unknown")
    platform.faults.clear()
    start, end = other_minute(datetime.now(ZoneInfo("America/Los_Angeles")))
    just_due.write("reconciler.yaml", f'organization: 42\ncalling_hours: {{start: "{start}", end: "{end}"}}\n')
    asked = asked_to_dial(platform)
    assert dispatched(just_due)[:2] == (5, "unknown")
    assert asked_to_dial(platform) == asked


def test_an_answer_that_hangs_past_the_timeout_is_settled(
    due: Project, platform: SecondPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    connect = reconciler.api.connect
    monkeypatch.setattr(reconciler.api, "connect", lambda **given: connect(**given | {"timeout": 3.0}))
    for name, value in due.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(due.root)
    platform.faults.append(Fault("POST", "/v1/call", how="hang", acts=True))
    assert main(["dispatch"]) == 0, capsys.readouterr()
    assert len(platform.dialled) == 1


# What can be known in advance is said in advance.


def planned(project: Project, text: str) -> tuple[int, set[tuple[str, str]]]:
    project.write("manifests/call.yaml", text)
    ran = project.run("plan", "--format", "json")
    told = {(finding["severity"], finding["code"]) for finding in ran.json["findings"]}
    return ran.code, {(severity, code) for severity, code in told if severity != "note"}


@pytest.mark.parametrize(
    ("number", "code"),
    [(DEMO, "RC202"), (UNPROVEN, "RC203"), ("+15551239999", "RC201")],
    ids=["demo", "unverified", "not-on-the-account"],
)
def test_a_number_that_cannot_dial_is_an_error_of_the_plan(project: Project, number: str, code: str) -> None:
    text = call(at=ahead(hours=1)).replace(VOIP, number)
    assert planned(project, text) == (1, {("error", code)})
    assert project.run("apply", "--yes").code == 4
    assert project.run("calls", "--format", "json").json["calls"][0]["state"] == "declared"


def test_an_unproven_number_that_will_be_proven_is_none(project: Project) -> None:
    number = f'apiVersion: reconciler/v1\nkind: PhoneNumber\nmetadata: {{name: x}}\nspec: {{number: "{UNPROVEN}", '
    project.write("manifests/number.yaml", number + "verify: true}\n")
    assert planned(project, call(at=ahead(hours=1)).replace(VOIP, UNPROVEN)) == (0, set())


def test_an_empty_balance_and_a_missing_confirmation_are_warnings(project: Project, platform: SecondPlatform) -> None:
    platform.billing["balance_cents"] = 0
    platform.confirmation = None
    found = planned(project, call(at=ahead(hours=1)))
    assert found == (0, {("warning", "RC210"), ("warning", "RC211")})


def test_a_time_that_passed_unarmed_is_an_error_of_the_plan_and_a_warning_of_validate(project: Project) -> None:
    project.write("manifests/call.yaml", call(at="2026-01-02T09:00:00Z"))
    validated, ran = project.run("validate"), project.run("plan")
    assert (validated.code, ran.code) == (0, 1)
    assert "manifests/call.yaml:9:" in validated.out
    assert "manifests/call.yaml:9:" in ran.said
    assert project.run("apply", "--yes").code == 4


def test_an_empty_balance_holds_a_due_call_back(due: Project, platform: SecondPlatform) -> None:
    platform.billing["balance_cents"] = 0
    code, state, detail = dispatched(due)
    assert (code, state) == (4, "armed")
    assert "balance" in detail
    assert asked_to_dial(platform) == 0
    platform.billing["balance_cents"] = 500
    assert dispatched(due)[:2] == (0, "placed")


def test_a_call_names_a_saved_agent_by_its_number(project: Project, platform: SecondPlatform) -> None:
    project.write("manifests/agent.yaml", AGENT)
    project.write("manifests/prompts/front-desk.md", "Hello {{patient}}.\n")
    text = call(at=ahead(seconds=-1))
    line = next(line for line in text.splitlines() if "config:" in line)
    arm(project, text.replace(line, "  agent: front-desk"))
    assert project.run("dispatch").code == 0
    (request,) = [request for request in platform.writes if request.path == "/v1/call"]
    assert request.body["agent_id"] == next(iter(platform.agents))
    assert sorted(request.body) == ["agent_id", "from_number", "idempotency_key", "to_number", "variables"]
