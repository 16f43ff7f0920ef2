"""Switches in the manifest, and holds that end by themselves: reviewed, visible, and safe from a lost state."""

from __future__ import annotations

import io
import json
import re
from contextlib import redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest
from laws.project import Folder, Said, document, project

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator

CALL: dict[str, Any] = {
    "from_number": "+15551230001",
    "to_number": "+14155550199",
    "config": {"prompt": "This is Acme.", "max_call_duration_seconds": 60},
    "at": "2026-12-23T11:00:00",
    "timezone": "America/Los_Angeles",
}
DAILY = {name: value for name, value in CALL.items() if name not in ("at", "timezone")} | {
    "schedule": {"cron": "0 11 * * *", "timezone": "America/Los_Angeles"}
}
BEFORE, DUE = "2026-12-20T12:00Z", "2026-12-23T11:01-08:00"
HELD = {"held": {"why": "on holiday, ring +14155550123 instead"}}
CANCELLED = {"cancelled": {"why": "moved away"}}


@pytest.fixture
def folder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Folder]:
    with project() as found:
        monkeypatch.chdir(found.root)
        yield found


def declare(folder: Folder, **spec: Any) -> None:
    folder.write({"all.yaml": document("ScheduledCall", "jane", {**CALL, **spec})})


def recur(folder: Folder, **spec: Any) -> None:
    folder.write({"all.yaml": document("ScheduledCall", "jane", {**DAILY, **spec})})


def run(folder: Folder, command: str, now: str, *options: str) -> Said:
    if command == "state":
        return spoken("state", "show", "--emulator", "--now", now, *options)
    return folder.run(command, "--emulator", "--now", now, *options, online=False)


def spoken(*words: str) -> Said:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        return Said(main([*words]), out.getvalue(), err.getvalue())


def apply(folder: Folder, now: str = BEFORE) -> None:
    assert run(folder, "apply", now, "--yes").code == 0


def changes(folder: Folder, now: str = BEFORE) -> list[tuple[str, list[str]]]:
    """The verbs of a plan, and what must not be overlooked in each; nothing where all is as declared."""
    found = json.loads(run(folder, "plan", now, "--format", "json").out)["changes"]
    return [(it["action"], it["consequences"]) for it in found if it["action"] != "keep"]


def dispatch(folder: Folder, now: str = DUE) -> tuple[int, list[tuple[str, str]]]:
    said = run(folder, "dispatch", now, "--format", "json")
    return said.code, [(it["occurrence"], it["state"]) for it in json.loads(said.out)["calls"]]


def rows(folder: Folder, now: str = BEFORE) -> list[tuple[str, str]]:
    said = run(folder, "calls", now, "--format", "json")
    return [(it["state"], it["detail"]) for it in json.loads(said.out)["calls"]]


def switch(*words: str, now: str = BEFORE) -> int:
    return main(["calls", *words, "--emulator", "--now", now])


def test_a_hold_in_the_manifest_is_a_change_that_rings_nobody_and_lifting_it_one_that_does(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    declare(folder, **HELD)
    assert changes(folder) == [("hold", [])]
    apply(folder)
    assert changes(folder) == []
    assert rows(folder) == [("held", "held: on holiday, ring +1•••••••0123 instead")]
    assert dispatch(folder) == (0, [("jane", "held")])
    declare(folder)
    assert changes(folder) == [("release", ["rings_a_person", "spends_money"])]
    apply(folder)
    assert dispatch(folder) == (0, [("jane", "placed")])


def test_the_reason_of_a_switch_tells_no_number(folder: Folder) -> None:
    declare(folder, **HELD)
    said = [run(folder, "plan", BEFORE).text, run(folder, "plan", BEFORE, "--format", "json").text]
    apply(folder)
    said += [run(folder, "calls", BEFORE).text, (folder.root / ".reconciler" / "state.db").read_bytes().decode("latin")]
    assert [text for text in said if "4155550123" in text] == []


def test_a_hold_that_is_declared_and_not_applied_yet_stops_the_call_all_the_same(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    declare(folder, **HELD)
    assert dispatch(folder) == (0, [("jane", "held")])


def test_a_hold_taken_out_and_not_applied_yet_still_holds(folder: Folder) -> None:
    declare(folder, **HELD)
    apply(folder)
    declare(folder)
    assert dispatch(folder) == (0, [("jane", "held")])


@pytest.mark.parametrize(
    ("until", "state"),
    [
        ("2026-12-22", "placed"),
        ("2026-12-23", "held"),
        ("2026-12-23T11:00", "placed"),
        ("2026-12-23T19:02:00Z", "held"),
    ],
)
def test_a_hold_ends_by_itself_by_the_clock_of_the_call(folder: Folder, until: str, state: str) -> None:
    declare(folder, held={"why": "on holiday", "until": until})
    apply(folder)
    assert dispatch(folder) == (0, [("jane", state)])
    assert changes(folder, "2026-12-23T18:30Z") == []


def test_what_expires_under_a_declared_hold_is_no_alarm_and_a_lapsed_hold_explains_nothing(folder: Folder) -> None:
    recur(folder, held={"why": "on holiday", "until": "2026-12-21"})
    apply(folder)
    assert dispatch(folder, "2026-12-20T12:00-08:00") == (0, [("jane@2026-12-20T11:00", "expired")])
    assert dispatch(folder, "2026-12-22T12:00-08:00")[0] == 5


def test_a_hold_that_ends_with_the_window_explains_what_was_not_placed(folder: Folder) -> None:
    declare(folder, held={"why": "on holiday", "until": "2026-12-23T11:10"})
    apply(folder)
    assert dispatch(folder, "2026-12-23T11:10-08:00") == (0, [("jane", "expired")])


def test_a_lifted_hold_explains_what_it_kept_back_before(folder: Folder) -> None:
    recur(folder, **HELD)
    apply(folder)
    recur(folder)
    apply(folder, "2026-12-20T12:00-08:00")
    assert dispatch(folder, "2026-12-20T12:05-08:00") == (0, [("jane@2026-12-20T11:00", "expired")])


def test_a_declared_hold_is_lifted_in_the_manifest_and_not_by_hand(
    folder: Folder, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(folder, **HELD)
    apply(folder)
    assert switch("release", "jane") == 1
    assert "take `held` out of manifests/all.yaml, then apply" in capsys.readouterr().err
    assert switch("hold", "jane", "--why", "by the desk") == 0
    assert rows(folder)[0] == ("held", "held: by the desk")
    assert switch("release", "jane") == 0
    assert rows(folder)[0][0] == "held"


def test_a_cancelled_call_is_a_change_that_rings_nobody_and_counts_for_no_limit(folder: Folder) -> None:
    (folder.root / "reconciler.yaml").write_text("limits: {cancellations: 0}\n")
    declare(folder)
    apply(folder)
    declare(folder, **CANCELLED)
    assert changes(folder) == [("cancel", [])]
    assert dispatch(folder) == (4, [("jane", "armed")])
    apply(folder)
    assert changes(folder) == []
    assert rows(folder) == [("cancelled", "cancelled in its manifest: moved away")]
    assert dispatch(folder) == (0, [])
    assert dispatch(folder, "2026-12-24T12:00Z") == (0, [])


def test_a_call_that_is_cancelled_from_the_start_is_never_armed_and_no_error_when_its_time_has_passed(
    folder: Folder,
) -> None:
    declare(folder, **CANCELLED)
    assert changes(folder) == []
    assert run(folder, "plan", "2026-12-24T12:00Z").code == 0
    apply(folder)
    assert rows(folder) == [("cancelled", "cancelled in its manifest: moved away")]
    assert dispatch(folder) == (0, [])


def test_a_cancelled_call_that_is_still_to_come_is_armed_again_when_the_word_is_taken_out(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    declare(folder, **CANCELLED)
    apply(folder)
    declare(folder)
    assert changes(folder) == [("arm", ["rings_a_person", "spends_money"])]
    apply(folder)
    assert dispatch(folder) == (0, [("jane", "placed")])
    declare(folder, **CANCELLED)
    assert changes(folder, "2026-12-23T20:00Z") == []


def test_a_cancelled_call_whose_time_has_passed_is_not_armed_again(folder: Folder) -> None:
    declare(folder, **CANCELLED)
    apply(folder)
    declare(folder)
    said = run(folder, "plan", "2026-12-24T12:00Z", "--format", "json")
    assert said.code == 1
    assert [it["code"] for it in json.loads(said.out)["findings"] if it["severity"] == "error"] == ["RC220"]


def test_a_second_try_is_called_off_and_called_on_again_by_the_manifest(folder: Folder) -> None:
    tried = {"to_number": "+14155550198", "attempts": {"max": 2, "gap": "4h"}}  # nobody answers there
    declare(folder, **tried)
    apply(folder)
    assert dispatch(folder) == (0, [("jane", "placed")])
    assert dispatch(folder, "2026-12-23T11:30-08:00")[0] == 0
    declare(folder, **tried, **CANCELLED)
    assert changes(folder, "2026-12-23T12:00-08:00") == [("cancel", [])]
    apply(folder, "2026-12-23T12:00-08:00")
    assert dispatch(folder, "2026-12-23T15:05-08:00") == (0, [])
    declare(folder, **tried)
    assert [verb for verb, _ in changes(folder, "2026-12-23T15:05-08:00")] == ["release"]
    (folder.root / "reconciler.yaml").write_text("limits: {calls_per_callee_per_day: 2}\n")
    apply(folder, "2026-12-23T15:05-08:00")
    assert dispatch(folder, "2026-12-23T15:06-08:00") == (0, [("jane", "placed")])


def test_what_recurs_is_called_off_and_on_without_making_up_for_what_was_between(folder: Folder) -> None:
    recur(folder)
    apply(folder)
    recur(folder, **CANCELLED)
    apply(folder, "2026-12-20T12:00-08:00")
    assert dispatch(folder, "2026-12-21T11:00-08:00") == (0, [])
    recur(folder)
    apply(folder, "2026-12-22T12:00-08:00")
    assert dispatch(folder, DUE) == (0, [("jane@2026-12-23T11:00", "placed")])


@pytest.mark.parametrize(("words", "state"), [(HELD, [("jane", "held")]), (CANCELLED, [])])
def test_a_switch_in_the_manifest_survives_a_lost_state(
    folder: Folder, words: dict[str, Any], state: list[tuple[str, str]]
) -> None:
    declare(folder, **words)
    apply(folder)
    (folder.root / ".reconciler" / "state.db").unlink()
    apply(folder)
    assert dispatch(folder) == (0, state)


def test_a_call_cancelled_by_hand_is_not_armed_again_by_a_word_that_goes(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    assert switch("cancel", "jane") == 0
    declare(folder, **CANCELLED)
    assert changes(folder) == []
    declare(folder)
    run(folder, "apply", BEFORE, "--yes")
    assert dispatch(folder) == (0, [])


def test_a_whole_list_is_held_and_cancelled_by_its_manifest(folder: Folder) -> None:
    spec = {
        **{name: CALL[name] for name in ("from_number", "config", "at", "timezone")},
        "rows": {"file": "people.csv"},
        "key": "id",
        "to_number": {"column": "phone"},
    }
    table = "id,phone\n1,+14155550101\n2,+14155550102\n"

    def declared(**more: Any) -> None:
        folder.write({"all.yaml": document("CallList", "week", {**spec, **more}), "people.csv": table})

    declared()
    apply(folder)
    declared(**HELD)
    assert changes(folder) == [("hold", [])] * 2
    apply(folder)
    assert dispatch(folder) == (0, [("week/1", "held"), ("week/2", "held")])
    declared(**CANCELLED)
    assert changes(folder) == [("cancel", [])] * 2
    apply(folder)
    assert dispatch(folder) == (0, [])
    declared()
    assert [verb for verb, _ in changes(folder)] == ["arm"] * 2


def test_many_calls_that_a_line_holds_are_told_as_one_group(folder: Folder, capsys: pytest.CaptureFixture[str]) -> None:
    spec = {
        **{name: CALL[name] for name in ("from_number", "config", "at", "timezone")},
        "rows": {"file": "people.csv"},
        "key": "id",
        "to_number": {"column": "phone"},
    }
    rows = "".join(f"{place},+1415555{place:04}\n" for place in range(100, 130))
    files = {"people.csv": f"id,phone\n{rows}"}
    folder.write({"all.yaml": document("CallList", "week", spec), **files})
    apply(folder)
    folder.write({"all.yaml": document("CallList", "week", {**spec, **HELD}), **files})
    told = run(folder, "plan", BEFORE).out
    when = "Wed 23 Dec 11:00 Los Angeles"
    assert re.search(rf"~ 30 calls to hold: held[^\n]*\n    {when}  week/100\n    {when}  week/101\n", told), told
    apply(folder)
    assert switch("release", "week") == 1
    assert "`week` is held by its manifest" in capsys.readouterr().err
    folder.write({"all.yaml": document("CallList", "week", spec), **files})
    assert "! 30 calls to release" in run(folder, "plan", BEFORE).out


@pytest.mark.parametrize(
    ("words", "line"),
    [
        ({"held": {"until": "2026-12-24"}}, "why"),
        ({"held": {"why": ""}}, "why"),
        ({"held": {"why": "x", "until": "tomorrow"}}, "until"),
        ({"held": "on holiday"}, "held"),
        ({"cancelled": True}, "cancelled"),
        ({"cancelled": {"why": "x", "until": "2026-12-24"}}, "until"),
    ],
)
def test_a_switch_that_is_not_as_it_should_be_is_an_error(folder: Folder, words: dict[str, Any], line: str) -> None:
    declare(folder, **words)
    said = folder.run("validate", online=False)
    assert (said.code, line in said.text) == (1, True)


@pytest.mark.parametrize(
    ("until", "state"),
    [
        ("2026-12-22", "placed"),
        ("2026-12-23", "held"),
        ("2026-12-23T11:00:30", "placed"),
        ("2026-12-23T19:02Z", "held"),
    ],
)
@pytest.mark.parametrize("whom", ["jane", "--all"])
def test_a_hold_by_hand_ends_by_itself(
    folder: Folder, whom: str, until: str, state: str, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(folder)
    apply(folder)
    capsys.readouterr()
    assert switch("hold", whom, "--why", "flooded", "--until", until) == 0
    assert "held until " in capsys.readouterr().err
    assert [found for found, _ in rows(folder)] == ["held"]
    assert dispatch(folder) == (0, [("jane", state)])


@pytest.mark.parametrize("whom", ["jane", "--all"])
def test_the_end_of_a_hold_is_shown_wherever_the_hold_is(folder: Folder, whom: str) -> None:
    declare(folder)
    apply(folder)
    switch("hold", whom, "--why", "flooded", "--until", "2026-12-24T08:00Z")
    end = "until Thu 24 Dec 2026 00:00 Los Angeles"
    shown = ["calls", "state"] if whom == "jane" else ["calls", "state", "plan", "doctor"]
    for command in shown:
        assert end in " ".join(run(folder, command, BEFORE).out.split()), command
    assert end in " ".join(run(folder, "dispatch", DUE).out.split())
    over = "2026-12-24T08:00Z"
    for command in ("calls", "state", "plan", "doctor"):
        assert "flooded" not in run(folder, command, over).out, command


def test_a_plan_says_first_which_calls_are_held(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    switch("hold", "jane", "--why", "flooded", "--until", "2026-12-22")
    said = json.loads(run(folder, "plan", BEFORE, "--format", "json").out)["findings"]
    found = [(it["severity"], it["message"]) for it in said if it["code"] == "RC603"]
    assert found == [("note", "1 call is held: `jane` held until Wed 23 Dec 2026 00:00 Los Angeles: flooded")]
    assert run(folder, "plan", BEFORE, "--detailed-exitcode").code == 0
    assert "RC603" not in run(folder, "plan", "2026-12-23T08:00Z").out


def test_a_hold_over_all_that_was_released_early_is_over_and_one_that_lapsed_can_be_set_again(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    switch("hold", "--all", "--until", "2026-12-21")
    switch("release", "--all", now="2026-12-20T13:00Z")
    assert [found for found, _ in rows(folder, "2026-12-20T14:00Z")] == ["armed"]
    switch("hold", "--all", "--until", "2026-12-21", now="2026-12-20T15:00Z")
    assert [found for found, _ in rows(folder, "2026-12-22T15:00Z")] == ["armed"]
    switch("hold", "--all", now="2026-12-22T16:00Z")
    assert dispatch(folder) == (0, [("jane", "held")])


@pytest.mark.parametrize(
    ("until", "says"), [("2026-12-01", "has passed"), ("tomorrow", "is not a date and time"), ("", "is not a date")]
)
def test_an_end_that_is_none_is_an_error_and_holds_nothing(
    folder: Folder, until: str, says: str, capsys: pytest.CaptureFixture[str]
) -> None:
    declare(folder)
    apply(folder)
    capsys.readouterr()
    assert switch("hold", "jane", "--until", until) == 1
    assert says in capsys.readouterr().err
    assert [found for found, _ in rows(folder)] == ["armed"]


def test_one_occurrence_is_held_until_an_end(folder: Folder) -> None:
    recur(folder)
    apply(folder, "2026-12-22T12:00-08:00")
    assert switch("hold", "jane@2026-12-23T11:00", "--until", "2026-12-23T11:05") == 0
    assert dispatch(folder, "2026-12-23T11:04-08:00") == (0, [("jane@2026-12-23T11:00", "held")])
    assert dispatch(folder, "2026-12-23T11:06-08:00") == (0, [("jane@2026-12-23T11:00", "placed")])


def test_a_dispatch_that_waits_places_the_call_when_the_hold_ends(folder: Folder) -> None:
    declare(folder)
    apply(folder)
    switch("hold", "jane", "--until", "2026-12-23T11:05")
    said = run(folder, "dispatch", "2026-12-23T11:00-08:00", "--lookahead", "9m", "--format", "json")
    assert [it["state"] for it in json.loads(said.out)["calls"]] == ["placed"]
