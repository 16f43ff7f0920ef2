"""A campaign is not started on a closed day, and a plan says which other days it would call on."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaigns.project import START, Campaigns, campaigns

if TYPE_CHECKING:
    from collections.abc import Iterator

WEEKEND = "Sat 12 Dec, a Saturday; Sun 13 Dec, a Sunday"
WEEK = "{start: '00:00', end: '24:00', days: [mon, tue, wed, thu, fri]%s}"


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns() as found:
        yield found


def settings(project: Campaigns, more: str = "") -> None:
    (project.folder.root / "reconciler.yaml").write_text(f"calling_hours: {WEEK % more}\n")


def findings(project: Campaigns) -> list[tuple[str, str, str]]:
    found = json.loads(project.run("plan", "--format", "json").out)["findings"]
    return [(it["severity"], it["code"], it["message"]) for it in found if it["code"] in ("RC158", "RC244")]


def test_a_plan_warns_of_closed_days_on_which_it_would_go_on_calling(project: Campaigns) -> None:
    settings(project)
    project.declare("+12125550101", start="2026-12-07T09:00", end_at="2026-12-14T00:00:00Z")
    assert findings(project) == [
        (
            "warning",
            "RC244",
            f"the platform knows no closed days, and would go on calling on {WEEKEND}",
        )
    ]


def test_a_campaign_that_ends_before_the_next_closed_day_is_not_warned_of(project: Campaigns) -> None:
    settings(project)
    project.declare("+12125550101", start="2026-12-07T09:00", end_at="2026-12-11T22:00:00Z")
    assert findings(project) == []


def test_a_start_on_a_closed_day_is_an_error_that_says_for_whom(project: Campaigns) -> None:
    settings(project, ", holidays: [US-CA]")
    project.declare("+12125550101", "+14155550102", start="2027-03-31T12:00")
    assert findings(project) == [
        ("error", "RC158", "nobody is called then: it is Cesar Chavez Day (US-CA) where 1 contact may be: line 3")
    ]


def test_a_day_that_is_closed_after_the_apply_keeps_it_from_being_started(project: Campaigns) -> None:
    project.declare("+12125550101", start="2026-12-07T09:00")
    assert project.apply().code == 0
    settings(project, ", closed: [2026-12-07]")
    said = project.run("dispatch", now=START)
    assert (said.code, project.statuses()) == (4, ["draft"])
    assert "RC158" in said.text
