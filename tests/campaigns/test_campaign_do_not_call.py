"""Nobody who must not be called is in a campaign: left out of the load, or the campaign is not started."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from campaigns.project import BEFORE, HOURS, START, Campaigns, campaigns, people

if TYPE_CHECKING:
    from collections.abc import Iterator

IN_PART = 4


@pytest.fixture
def project() -> Iterator[Campaigns]:
    with campaigns(f"{HOURS}do_not_call: {{file: dnc.txt}}\n") as made:
        (made.folder.root / "dnc.txt").write_text(f"{people(3)[1]}\n")
        yield made


def test_who_is_on_the_list_is_left_out_of_the_load(project: Campaigns) -> None:
    project.declare(*people(3), start="2026-12-07T09:00")
    project.apply()
    assert project.loaded() == {people(3)[0]: 1, people(3)[2]: 1}
    project.run("dispatch", now=START)
    assert project.sent("/start") == 1


def test_who_opts_out_after_the_load_keeps_it_from_being_started(project: Campaigns) -> None:
    project.declare(*people(3), start="2026-12-07T09:00")
    project.apply()
    assert project.run("calls", "opt-out", people(3)[2], "--why", "asked", now=BEFORE).code == 0
    said = project.run("dispatch", now=START)
    assert (said.code, project.sent("/start")) == (IN_PART, 0), said.text
    assert "line 4" in said.text


def test_a_campaign_that_an_opt_out_keeps_from_its_start_is_not_counted_among_what_is_to_come(
    project: Campaigns,
) -> None:
    project.declare(*people(3), start="2026-12-07T09:00")
    project.applied()
    project.run("calls", "opt-out", people(3)[2], "--why", "asked")
    found = json.loads(project.run("plan", "--format", "json").out)["forecast"]
    assert (found["campaigns"], [it["reason"] for it in found["skipped"]]) == ([], ["1 contact must not be called"])


def test_nobody_is_loaded_or_started_while_the_list_cannot_be_read(project: Campaigns) -> None:
    project.declare(*people(3), start="2026-12-07T09:00")
    (project.folder.root / "dnc.txt").unlink()
    assert project.apply().code != 0
    assert project.sent("/contacts") == 0


def test_a_campaign_whose_contacts_cannot_be_read_is_in_error_and_not_gone(project: Campaigns) -> None:
    project.declare(*people(3), start="2026-12-07T09:00")
    project.apply()
    for table in project.folder.root.rglob("*.csv"):
        table.unlink()
    said = project.run("dispatch", now=START)
    assert (said.code, project.sent("/start")) == (IN_PART, 0), said.text
    assert "its document is in error (manifests/" in " ".join(said.text.split())
    assert "any more" not in said.text
