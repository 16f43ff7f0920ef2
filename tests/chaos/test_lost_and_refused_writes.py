"""Follow single failures through a run: what was sent, what was left, what was said."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.faults import Cut
from chaos.killed_runs import disturb, look
from chaos.projects import NOON, PROJECTS
from reconciler.emulator import Fault

if TYPE_CHECKING:
    from chaos.killed_runs import KilledRuns

FIRST, EDIT = PROJECTS["first-apply"], PROJECTS["edit"]
IN_PART = 4


@pytest.mark.parametrize("fault", ["reset-after", "hang-after", "garbled-after", "502-after"])
def test_a_lost_answer_to_a_create_is_settled_by_listing_and_not_by_asking_again(bench: KilledRuns, fault: str) -> None:
    folder = bench.fresh(FIRST)
    create = bench.run(bench.fresh(FIRST), *FIRST.command, now=NOON).changing[0]
    ran = bench.run(folder, *FIRST.command, now=NOON, cut=Cut("request", create, fault))
    after = look(folder, NOON)
    assert (ran.code, ran.struck) == (0, 1), ran.output
    assert [item["body"]["name"] for item in after.sent("POST", "/v1/agents")] == ["Front desk", "Reminders"]
    assert sorted(agent["name"] for agent in after.ours()) == ["Front desk", "Reminders"]


def test_a_create_that_never_arrived_is_made_by_the_next_run_alone(bench: KilledRuns) -> None:
    folder = bench.fresh(FIRST)
    create = bench.run(bench.fresh(FIRST), *FIRST.command, now=NOON).changing[0]
    ran = bench.run(folder, *FIRST.command, now=NOON, cut=Cut("request", create, "reset-before"))
    assert ran.code == IN_PART
    assert "unknown  Agent/front-desk" in ran.output
    assert "run apply again: it looks first, and does only what is missing" in ran.output
    assert [agent["name"] for agent in look(folder, NOON).ours()] == ["Reminders"]
    assert bench.run(folder, *FIRST.command, now=NOON).code == 0
    names = [item["body"]["name"] for item in look(folder, NOON).sent("POST", "/v1/agents")]
    assert sorted(names) == ["Front desk", "Reminders"]


@pytest.mark.parametrize("fails", ["Front desk", "Reminders"])
def test_if_one_draft_cannot_be_written_none_is_deployed_and_ours_are_thrown_away(
    bench: KilledRuns, fails: str
) -> None:
    folder = bench.fresh(EDIT)
    before = look(folder, NOON)
    failing = next(agent["id"] for agent in before.ours() if agent["name"] == fails)
    disturb(folder, NOON, Fault(method="PATCH", path=f"/v1/agents/{failing}", status=400, detail="Not like this."))
    ran = bench.run(folder, *EDIT.command, now=NOON)
    after = look(folder, NOON)
    assert ran.code == IN_PART
    assert not [item for item in after.requests if item["path"].endswith("/deploy")]
    assert not any(agent["has_draft"] for agent in after.ours())
    assert {agent["name"]: agent["prompt"] for agent in after.ours()} == {
        agent["name"]: agent["prompt"] for agent in before.ours()
    }
    assert after.colleagues() == before.colleagues()
    assert "Not like this." in ran.output
    assert "could not be written, so callers stay as they were" in ran.output
    assert bench.run(folder, *EDIT.command, now=NOON).code == 0
    assert bench.run(folder, "plan", "--detailed-exitcode", now=NOON).code == 0


def test_a_failure_skips_only_what_depends_on_it_and_says_what_to_run_next(bench: KilledRuns) -> None:
    folder = bench.fresh(FIRST)
    disturb(folder, NOON, Fault(method="POST", path="/v1/agents", status=400, detail="No more agents."))
    ran = bench.run(folder, *FIRST.command, now=NOON)
    assert ran.code == IN_PART
    outcomes = {words[1]: words[0] for words in map(str.split, ran.output.splitlines()) if _is_outcome(words)}
    assert outcomes == {
        "Agent/front-desk": "failed",
        "Agent/reminders": "done",
        "PhoneNumber/main-line": "skipped",
        "AutoReload/billing": "done",
        "ScheduledCall/call-jane": "skipped",
        "ScheduledCall/call-june": "skipped",
    }
    assert "needs Agent/front-desk, which was not applied" in ran.output
    assert "Next: " in ran.output
    assert "reconciler apply" in ran.output
    assert bench.run(folder, *FIRST.command, now=NOON).code == 0
    assert bench.run(folder, "plan", "--detailed-exitcode", now=NOON).code == 0


def _is_outcome(words: list[str]) -> bool:
    return len(words) > 1 and words[0] in {"done", "failed", "skipped", "unknown"} and "/" in words[1]


@pytest.mark.parametrize(
    ("method", "path", "dropped", "said", "where"),
    [
        ("PATCH", "/v1/phone-numbers/*", "label", "`label` did not come out as declared", "line.yaml:4"),
        ("POST", "/v1/agents", "product", "`product` did not come out as declared", "agents.yaml:4"),
        ("PATCH", "/v1/billing", "auto_reload_monthly_limit_cents", "`monthly_limit_cents`", "billing.yaml:4"),
    ],
)
def test_a_value_that_the_server_dropped_fails_its_change_with_field_and_line(
    bench: KilledRuns, method: str, path: str, dropped: str, said: str, where: str
) -> None:
    folder = bench.fresh(PROJECTS["first-apply"])
    agents = folder / "manifests" / "agents.yaml"
    agents.write_text(agents.read_text("utf-8").replace("product: spark", "product: bolt"), "utf-8")
    disturb(folder, NOON, Fault(method=method, path=path, ignore=(dropped,)))
    ran = bench.run(folder, *FIRST.command, now=NOON)
    assert ran.code == IN_PART
    assert said in ran.output
    assert where in ran.output
    assert bench.run(folder, *FIRST.command, now=NOON).code == 0
    assert bench.run(folder, "plan", "--detailed-exitcode", now=NOON).code == 0
