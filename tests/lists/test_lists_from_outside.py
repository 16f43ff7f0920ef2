"""Lists as processes meet them: two that dial, one that is killed while it arms, a row that goes at the last moment."""

from __future__ import annotations

import subprocess
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from acceptance.conftest import platform, project
from acceptance.platform import VOIP
from acceptance.projects import PROJECT, ahead, armed_ahead, until_after

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

__all__ = ["platform", "project"]

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
LIMITS = f"{PROJECT}limits: {{calls_per_run: 100, cancellations: 1000, cancellations_percent: 100}}\n"


def number(place: int) -> str:
    return f"+1415555{place:04}"


def declare(project: Project, rows: dict[int, str]) -> None:
    project.write("reconciler.yaml", LIMITS)
    project.write("manifests/week.yaml", LIST)
    lines = (f"{place},{number(place)},{at}\n" for place, at in rows.items())
    project.write("manifests/week.csv", "id,phone,when\n" + "".join(lines))


def ended(process: subprocess.Popen[str], *, within: float) -> bool:
    try:
        process.wait(timeout=within)
    except subprocess.TimeoutExpired:
        return False
    return True


def rung(platform: SecondPlatform) -> Counter[str]:
    return Counter(call["to_number"] for call in platform.dialled)


def test_two_dispatchers_at_once_place_each_row_once(project: Project, platform: SecondPlatform) -> None:
    declare(project, dict.fromkeys(range(100, 130), ahead(seconds=-1)))
    assert project.run("apply", "--yes").code == 0
    both = [project.start("dispatch") for _ in range(2)]
    for one in both:
        one.communicate(timeout=120)
    project.run("dispatch")
    assert rung(platform) == Counter({number(place): 1 for place in range(100, 130)})


@pytest.mark.parametrize("wait", [0.0, 0.02, 0.1])
def test_a_run_that_is_killed_while_it_arms_is_finished_by_the_next(
    project: Project, platform: SecondPlatform, wait: float
) -> None:
    rows = dict.fromkeys(range(100, 400), ahead(hours=1))
    declare(project, rows)
    state = project.root / ".reconciler" / "state.db-wal"
    arming = project.start("apply", "--yes")
    while not state.exists() and not ended(arming, within=0.01):
        continue
    ended(arming, within=wait)
    arming.kill()
    arming.communicate(timeout=120)
    again = project.run("apply", "--yes")
    assert again.code == 0, again.said
    states = Counter(row["state"] for row in project.run("calls", "week", "--format", "json").json["calls"])
    assert states == {"armed": len(rows)}
    assert project.run("plan", "--detailed-exitcode").code == 0
    assert platform.dialled == []


def test_a_row_that_is_removed_a_moment_before_it_is_due_is_not_rung(
    project: Project, platform: SecondPlatform
) -> None:
    at = armed_ahead(project, lambda at: declare(project, {100: at, 101: at}))
    waiting = project.start("dispatch", *until_after(at))
    declare(project, {101: at})
    out, err = waiting.communicate(timeout=120)
    assert rung(platform) == Counter({number(101): 1}), out + err


def test_a_row_that_is_removed_and_applied_while_a_dispatch_waits_is_cancelled(
    project: Project, platform: SecondPlatform
) -> None:
    at = armed_ahead(project, lambda at: declare(project, {100: at, 101: at}), runs=6)
    waiting = project.start("dispatch", *until_after(at))
    declare(project, {101: at})
    assert project.run("apply", "--yes").code == 0
    out, err = waiting.communicate(timeout=120)
    assert rung(platform) == Counter({number(101): 1}), out + err
    found = {row["name"]: row["state"] for row in project.run("calls", "week", "--format", "json").json["calls"]}
    assert found["week/100"] == "cancelled"


@pytest.mark.parametrize("wrong", ["no table", "a wrong row", "a wrong document"])
def test_dispatch_tells_a_list_in_error_from_one_that_is_gone(
    project: Project, platform: SecondPlatform, wrong: str
) -> None:
    declare(project, {100: ahead(seconds=-1)})
    assert project.run("apply", "--yes").code == 0
    if wrong == "no table":
        (project.root / "manifests" / "week.csv").unlink()
    elif wrong == "a wrong row":
        project.write("manifests/week.csv", f"id,phone,when\n100,call me,{ahead(seconds=-1)}\n")
    else:
        project.write("manifests/week.yaml", LIST.replace("key: id", "key: [id]"))
    ran = project.run("dispatch", "--format", "json")
    row = next(it for it in ran.json["calls"] if it["name"] == "week/100")
    assert ran.code == 4
    assert "any more" not in ran.said
    assert "manifests/week." in row["detail"]
    assert platform.dialled == []


def test_dispatch_says_of_an_armed_row_that_its_list_is_in_error_and_until_when_to_correct_it(
    project: Project,
) -> None:
    declare(project, {100: ahead(seconds=-1)})
    assert project.run("apply", "--yes").code == 0
    (project.root / "manifests" / "week.csv").unlink()
    row = next(it for it in project.run("dispatch", "--format", "json").json["calls"] if it["name"] == "week/100")
    assert row["detail"].startswith("its document is in error (manifests/week.yaml:5:")
    assert row["detail"].endswith(": not placed")
    assert row["hint"].startswith("correct it before ")
    (project.root / "manifests" / "week.yaml").unlink()
    gone = next(it for it in project.run("dispatch", "--format", "json").json["calls"] if it["name"] == "week/100")
    assert (gone["detail"], gone["hint"]) == ("the manifests do not declare it any more", "apply cancels it")
