"""See what becomes of a killed run when people go on working before the next one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chaos.faults import Cut
from chaos.killed_runs import declare, look, meanwhile, remembered
from chaos.projects import AGENTS, FIRST, NOON, PROJECTS

if TYPE_CHECKING:
    from pathlib import Path

    from chaos.killed_runs import KilledRuns, Seen

EDIT = PROJECTS["edit"]
REFUSED, KILLED = 3, -9
NAMES = {"front-desk": "Front desk", "reminders": "Reminders"}


@pytest.fixture
def staged(bench: KilledRuns) -> Path:
    """The project after an apply of the edit that was killed once its first draft was on the platform."""
    first_draft = bench.run(bench.fresh(EDIT), *EDIT.command, now=NOON).changing[0]
    folder = bench.fresh(EDIT)
    ran = bench.run(folder, *EDIT.command, now=NOON, cut=Cut("request", first_draft, "killed-after"))
    assert ran.code == KILLED
    assert [agent["draft_prompt"] for agent in drafts(look(folder, NOON))] == ["Welcome the caller."]
    return folder


def drafts(seen: Seen) -> list[dict[str, object]]:
    return [agent for agent in seen.ours() if agent["has_draft"]]


def unfinished(folder: Path) -> list[str]:
    """The agents that the state remembers a begun write of."""
    found = {key: value for key, value in remembered(folder).items() if "/binding/Agent/" in key}
    return sorted(key.rpartition("/")[2] for key, value in found.items() if value["intent"])


def spoken(seen: Seen) -> dict[str, str]:
    return {agent["name"]: agent["prompt"] for agent in seen.ours()}


def test_a_draft_left_behind_is_thrown_away_when_the_edit_was_reverted(bench: KilledRuns, staged: Path) -> None:
    declare(staged, FIRST)
    ran = bench.run(staged, *EDIT.command, now=NOON)
    after = look(staged, NOON)
    assert ran.code == 0, ran.output
    assert not drafts(after)
    assert spoken(after) == {"Front desk": "Greet the caller.", "Reminders": "Remind the patient."}
    assert bench.run(staged, "plan", "--detailed-exitcode", now=NOON).code == 0


def test_a_draft_left_behind_gives_way_to_a_newer_edit(bench: KilledRuns, staged: Path) -> None:
    declare(staged, {**FIRST, "agents.yaml": AGENTS.replace("Greet the caller.", "Answer.")})
    ran = bench.run(staged, *EDIT.command, now=NOON)
    after = look(staged, NOON)
    assert ran.code == 0, ran.output
    assert not drafts(after)
    assert spoken(after) == {"Front desk": "Answer.", "Reminders": "Remind the patient."}
    assert bench.run(staged, "plan", "--detailed-exitcode", now=NOON).code == 0


def test_a_draft_left_behind_that_a_colleague_went_on_with_is_not_ours_any_more(
    bench: KilledRuns, staged: Path
) -> None:
    ours = drafts(look(staged, NOON))[0]
    meanwhile(staged, NOON, agents=[{"id": ours["id"], "draft": {"silence_hangup_seconds": 9}}])
    before = look(staged, NOON)
    ran = bench.run(staged, *EDIT.command, now=NOON)
    assert ran.code == REFUSED
    assert "Agent/front-desk" in ran.output
    assert "has a draft that this tool did not write" in ran.output
    assert look(staged, NOON).agents == before.agents


def test_a_colleagues_later_draft_with_the_words_of_a_finished_run_is_not_ours(bench: KilledRuns) -> None:
    """The killed run had deployed; what it intended must not make a later draft look like its own."""
    deploy = bench.run(bench.fresh(EDIT), *EDIT.command, now=NOON).changing[2]
    folder = bench.fresh(EDIT)
    assert bench.run(folder, *EDIT.command, now=NOON, cut=Cut("request", deploy, "killed-after")).code == KILLED
    assert bench.run(folder, *EDIT.command, now=NOON).code == 0
    front = next(agent for agent in look(folder, NOON).ours() if agent["name"] == "Front desk")
    meanwhile(folder, NOON, agents=[{"id": front["id"], "live": {"prompt": "Live."}}])
    meanwhile(folder, NOON, agents=[{"id": front["id"], "draft": {"prompt": "Welcome the caller."}}])
    declare(folder, {**FIRST, "agents.yaml": AGENTS.replace("Greet the caller.", "Answer.")})
    before = look(folder, NOON)
    ran = bench.run(folder, *EDIT.command, now=NOON)
    assert ran.code == REFUSED, ran.output
    assert look(folder, NOON).agents == before.agents


@pytest.mark.parametrize("options", [(), ("--prune",)])
def test_an_agent_that_a_killed_run_may_have_created_is_named_when_it_is_not_declared_any_more(
    bench: KilledRuns, options: tuple[str, ...]
) -> None:
    first = PROJECTS["first-apply"]
    create = bench.run(bench.fresh(first), *first.command, now=NOON).changing[0]
    folder = bench.fresh(first)
    assert bench.run(folder, *first.command, now=NOON, cut=Cut("request", create, "killed-after")).code == KILLED
    made = look(folder, NOON).ours()[0]
    declare(folder, {"billing.yaml": FIRST["billing.yaml"]})
    plan = bench.run(folder, "plan", *options, now=NOON)
    assert f"may have been created by a run that was killed (id {made['id']})" in plan.output
    assert bench.run(folder, *first.command, *options, now=NOON).code == 0
    assert [agent["id"] for agent in look(folder, NOON).ours()] == [made["id"]]
    assert [NAMES[name] for name in unfinished(folder)] == [made["name"]]
    declare(folder, FIRST)
    plan = bench.run(folder, "plan", now=NOON)
    assert f"appeared since an earlier apply began to create it (id {made['id']})" in plan.output
    assert bench.run(folder, *first.command, now=NOON).code == 0
    assert sorted(agent["name"] for agent in look(folder, NOON).ours()) == ["Front desk", "Reminders"]


def test_what_a_killed_run_never_created_is_forgotten_once_nobody_declares_it(bench: KilledRuns) -> None:
    first = PROJECTS["first-apply"]
    create = bench.run(bench.fresh(first), *first.command, now=NOON).changing[0]
    folder = bench.fresh(first)
    assert bench.run(folder, *first.command, now=NOON, cut=Cut("request", create, "killed-before")).code == KILLED
    assert unfinished(folder) == sorted(NAMES)
    declare(folder, {"billing.yaml": FIRST["billing.yaml"]})
    assert bench.run(folder, *first.command, now=NOON).code == 0
    assert not [key for key in remembered(folder) if "/binding/Agent/" in key]
    meanwhile(folder, NOON, agents=[{"name": "Front desk", "prompt": "Sell.", "voice": "olivia"}])
    assert "front-desk" not in bench.run(folder, "plan", "--full", now=NOON).output


def test_what_a_killed_run_never_created_stays_begun_while_a_namesake_is_new_or_a_document_wants_it(
    bench: KilledRuns,
) -> None:
    """Nobody can tell whose the newcomer is, and what is declared is settled by creating or adopting it."""
    first = PROJECTS["first-apply"]
    create = bench.run(bench.fresh(first), *first.command, now=NOON).changing[0]
    folder = bench.fresh(first)
    assert bench.run(folder, *first.command, now=NOON, cut=Cut("request", create, "killed-before")).code == KILLED
    meanwhile(folder, NOON, agents=[{"name": "Front desk", "prompt": "Sell.", "voice": "olivia"}])
    declare(folder, {"agents.yaml": AGENTS.partition("---\n")[2], "billing.yaml": FIRST["billing.yaml"]})
    assert bench.run(folder, *first.command, "--target", "AutoReload/billing", now=NOON).code == 0
    assert unfinished(folder) == sorted(NAMES)
