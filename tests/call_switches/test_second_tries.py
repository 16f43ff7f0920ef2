"""Judge that a second try that is to come can be cancelled and changed like a first."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.platform import Fault
from acceptance.projects import BILLING, ahead, call

from call_switches.states import armed, waiting_for_another_try

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

RECURRING = '  schedule: {cron: "0 9 * * *", timezone: UTC}\n'


def recurring() -> str:
    single = call(at="AT", more=RECURRING)
    return single.replace("  at: AT\n", "")


def undeclared(project: Project) -> None:
    """Without the call, and not without anything: that would look like a wrong folder."""
    project.write("manifests/billing.yaml", BILLING)
    assert project.run("apply", "--yes").code == 0
    project.write("manifests/call.yaml", "")


def test_a_second_try_that_is_to_come_is_as_declared_and_said_so(project: Project, platform: SecondPlatform) -> None:
    waiting_for_another_try(project, platform)
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_without_its_document_the_second_try_is_cancelled_once(project: Project, platform: SecondPlatform) -> None:
    text = waiting_for_another_try(project, platform)
    undeclared(project)
    assert project.run("plan", "--format", "json").actions == {"ScheduledCall/confirm-jane": ["cancel"]}
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert project.run("dispatch").code == 0
    project.write("manifests/call.yaml", text)
    planned = project.run("plan", "--detailed-exitcode", "--full")
    assert planned.code == 0, planned.said
    assert "its next try was cancelled" in planned.words
    assert len(platform.dialled) == 1


def test_a_second_try_is_cancelled_by_hand(project: Project, platform: SecondPlatform) -> None:
    waiting_for_another_try(project, platform)
    ran = project.run("calls", "cancel", "confirm-jane")
    assert ran.code == 0, ran.said
    rows = project.run("calls", "--format", "json").json["calls"]
    assert [(row["attempt"], row["state"]) for row in rows] == [(1, "completed"), (2, "cancelled")]
    assert project.run("plan", "--detailed-exitcode").code == 0
    again = project.run("calls", "cancel", "confirm-jane")
    assert again.code == 1
    assert "`confirm-jane` is cancelled already" in again.words


def test_a_second_try_is_given_up_by_an_edit(project: Project, platform: SecondPlatform) -> None:
    text = waiting_for_another_try(project, platform)
    project.write("manifests/call.yaml", text.replace("max: 2", "max: 1"))
    planned = project.run("plan", "--format", "json")
    assert planned.actions == {"ScheduledCall/confirm-jane": ["reschedule"]}
    assert "its next try is to come" in planned.out
    assert project.run("apply", "--yes").code == 0
    assert "already placed on" in project.run("plan", "--full").words
    assert project.run("calls", "cancel", "confirm-jane").code == 1


def test_a_refused_call_without_its_document_is_cancelled_once(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    platform.faults.append(Fault("POST", "/v1/call", status=402))
    assert project.run("dispatch").code == 4
    undeclared(project)
    assert project.run("apply", "--yes").code == 0
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("single_first", [True, False], ids=["single-first", "recurring-first"])
def test_the_name_of_a_call_is_not_taken_by_one_of_another_nature(project: Project, *, single_first: bool) -> None:
    before, after = call(at=ahead(hours=1)), recurring()
    if not single_first:
        before, after = after, before
    armed(project, before)
    project.write("manifests/call.yaml", after)
    planned = project.run("plan")
    assert planned.code == 1
    assert "RC221" in planned.said
    assert "give the new call a new name" in planned.words


def test_a_placed_call_does_not_become_a_recurring_one(project: Project, platform: SecondPlatform) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    assert project.run("dispatch").code == 0
    project.write("manifests/call.yaml", recurring())
    assert "RC221" in project.run("plan").said
    assert len(platform.dialled) == 1


def test_a_recurring_call_that_was_cancelled_is_armed_anew(project: Project) -> None:
    armed(project, recurring())
    undeclared(project)
    assert project.run("apply", "--yes").code == 0
    project.write("manifests/call.yaml", recurring())
    assert project.run("plan", "--format", "json").actions == {"ScheduledCall/confirm-jane": ["arm"]}


def test_an_unchanged_document_of_a_call_cancelled_by_hand_is_to_be_removed_before_it_is_renamed(
    project: Project,
) -> None:
    text = call(at=ahead(hours=2))
    armed(project, text)
    assert project.run("calls", "cancel", "confirm-jane").code == 0
    ran = project.run("plan")
    assert (ran.code, "RC222" in ran.said) == (1, True)
    assert "hint: remove the document, or write `cancelled: {why: …}` in it; only to call after all: give" in ran.words
    project.write("manifests/call.yaml", f"{text.rstrip()}\n  cancelled: {{why: she asked us not to}}\n")
    assert project.run("plan").code == 0
    undeclared(project)
    assert project.run("plan").code == 0
    project.write("manifests/call.yaml", call(at=ahead(hours=3)))
    moved = project.run("plan")
    assert (moved.code, "hint: give the new call a new name" in moved.words) == (1, True)


def test_a_release_of_one_call_under_a_hold_over_all_says_that_all_are_still_held(project: Project) -> None:
    armed(project, call(at=ahead(hours=2)))
    for switch in (("hold", "confirm-jane"), ("hold", "--all")):
        assert project.run("calls", *switch).code == 0
    ran = project.run("calls", "release", "confirm-jane")
    assert (ran.code, "every call is still held: reconciler calls release --all" in ran.words) == (0, True)
    elsewhere = project.run("calls", "release", "confirm-jane", "--state", "sqlite:.reconciler/state.db")
    assert "still held: reconciler calls release --all --state sqlite:.reconciler/state.db" in elsewhere.words
    both = project.run("calls", "hold", "--all", "confirm-jane")
    assert (both.code, "a name and --all exclude each other" in both.said) == (1, True)
