"""A plan foresees the campaigns that dispatch will start: whom, when, between which hours, for how much at most."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from campaigns.project import BEFORE, START, Campaigns, campaigns, people

if TYPE_CHECKING:
    from collections.abc import Iterator

SPEC: dict[str, Any] = {
    "start": "2026-12-07T09:00",
    "daily_window_start": "09:00",
    "daily_window_end": "17:00",
    "max_attempts": 2,
    "max_concurrent_calls": 1,
}
EXPECTED = {
    "address": "Campaign/recall",
    "at": "2026-12-07T14:00:00+00:00",
    "closes": "2026-12-07T15:00:00+00:00",
    "zone": "America/New_York",
    "daily_window": ["09:00", "17:00"],
    "ends": None,
    "agent": "recall",
    "people": 3,
    "tries": 2,
    "cents_at_most": 24,
}


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns() as made:
        made.declare(*people(3), **SPEC)
        yield made


def foreseen(project: Campaigns, now: str = BEFORE) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(project.run("plan", "--format", "json", now=now).out)["forecast"][
        "campaigns"
    ]
    return found


def test_a_campaign_is_foreseen_before_it_is_applied_and_until_it_is_started(project: Campaigns) -> None:
    assert foreseen(project) == [EXPECTED]
    project.applied()
    assert foreseen(project) == [EXPECTED]
    project.run("dispatch", now=START)
    assert foreseen(project, "2026-12-07T14:01:00Z") == []


def test_a_campaign_without_a_start_or_whose_start_was_missed_is_not_foreseen(project: Campaigns) -> None:
    project.declare(*people(3), **{**SPEC, "start": None})
    assert foreseen(project) == []
    project.declare(*people(3), **SPEC)
    assert foreseen(project, "2026-12-07T15:00:00Z") == []


def test_who_was_left_out_of_the_load_is_not_among_the_people() -> None:
    with campaigns('calling_hours: {start: "00:00", end: "24:00"}\ndo_not_call: {file: dnc.txt}\n') as made:
        (made.folder.root / "dnc.txt").write_text(f"{people(3)[1]}\n")
        made.declare(*people(3), **SPEC)
        before = made.run("plan")
        assert "RC617" in before.text
        assert "line 3" in before.text
        assert "loads 2 contacts, without 1 who must not be called" in " ".join(before.text.split())
        assert "rings 2 people" in before.text
        assert "rings 3 people" not in before.text
        assert (foreseen(made)[0]["people"], foreseen(made)[0]["cents_at_most"]) == (2, 16)
        made.applied()
        assert (foreseen(made)[0]["people"], foreseen(made)[0]["cents_at_most"]) == (2, 16)


def test_what_an_error_stops_of_a_campaign_is_refused_once(project: Campaigns) -> None:
    (project.folder.root / "reconciler.yaml").write_text('calling_hours: {start: "10:00", end: "12:00"}\n')
    said = project.run("plan")
    assert "apply would leave out Campaign/recall, and do the rest" in " ".join(said.text.split()), said.text
    assert json.loads(project.run("plan", "--format", "json").out)["summary"]["refuse"] == 1
    (project.folder.root / "reconciler.yaml").write_text('calling_hours: {start: "00:00", end: "24:00"}\n')
    project.run("apply", "--yes", now=BEFORE)
    project.declare(*people(3), **{**SPEC, "start": "2026-12-08T09:00"})
    (project.folder.root / "reconciler.yaml").write_text('calling_hours: {start: "10:00", end: "12:00"}\n')
    assert json.loads(project.run("plan", "--format", "json").out)["summary"]["refuse"] == 1
