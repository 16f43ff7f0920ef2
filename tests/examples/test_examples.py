"""Prove that every example does on the emulator what its README says."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from examples.example_copies import EXAMPLES, Copy

Example = Callable[[str], Copy]
Ended = dict[str, tuple[str, str]]

BEFORE = ("--emulator", "--now", "2029-12-03T12:00Z")


@dataclass(frozen=True)
class Story:
    """What an example is about: its first plan by action, then who is rung when, and how it ends."""

    name: str
    plan: dict[str, int]
    rounds: tuple[tuple[str, set[str]], ...]
    ended_at: str
    ended: Ended


def documents(example: str) -> int:
    """How many an example declares."""
    files = (EXAMPLES / example / "manifests").rglob("*.yaml")
    return sum(len([*yaml.safe_load_all(file.read_text("utf-8"))]) for file in files)


STORIES = (
    Story(
        "01-appointment-confirmation",
        {"create": 1, "update": 1, "verify": 1, "arm": 2},
        (("2030-02-28T18:06Z", {"confirm-visit-2001", "confirm-visit-2002"}),),
        "2030-02-28T18:10Z",
        {
            "confirm-visit-2001": ("completed", "caller_hangup"),
            "confirm-visit-2002": ("completed", "voicemail"),
        },
    ),
    Story(
        "02-survey-callback",
        {"create": 1, "update": 1, "arm": 2},
        (
            ("2030-03-05T16:31Z", {"survey-ticket-88120"}),
            ("2030-03-05T18:01Z", {"survey-ticket-88131"}),
        ),
        "2030-03-05T18:10Z",
        {
            "survey-ticket-88120": ("completed", "caller_hangup"),
            "survey-ticket-88131": ("completed", "no_answer"),
        },
    ),
    Story(
        "03-second-try",
        {"create": 1, "arm": 2},
        (
            ("2030-04-09T17:01Z", {"return-call-5120", "return-call-5121"}),
            ("2030-04-09T21:05Z", {"return-call-5120 again"}),
        ),
        "2030-04-09T21:10Z",
        {
            "return-call-5120": ("completed", "no_answer"),
            "return-call-5120 again": ("completed", "no_answer"),
            "return-call-5121": ("completed", "caller_hangup"),
        },
    ),
    Story(
        "04-dispatch-notification",
        {"update": 1, "arm": 2},
        (("2030-05-14T12:30:30Z", {"gate-change-load-301", "gate-change-load-302"}),),
        "2030-05-14T12:35Z",
        {
            "gate-change-load-301": ("completed", "caller_hangup"),
            "gate-change-load-302": ("failed", "busy"),
        },
    ),
    Story(
        "05-gitops-repository",
        {"create": 3, "update": 3, "verify": 1, "arm": 3},
        (
            ("2030-01-15T20:01Z", {"confirm-visit-4711"}),
            ("2030-01-15T20:06Z", {"confirm-visit-4712"}),
            ("2030-01-16T16:31Z", {"survey-visit-4650"}),
        ),
        "2030-01-16T16:40Z",
        {
            "confirm-visit-4711": ("completed", "caller_hangup"),
            "confirm-visit-4712": ("completed", "voicemail"),
            "survey-visit-4650": ("completed", "caller_hangup"),
        },
    ),
    Story(
        "07-whole-account",
        {"create": documents("07-whole-account"), "import-numbers": 1, "verify": 1},
        (),
        "2030-01-15T20:01Z",
        {},
    ),
    Story("08-tested-release", {"create": 5}, (), "2030-01-15T20:01Z", {}),
)
each_story = pytest.mark.parametrize("story", STORIES, ids=lambda story: story.name)


def test_every_example_has_a_story() -> None:
    folders = {path.parent.name for path in EXAMPLES.glob("*/reconciler.yaml")}
    assert folders == {story.name for story in STORIES}


@each_story
def test_an_example_is_valid_and_says_nothing_to_look_at(example: Example, story: Story) -> None:
    code, found = example(story.name).json("validate")
    assert (code, found["findings"]) == (0, [])


@each_story
def test_an_example_is_planned_applied_and_then_clean(example: Example, story: Story) -> None:
    copy = example(story.name)
    code, plan = copy.json("plan", *BEFORE, "--detailed-exitcode", "--out", "plan.json")
    assert (code, _counted(plan)) == (2, story.plan)
    assert plan["findings"] == []

    code, report = copy.json("apply", *BEFORE, "--plan", "plan.json")
    assert code == 0
    assert {result["outcome"] for result in report["results"]} == {"done"}

    code, plan = copy.json("plan", *BEFORE, "--detailed-exitcode")
    assert (code, _counted(plan), plan["findings"]) == (0, {}, [])
    code, report = copy.json("apply", *BEFORE, "--yes")
    assert (code, report["results"]) == (0, [])


@each_story
def test_the_calls_of_an_example_are_placed_when_due_and_followed_to_their_end(example: Example, story: Story) -> None:
    copy = example(story.name)
    assert copy.run("apply", *BEFORE, "--yes")[0] == 0
    assert copy.json("dispatch", *BEFORE) == (0, {"format": "reconciler.dispatch/v1", "calls": []})

    for now, expected in story.rounds:
        code, done = copy.json("dispatch", "--emulator", "--now", now)
        assert (code, {_tried(call): call["state"] for call in done["calls"]}) == (0, dict.fromkeys(expected, "placed"))
        assert copy.json("dispatch", "--emulator", "--now", now)[1]["calls"] == []

    code, found = copy.json("calls", "--emulator", "--now", story.ended_at)
    assert (code, _ended(found["calls"])) == (0, story.ended)


@each_story
def test_a_plan_after_the_calls_is_clean(example: Example, story: Story) -> None:
    copy = example(story.name)
    copy.run("apply", *BEFORE, "--yes")
    for now, _ in story.rounds:
        copy.run("dispatch", "--emulator", "--now", now)
    code, plan = copy.json("plan", "--emulator", "--detailed-exitcode", "--now", story.ended_at)
    assert (code, _counted(plan), plan["findings"]) == (0, {}, [])


@each_story
def test_the_commands_in_the_readme_of_an_example_work(example: Example, story: Story) -> None:
    copy = example(story.name)
    commands = re.findall(r"^\$ reconciler (.*)$", (copy.root / "README.md").read_text("utf-8"), re.MULTILINE)
    assert len(commands) >= 3
    for command in commands:
        arguments = shlex.split(command)
        clock = () if "--now" in arguments else BEFORE[1:]
        code, printed = copy.run(*arguments, *clock)
        assert code == 0, printed


def test_the_examples_show_every_way_to_write_a_call() -> None:
    calls = [
        document["spec"]
        for path in EXAMPLES.glob("*/manifests/**/*.yaml")
        for document in yaml.load_all(path.read_text("utf-8"), yaml.BaseLoader)
        if document["kind"] == "ScheduledCall"
    ]
    keys = {key for call in calls for key in call}
    assert keys >= {
        "from",
        "from_number",
        "agent",
        "config",
        "variables",
        "max_hold_seconds",
        "language",
        "late",
        "attempts",
    }
    assert any("agent" not in call and "config" not in call for call in calls)
    assert any("timezone" in call for call in calls)
    assert any("timezone" not in call and re.search(r"[+-]\d\d:\d\d$", call["at"]) for call in calls)


def test_a_call_whose_document_is_removed_is_cancelled_and_rings_nobody(example: Example) -> None:
    copy = example("05-gitops-repository")
    copy.run("apply", *BEFORE, "--yes")
    calls = Path("manifests/calls/2030-01.yaml")
    calls.write_text(calls.read_text("utf-8").rpartition("---\n")[0], "utf-8")

    code, report = copy.json("apply", *BEFORE, "--yes")
    assert code == 0
    assert [(result["address"], result["action"]) for result in report["results"]] == [
        ("ScheduledCall/survey-visit-4650", "cancel")
    ]
    due = copy.json("dispatch", "--emulator", "--now", "2030-01-16T16:31Z")[1]["calls"]
    assert "survey-visit-4650" not in {call["name"] for call in due}


def test_a_notification_past_its_window_is_missed_aloud_and_not_placed(example: Example) -> None:
    copy = example("04-dispatch-notification")
    copy.run("apply", *BEFORE, "--yes")
    code, done = copy.json("dispatch", "--emulator", "--now", "2030-05-14T12:36Z")
    assert (code, {call["state"] for call in done["calls"]}) == (5, {"expired"})


def test_a_selector_narrows_the_plan_to_one_team(example: Example) -> None:
    code, plan = example("05-gitops-repository").json("plan", *BEFORE, "-l", "team=scheduling")
    assert code == 0
    assert {change["name"] for change in plan["changes"]} == {
        "appointment-confirmations",
        "confirm-visit-4711",
        "confirm-visit-4712",
    }


def test_a_protected_agent_is_not_pruned(example: Example) -> None:
    copy = example("05-gitops-repository")
    copy.run("apply", *BEFORE, "--yes")
    agents = Path("manifests/agents.yaml")
    kept = [part for part in agents.read_text("utf-8").split("---\n") if "name: front-desk" not in part]
    agents.write_text("---\n".join(kept), "utf-8")
    numbers = Path("manifests/numbers.yaml")
    numbers.write_text(re.sub(r"  inbound_agent: .*\n", "", numbers.read_text("utf-8")), "utf-8")

    code, plan = copy.json("plan", *BEFORE, "--prune")
    refused = [change["address"] for change in plan["changes"] if change["action"] == "refuse"]
    assert (code, refused) == (3, ["Agent/front-desk"])


def _counted(plan: Any) -> dict[str, int]:
    return {action: count for action, count in plan["summary"].items() if count and action != "keep"}


def _ended(calls: list[Any]) -> Ended:
    return {_tried(call): (call["state"], call["end_reason"]) for call in calls}


def _tried(call: Any) -> str:
    """The call's name, and whether it is a second try."""
    return f"{call['name']}{' again' * (call['attempt'] - 1)}"
