"""Closed days as processes meet them, by the clock of today."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from acceptance.conftest import platform, project
from acceptance.projects import ahead, call

from reconciler.schedule.clock import zone

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

__all__ = ["platform", "project"]

HOURS = 'organization: 42\ncalling_hours: {{start: "00:00", end: "24:00", {}}}\n'


def closed_today() -> dict[str, str]:
    """Settings that close the day where the callee is, and the next, so that no midnight opens it."""
    here = datetime.now(UTC).astimezone(zone("America/Los_Angeles"))
    both = [here.date(), here.date() + timedelta(days=1)]
    names = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    others = [name for place, name in enumerate(names) if place not in {day.weekday() for day in both}]
    return {
        "dates": HOURS.format(f"closed: [{both[0]}, {both[1]}]"),
        "weekdays": HOURS.format(f"days: [{', '.join(others)}]"),
    }


@pytest.mark.parametrize("way", ["dates", "weekdays"])
def test_a_call_of_today_is_an_error_and_rings_nobody(project: Project, platform: SecondPlatform, way: str) -> None:
    project.write("reconciler.yaml", closed_today()[way])
    project.write("manifests/jane.yaml", call(at=ahead(seconds=-1)))
    planned = project.run("plan", "--format", "json")
    assert planned.code == 1
    assert [it["source"]["line"] for it in planned.json["findings"] if it["code"] == "RC158"] == [9]
    assert project.run("apply", "--yes").code == 4
    project.run("dispatch")
    assert platform.dialled == []


def test_a_day_that_is_closed_after_the_call_was_armed_rings_nobody(project: Project, platform: SecondPlatform) -> None:
    project.write("reconciler.yaml", HOURS.format("closed: []"))
    project.write("manifests/jane.yaml", call(at=ahead(seconds=-1)))
    assert project.run("apply", "--yes").code == 0
    project.write("reconciler.yaml", closed_today()["dates"])
    assert project.run("dispatch").code == 4
    assert platform.dialled == []
