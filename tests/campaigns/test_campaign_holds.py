"""Campaigns that are paused, held, or named as a call, and what is told of who must not be called."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from campaigns.project import BEFORE, START, Campaigns, campaigns, people

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC: dict[str, Any] = {"start": "2026-12-07T09:00", "max_attempts": 2, "max_concurrent_calls": 1}


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns(
        'calling_hours: {start: "00:00", end: "24:00"}\ndo_not_call: {file: dnc.txt}\n'
    ) as made:  # fmt: skip - one line of settings
        (made.folder.root / "dnc.txt").write_text("")
        made.declare(*people(3), **SPEC)
        made.applied()
        yield made


def planned(project: Campaigns, now: str = BEFORE) -> Any:
    return json.loads(project.run("plan", "--format", "json", now=now).out)


def told(plan: Any, code: str) -> list[tuple[str, str]]:
    return [(it["message"], it["hint"]) for it in plan["findings"] if it["code"] == code]


def test_a_paused_campaign_is_told_of_and_not_counted(project: Campaigns) -> None:
    project.run("campaigns", "pause", "recall", "--why", "wrong text")
    plan = planned(project)
    assert plan["forecast"]["campaigns"] == []
    assert plan["forecast"]["skipped"] == [
        {
            "address": "Campaign/recall",
            "at": "2026-12-07T14:00:00+00:00",
            "zone": "America/New_York",
            "reason": "paused: wrong text",
        }
    ]
    [(message, hint)] = told(plan, "RC603")
    assert message == "paused: wrong text; it is not started until it is resumed"
    assert hint.startswith("reconciler campaigns resume recall")
    project.run("campaigns", "resume", "recall")
    assert told(planned(project), "RC603") == []
    assert len(planned(project)["forecast"]["campaigns"]) == 1


def test_under_a_hold_over_all_calls_no_campaign_is_counted(project: Campaigns) -> None:
    project.run("calls", "hold", "--all", "--why", "flooded")
    found = planned(project)["forecast"]
    assert (found["campaigns"], [it["reason"] for it in found["skipped"]]) == ([], ["every call is held: flooded"])
    assert "No calls to come" in project.run("plan").out


def test_a_hold_that_ends_before_the_window_closes_leaves_the_campaign_counted(project: Campaigns) -> None:
    project.run("calls", "hold", "--all", "--until", "2026-12-07T14:30:00Z")
    assert len(planned(project)["forecast"]["campaigns"]) == 1
    project.run("calls", "hold", "--all", "--until", "2026-12-07T15:00:00Z")
    assert planned(project)["forecast"]["campaigns"] == []


@pytest.mark.parametrize(
    ("words", "way_out"),
    [
        (("hold", "recall"), "reconciler campaigns pause recall"),
        (("hold", "Campaign/recall"), "reconciler campaigns pause recall"),
        (("release", "recall"), "reconciler campaigns resume recall"),
        (("cancel", "recall"), "reconciler campaigns cancel recall"),
        (("show", "recall"), "reconciler campaigns recall"),
        (("report", "recall"), "reconciler campaigns recall"),
    ],
)
def test_a_campaign_that_is_named_as_a_call_is_named_with_its_own_command(
    project: Campaigns, words: tuple[str, ...], way_out: str
) -> None:
    before = project.run("state", "show", "--format", "json").out
    said = project.run("calls", *words)
    assert said.code == 1
    assert "`recall` is a campaign, and no call" in " ".join(said.err.split())
    assert way_out in " ".join(said.err.split())
    assert project.run("state", "show", "--format", "json").out == before


def test_who_is_on_the_list_is_told_while_somebody_may_be_called_and_not_of_a_campaign_that_is_over(
    project: Campaigns,
) -> None:
    (project.folder.root / "dnc.txt").write_text(f"{people(3)[1]}\n")
    [(message, hint)] = told(planned(project), "RC617")
    assert message == "1 contact must not be called, and were loaded before that was known: line 3"
    assert hint.startswith("the campaign is not started")
    (project.folder.root / "dnc.txt").write_text("")
    project.run("dispatch", now=START)
    (project.folder.root / "dnc.txt").write_text(f"{people(3)[1]}\n")
    [(_, hint)] = told(planned(project, "2026-12-07T14:00:30Z"), "RC617")
    assert hint.startswith("the platform calls them: reconciler campaigns pause recall")
    project.run("campaigns", "cancel", "recall", "--yes", now="2026-12-07T14:00:40Z")
    assert told(planned(project, "2026-12-07T14:01:00Z"), "RC617") == []


def test_who_was_left_out_of_the_load_is_told_before_it_and_not_again(project: Campaigns) -> None:
    (project.folder.root / "dnc.txt").write_text(f"{people(3)[1]}\n")
    project.declare(*people(3), **SPEC, name="another")
    assert told(planned(project), "RC617")[0][0] == "1 contact must not be called: line 3"
    project.applied("--target", "Campaign/another")
    assert told(planned(project), "RC617") == []
