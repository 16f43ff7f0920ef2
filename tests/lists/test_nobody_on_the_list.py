"""Nobody on the list is rung, whichever way a call was declared, and wherever the state has gone since."""

from __future__ import annotations

import json
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from acceptance.conftest import platform, project
from acceptance.platform import VOIP
from acceptance.projects import PROJECT, ahead, armed_ahead, call, until_after

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project, Ran

__all__ = ["platform", "project"]

JANE, OMAR = "+14155550142", "+14155550143"
LIST = f"""\
apiVersion: reconciler/v1
kind: CallList
metadata: {{name: week}}
spec:
  rows: {{file: week.csv}}
  key: id
  to_number: {{column: phone}}
  at: {{column: when}}
  from_number: "{VOIP}"
  config: {{prompt: Hello., voice: olivia}}
"""
DAILY = f"""\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: rounds}}
spec:
  from_number: "{VOIP}"
  to_number: "{JANE}"
  config: {{prompt: Hello., voice: olivia}}
  schedule: {{cron: "* * * * *", timezone: UTC}}
"""
OTHER = "sqlite:.reconciler/other.db"


def declare(project: Project, way: str, at: str) -> None:
    """A call to Jane, in one of the ways there are, and one to Omar."""
    project.write(
        "reconciler.yaml", f"{PROJECT}do_not_call: {{file: dnc.txt}}\nlimits: {{calls_per_callee_per_day: 9}}\n"
    )
    project.write("dnc.txt", "# nobody yet\n")
    omar = call("omar", at=at, to=OMAR)
    if way == "list":
        project.write("manifests/week.csv", f"id,phone,when\n1,+1 (415) 555-0142,{at}\n2,{OMAR},{at}\n")
        project.write("manifests/all.yaml", LIST)
    elif way == "schedule":
        project.write("manifests/all.yaml", f"{DAILY}---\n{omar}")
    else:
        project.write("manifests/all.yaml", f"{call('jane', at=at, to=JANE)}---\n{omar}")


def rung(platform: SecondPlatform) -> Counter[str]:
    return Counter(one["to_number"] for one in platform.dialled)


def ok(ran: Ran) -> Ran:
    assert ran.code == 0, ran.said
    return ran


def stop_by_file(project: Project) -> None:
    project.write("dnc.txt", "\ufeff# asked us\r\n\r\n+1 415 555 0142\r\n")


def stop_by_opt_out(project: Project) -> None:
    ok(project.run("calls", "opt-out", JANE, "--why", "asked us to"))


def stop_by_hashes(project: Project) -> None:
    """What another store's export says."""
    ok(project.run("calls", "opt-out", JANE, "--why", "asked us to", "--state", OTHER))
    project.write("dnc.txt", ok(project.run("calls", "dnc", "export", "--state", OTHER)).out)


def stop_by_import(project: Project) -> None:
    """Moved into a new store, which is the one that is used from then on."""
    stop_by_opt_out(project)
    project.write("state.json", ok(project.run("state", "export")).out)
    (project.root / ".reconciler" / "state.db").unlink()
    ok(project.run("state", "import", "state.json"))


STOPS = {"file": stop_by_file, "opt-out": stop_by_opt_out, "hashes": stop_by_hashes, "import": stop_by_import}


@pytest.mark.parametrize("stop", STOPS)
@pytest.mark.parametrize("way", ["call", "list", "schedule"])
def test_who_is_stopped_after_the_call_was_armed_is_not_rung(
    project: Project, platform: SecondPlatform, way: str, stop: str
) -> None:
    declare(project, way, ahead(seconds=-1))
    ok(project.run("apply", "--yes"))
    STOPS[stop](project)
    ok(project.run("dispatch"))
    assert rung(platform) == Counter({OMAR: 1})
    warned = [it for it in project.run("plan", "--format", "json").json["findings"] if it["code"] == "RC617"]
    assert [it["severity"] for it in warned] == ["warning"]


def test_a_plan_does_not_count_who_is_stopped_and_calls_tell_that_nobody_is_rung(project: Project) -> None:
    declare(project, "list", ahead(hours=1))
    ok(project.run("apply", "--yes"))
    stop_by_opt_out(project)
    forecast = project.run("plan", "--format", "json").json["forecast"]
    assert (forecast["rings"], forecast["people"]) == (1, 1)
    found = {it["name"]: (it["state"], it["detail"]) for it in project.run("calls", "--format", "json").json["calls"]}
    assert found == {"week/1": ("held", "this person must not be called"), "week/2": ("armed", "")}


def test_who_opts_out_between_two_tries_is_not_rung_again(project: Project, platform: SecondPlatform) -> None:
    declare(project, "call", ahead(seconds=-1))
    tries = "  attempts: {max: 2, gap: 0s, on: [not_answered]}\n"
    project.write("manifests/all.yaml", call("jane", at=ahead(seconds=-1), to=JANE, more=tries))
    ok(project.run("apply", "--yes"))
    ok(project.run("dispatch"))
    platform.end_calls()
    for one in platform.calls.values():
        one["sip_answered_at"] = None
    stop_by_opt_out(project)
    ok(project.run("dispatch"))
    assert rung(platform) == Counter({JANE: 1})


def test_who_opts_out_while_a_dispatch_waits_is_not_rung(project: Project, platform: SecondPlatform) -> None:
    at = armed_ahead(project, lambda at: declare(project, "call", at))
    waiting = project.start("dispatch", *until_after(at))
    stop_by_opt_out(project)
    waiting.communicate(timeout=120)
    assert rung(platform) == Counter({OMAR: 1})


def test_an_opt_out_stops_the_calls_of_another_project_in_the_same_state(
    project: Project, platform: SecondPlatform
) -> None:
    declare(project, "call", ahead(seconds=-1))
    settings = (project.root / "reconciler.yaml").read_text()
    project.write("reconciler.yaml", f"{settings}project: another\n")
    stop_by_opt_out(project)
    project.write("reconciler.yaml", settings)
    ok(project.run("apply", "--yes"))
    ok(project.run("dispatch"))
    assert rung(platform) == Counter({OMAR: 1})


def test_an_export_of_the_state_holds_the_opt_out_and_no_number(project: Project) -> None:
    declare(project, "call", ahead(hours=1))
    ok(project.run("calls", "opt-out", JANE, "--why", f"{JANE} asked us to"))
    exported = ok(project.run("state", "export")).out
    assert [key.split("/")[0] for key in json.loads(exported)["entries"]] == ["opt-out"]
    assert "4155550142" not in exported


@pytest.mark.parametrize("content", [None, "not a number\n", "+1415\n", b"\xff\xfe"])
def test_a_list_that_cannot_be_read_stops_everybody(
    project: Project, platform: SecondPlatform, content: str | bytes | None
) -> None:
    declare(project, "list", ahead(seconds=-1))
    ok(project.run("apply", "--yes"))
    path = project.root / "dnc.txt"
    path.unlink()
    if content is not None:
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    assert project.run("dispatch").code != 0
    assert platform.dialled == []
