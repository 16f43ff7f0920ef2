"""The gate before deploys against the second platform: what examples say decides for all agents, killed or not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from acceptance.platform import Fault
from acceptance.projects import killed_at

if TYPE_CHECKING:
    from acceptance.platform import SecondPlatform
    from acceptance.projects import Project

AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {{name: {name}{own}}}
spec: {{name: {name}, prompt: {prompt}, voice: olivia}}
"""
NAMES = ("back-desk", "front-desk")
OLD, NEW = "You answer.", "You answer at once."


def declare(project: Project, prompt: str, gates: str = "", own: str = "") -> None:
    project.write("reconciler.yaml", f"organization: 42\n{gates and f'gates: {{validation: {gates}}}'}\n")
    agents = [AGENT.format(name=name, prompt=prompt, own=own if name == NAMES[0] else "") for name in NAMES]
    project.write("manifests/all.yaml", "---\n".join(agents))


def deployed(project: Project, platform: SecondPlatform, words: list[str], gates: str, own: str = "") -> None:
    """Two agents with the old prompt; the first of them has examples that end so; the new prompt is declared."""
    declare(project, OLD, gates, own)
    assert project.run("apply", "--yes").code == 0
    first = next(it["id"] for it in platform.agents.values() if it["name"] == NAMES[0])
    platform.tests.reads = 1
    platform.tests.examples[first] = words
    declare(project, NEW, gates, own)


def prompts(platform: SecondPlatform) -> list[str]:
    """What callers hear, the same of each agent or not, with what is left undeployed."""
    return [f"{it['prompt']}{' (draft)' if it['has_draft'] else ''}" for it in platform.agents.values()]


@pytest.mark.parametrize(
    ("gates", "words", "code", "live"),
    [
        ("required", [], 0, NEW),
        ("required", ["pass", "pass"], 0, NEW),
        ("required", ["pass", "fail"], 4, OLD),
        ("required", ["breaks"], 4, OLD),
        ("warn", ["pass", "fail"], 0, NEW),
        ("", ["pass", "fail"], 0, NEW),
        ("off", ["fail"], 0, NEW),
    ],
)
def test_examples_decide_as_strictly_as_the_project_wants(
    project: Project, platform: SecondPlatform, gates: str, words: list[str], code: int, live: str
) -> None:
    deployed(project, platform, words, gates)
    ran = project.run("apply", "--yes", "--format", "json")
    assert (ran.code, prompts(platform)) == (code, [live] * 2), ran.said
    assert ("Says who calls." in ran.words) is ("fail" in words and gates != "off")
    assert len(platform.tests.validations) == (1 if words and gates != "off" else 0)


def test_an_agents_own_word_goes_over_the_projects(project: Project, platform: SecondPlatform) -> None:
    deployed(project, platform, ["fail"], "off", own=", gates: {validation: required}")
    assert project.run("apply", "--yes").code == 4
    assert prompts(platform) == [OLD] * 2


def test_a_run_of_an_older_draft_is_stale_and_another_is_begun(project: Project, platform: SecondPlatform) -> None:
    deployed(project, platform, ["fail"], "required")
    assert project.run("apply", "--yes").code == 4
    (first,) = platform.tests.examples
    platform.tests.examples[first] = ["pass"]
    declare(project, "You answer in time.", "required")
    assert project.run("apply", "--yes").code == 0
    assert len(platform.tests.validations) == 2
    assert prompts(platform) == ["You answer in time."] * 2


def test_a_run_that_matches_the_draft_is_not_paid_for_again(project: Project, platform: SecondPlatform) -> None:
    deployed(project, platform, ["fail"], "required")
    assert project.run("apply", "--yes").code == 4
    again = project.run("apply", "--yes")
    assert (again.code, len(platform.tests.validations)) == (4, 1)


@pytest.mark.parametrize("acts", [False, True])
def test_a_lost_answer_of_the_gate_deploys_nothing_that_was_not_shown_to_pass(
    project: Project, platform: SecondPlatform, *, acts: bool
) -> None:
    deployed(project, platform, ["pass"], "required")
    (first,) = platform.tests.examples
    platform.faults.append(Fault("POST", f"/v1/agents/{first}/validation-runs", how="cut", acts=acts))
    ran = project.run("apply", "--yes")
    assert (ran.code, prompts(platform)) == ((0, [NEW] * 2) if acts else (4, [OLD] * 2)), ran.said
    assert project.run("apply", "--yes").code == 0
    assert (len(platform.tests.validations), prompts(platform)) == (1, [NEW] * 2)


@pytest.mark.parametrize(("word", "code", "live"), [("pass", 0, NEW), ("fail", 4, OLD)])
@pytest.mark.parametrize("after", [False, True], ids=["before it acts", "after it acted"])
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("PATCH", "/v1/agents/{first}"),
        ("PATCH", "/v1/agents/{second}"),
        ("GET", "/v1/agents/{first}/validation-status"),
        ("POST", "/v1/agents/{first}/validation-runs"),
        ("GET", "/v1/validation-runs/{run}"),
        ("POST", "/v1/agents/{first}/{end}"),
        ("POST", "/v1/agents/{second}/{end}"),
    ],
)
def test_a_run_that_is_killed_in_the_gate_converges(
    project: Project,
    platform: SecondPlatform,
    word: str,
    code: int,
    live: str,
    method: str,
    path: str,
    *,
    after: bool,
) -> None:
    deployed(project, platform, [word], "required")
    (first,) = platform.tests.examples
    (second,) = set(platform.agents) - {first}
    end = "deploy" if word == "pass" else "discard-draft"
    place = path.format(first=first, second=second, run=81_001, end=end)
    platform.faults.append(Fault(method, place, how="hang", acts=after))
    platform.forget_requests()
    running = project.start("apply", "--yes")
    killed_at(platform, running, method, place)
    ran = project.run("apply", "--yes")
    assert (ran.code, prompts(platform)) == (code, [live] * 2), ran.said
    assert len(platform.tests.validations) == 1
