"""Judge the switches of a call: they work while somebody dials, and keep no secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from acceptance.projects import CALLEE, CALLEE_DIGITS, ahead, armed_ahead, call, until_after
from waiting import PATIENCE

from call_switches.states import TRIES, another_dispatch, armed, state
from reconciler.state.call_records import Hold

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

SWITCHES = {
    "hold-all": ("hold", "--all"),
    "hold": ("hold", "confirm-jane"),
    "release-all": ("release", "--all"),
    "release": ("release", "confirm-jane"),
    "cancel": ("cancel", "confirm-jane"),
}


@pytest.mark.parametrize("switch", SWITCHES)
def test_a_switch_does_not_wait_for_a_dispatch_that_is_dialling(project: Project, switch: str) -> None:
    armed(project, call(at=ahead(hours=1)))
    with another_dispatch(project):
        ran = project.run("calls", *SWITCHES[switch])
    assert ran.code == 0, ran.said
    assert "another run" not in ran.said


def test_what_is_held_while_a_dispatch_waits_for_its_time_does_not_ring(
    project: Project, platform: SecondPlatform
) -> None:
    at = armed_ahead(project, lambda at: project.write("manifests/call.yaml", call(at=at)))
    dispatching = project.start("dispatch", *until_after(at))
    ran = project.run("calls", "hold", "--all", "--why", "the office burns")
    out, err = dispatching.communicate(timeout=PATIENCE)
    assert ran.code == 0, ran.said
    assert "the office burns" in out + err
    assert platform.dialled == []


def test_what_another_run_wrote_first_is_read_again_and_held_all_the_same(project: Project) -> None:
    from reconciler.cli.calls import _written  # noqa: PLC0415 - the rule itself, with a rival in between

    armed(project, call(at=ahead(hours=1)))
    with state(project) as ledger, state(project) as rival:
        ledger.held_all()
        rival.hold_all(Hold("the rival's reason"))
        _written(ledger, lambda: ledger.hold_all(Hold("ours")))
        rival.refresh()
        assert rival.held_all().why == "ours"


@pytest.mark.parametrize(
    "number",
    [CALLEE, CALLEE_DIGITS, "(415) 555-0142", "415-555-0142", "+1 415 555 0142", "sk_live_0123456789abcdefghij"],
)
def test_the_reason_of_a_hold_keeps_no_number_and_no_key(project: Project, number: str) -> None:
    armed(project, call(at=ahead(hours=1)))
    why = f"on 2026-12-01 {number} asked us not to"
    for which in ("confirm-jane", "--all"):
        ran = project.run("calls", "hold", which, "--why", why)
        assert ran.code == 0, ran.said
        assert number not in ran.said
    assert number.encode() not in project.state()
    with state(project) as ledger:
        assert ledger.held_all().why.startswith("on 2026-12-01 ")
        assert ledger.held_all().why.endswith(" asked us not to")


@pytest.mark.parametrize("which", ["--all", "confirm-jane"])
def test_a_release_of_what_nobody_held_says_so(project: Project, which: str) -> None:
    armed(project, call(at=ahead(hours=1)))
    ran = project.run("calls", "release", which)
    assert (ran.code, "released (nothing was held); 1 call in" in ran.words) == (0, True)
    assert project.run("calls", "hold", which).code == 0
    ran = project.run("calls", "release", which)
    assert (ran.code, "released; 1 call in" in ran.words) == (0, True)


@pytest.mark.parametrize("verb", ["hold", "release", "cancel"])
def test_a_call_that_is_over_has_no_switches_and_says_how_it_stands(
    project: Project, platform: SecondPlatform, verb: str
) -> None:
    armed(project, call(at=ahead(seconds=-2)))
    assert project.run("dispatch").code == 0
    ran = project.run("calls", verb, "confirm-jane")
    assert ran.code == 1
    assert "`confirm-jane` is placed" in ran.words
    assert "`reconciler calls` shows it" in ran.words
    assert len(platform.dialled) == 1


def test_a_placed_call_that_may_be_tried_again_can_be_held(project: Project) -> None:
    armed(project, call(at=ahead(seconds=-2), more=TRIES))
    assert project.run("dispatch").code == 0
    assert project.run("calls", "hold", "confirm-jane").code == 0
