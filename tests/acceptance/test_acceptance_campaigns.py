"""Campaigns against the second platform: loaded once and started once, whatever is killed or cut, and held at once."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import pytest
from daytime import zone_of_noon
from waiting import PATIENCE

from acceptance.platform import Fault
from acceptance.projects import AGENT, killed_at

if TYPE_CHECKING:
    import subprocess

    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

COUNT = 10_001  # three requests of at most 5,000 contacts
SETTINGS = """\
organization: 42
calling_hours: {start: "00:00", end: "24:00"}
limits: {contacts_per_campaign: 20000}
"""


def number(place: int) -> str:
    return f"+1212{5_550_000 + place}"


def declare(project: Project, *, count: int = 3, starts: timedelta | None = None, name: str = "recall") -> None:
    """A campaign of so many people that starts so long from now, or never."""
    zone = zone_of_noon()
    now = datetime.now(ZoneInfo(zone))
    start = f"  start: {(now + starts).isoformat(timespec='seconds')}\n" if starts is not None else ""
    project.write("reconciler.yaml", SETTINGS)
    project.write("manifests/agent.yaml", AGENT.replace("{file: prompts/front-desk.md}", "Say hello to {{name}}."))
    rows = "".join(f"{number(place)},Person {place}\n" for place in range(count))
    project.write("manifests/contacts.csv", f"phone,name\n{rows}")
    project.write(
        "manifests/campaign.yaml",
        f"""\
apiVersion: reconciler/v1
kind: Campaign
metadata: {{name: {name}}}
spec:
  agent: front-desk
  from_number: "+15551230001"
  daily_window_start: "00:00"
  daily_window_end: "23:59"
  timezone: {zone}
  max_attempts: 1
  contacts: {{file: contacts.csv}}
{start}""",
    )


def everybody_once(platform: SecondPlatform, count: int) -> None:
    assert platform.campaigns.loaded == {number(place): 1 for place in range(count)}


def test_a_campaign_is_created_loaded_and_armed_and_then_nothing_is_left_to_do(
    project: Project, platform: SecondPlatform
) -> None:
    declare(project, starts=timedelta(hours=1))
    assert project.run("plan", "--format", "json").actions["Campaign/recall"] == ["create", "load", "arm"]
    assert project.run("apply", "--yes").code == 0
    everybody_once(platform, 3)
    assert project.run("plan", "--detailed-exitcode").code == 0
    platform.forget_requests()
    assert project.run("apply", "--yes").code == 0
    assert platform.writes == []
    assert number(1).encode() not in project.state()


def _ended(running: subprocess.Popen[str]) -> int:
    running.communicate(timeout=PATIENCE)
    return running.returncode


def made(project: Project, platform: SecondPlatform) -> str:
    """The campaign as a draft without contacts, made by an apply that was cut off before its load; its id."""
    declare(project, count=0)
    assert project.run("apply", "--yes").code == 0
    return next(iter(platform.campaigns.objects))


@pytest.mark.parametrize("effect", ["none", "all"])
def test_a_run_that_is_killed_at_its_create_is_finished_by_the_next(
    project: Project, platform: SecondPlatform, effect: str
) -> None:
    declare(project)
    platform.faults.append(Fault("POST", "/v1/campaigns", how="hang", acts=effect == "all"))
    killed_at(platform, project.start("apply", "--yes"), "POST", "/v1/campaigns")
    assert project.run("apply", "--yes").code == 0
    assert len(platform.campaigns.objects) == 1
    everybody_once(platform, 3)


@pytest.mark.parametrize("effect", ["none", "all"])
@pytest.mark.parametrize("chunk", [1, 2, 3])
def test_nobody_is_loaded_twice_whichever_request_the_run_is_killed_at(
    project: Project, platform: SecondPlatform, chunk: int, effect: str
) -> None:
    path = f"/v1/campaigns/{made(project, platform)}/contacts"
    declare(project, count=COUNT, starts=timedelta(hours=1))
    platform.faults += [Fault("POST", path, how="pass", acts=True, times=chunk - 1)] if chunk > 1 else []
    platform.faults.append(Fault("POST", path, how="hang", acts=effect == "all"))
    killed_at(platform, project.start("apply", "--yes"), "POST", path, count=chunk)
    ran = project.run("apply", "--yes")
    assert ran.code == 0, ran.said
    everybody_once(platform, COUNT)
    assert project.run("plan", "--detailed-exitcode").code == 0


@pytest.mark.parametrize("effect", ["none", "all"])
def test_a_dispatch_that_is_killed_at_the_start_leaves_one_start(
    project: Project, platform: SecondPlatform, effect: str
) -> None:
    declare(project, starts=timedelta(0))
    assert project.run("apply", "--yes").code == 0
    path = f"/v1/campaigns/{next(iter(platform.campaigns.objects))}/start"
    platform.faults.append(Fault("POST", path, how="hang", acts=effect == "all"))
    killed_at(platform, project.start("dispatch"), "POST", path)
    for _ in range(2):
        assert project.run("dispatch").code == 0
    assert [verb for verb, _ in platform.campaigns.actions] == ["start"]


def test_four_applies_at_once_load_everybody_once(project: Project, platform: SecondPlatform) -> None:
    declare(project, count=COUNT, starts=timedelta(hours=1))
    running = [project.start("apply", "--yes") for _ in range(4)]
    codes = [_ended(it) for it in running]
    assert 0 in codes, codes
    assert len(platform.campaigns.objects) == 1
    everybody_once(platform, COUNT)
    assert project.run("plan", "--detailed-exitcode").code == 0


def test_four_dispatchers_start_it_once(project: Project, platform: SecondPlatform) -> None:
    declare(project, starts=timedelta(0))
    assert project.run("apply", "--yes").code == 0
    running = [project.start("dispatch") for _ in range(4)]
    assert {_ended(it) for it in running} <= {0, 3}
    assert [verb for verb, _ in platform.campaigns.actions] == ["start"]


def test_a_hold_pauses_what_calls_and_its_release_lets_it_go_on(project: Project, platform: SecondPlatform) -> None:
    declare(project, starts=timedelta(0))
    assert project.run("apply", "--yes").code == 0
    assert project.run("dispatch").code == 0
    listed = project.run("campaigns", "--format", "json").json["campaigns"]
    assert [(it["name"], it["status"], it["total_count"]) for it in listed] == [("recall", "running", 3)]
    assert project.run("calls", "hold", "--all", "--why", "flooded").code == 0
    assert project.run("calls", "release", "--all").code == 0
    assert [verb for verb, _ in platform.campaigns.actions] == ["start", "pause", "start"]


def test_rows_that_the_platform_refuses_are_named_by_line_and_it_is_not_started(
    project: Project, platform: SecondPlatform
) -> None:
    platform.campaigns.refuses.add(number(1))
    declare(project, starts=timedelta(0))
    ran = project.run("apply", "--yes")
    assert (ran.code, "line 3" in ran.said, number(1) in ran.said) == (4, True, False)
    project.run("dispatch")
    assert platform.campaigns.actions == []


def test_another_file_after_the_load_is_an_error_and_a_new_name_is_a_way_out(
    project: Project, platform: SecondPlatform
) -> None:
    declare(project)
    assert project.run("apply", "--yes").code == 0
    declare(project, count=4)
    ran = project.run("plan")
    assert (ran.code, "RC241" in ran.said, "metadata.name" in ran.said) == (1, True, True)
    everybody_once(platform, 3)
    declare(project, count=4, name="recall-2")
    assert project.run("apply", "--yes").code == 0
    assert platform.campaigns.loaded[number(0)] == 2
