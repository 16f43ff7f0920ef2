"""Say what is wrong with an account after a cut run and the run that followed it."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from chaos.killed_runs import look, remembered
from reconciler.store.lease_process import is_dead

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from chaos.killed_runs import KilledRuns, Seen
    from chaos.projects import Project

_VERIFY = "/verify-voip"


def harm(before: Seen, after: Seen) -> Iterator[str]:
    """What must never be so, not even between the two runs."""
    if after.colleagues() != before.colleagues():
        yield "the colleague's agent or draft was touched"
    names = Counter(agent["name"] for agent in after.ours())
    yield from (f"{count} agents are called {name}" for name, count in names.items() if count > 1)
    called = Counter(call["to_number"] for call in after.calls)
    yield from (f"{number} was called {count} times" for number, count in called.items() if count > 1)


def shortfall(project: Project, after: Seen) -> Iterator[str]:
    """What of the desired state is not there."""
    names = sorted(agent["name"] for agent in after.ours())
    if names != sorted(project.agents):
        yield f"the agents are {names}"
    yield from (f"{agent['name']} is deployed by half" for agent in after.ours() if agent["has_draft"])
    if len(after.calls) != project.calls:
        yield f"{len(after.calls)} calls, wanted {project.calls}"
    probes = sum(number["probes"] for number in after.numbers)
    if probes != project.probes:
        yield f"{probes} billed probes, wanted {project.probes}"


def leftovers(folder: Path, after: Seen) -> Iterator[str]:
    """What a run that ended well must not leave in the state."""
    ids = {str(agent["id"]) for agent in after.ours()}
    bound: list[str] = []
    for key, value in remembered(folder).items():
        if "/lease/" in key and not is_dead(value["process"]):
            yield f"the lease {key} was not released"
        if "/binding/Agent/" in key:
            bound.append(value["id"])
            if value["intent"]:
                yield f"{key} still has the intent {value['intent']}"
    if sorted(bound) != sorted(ids):
        yield f"bound are {sorted(bound)}, and ours are {sorted(ids)}"


def settled(bench: KilledRuns, folder: Path, project: Project, before: Seen) -> list[str]:
    """Everything that is wrong after the second run; a plan must be clean."""
    after = look(folder, project.again)
    wrong = [*harm(before, after), *shortfall(project, after), *leftovers(folder, after)]
    plan = bench.run(folder, "plan", "--detailed-exitcode", *project.options, now=project.again)
    if plan.code != 0:
        wrong.append(f"the plan is not clean, exit {plan.code}: {plan.output}")
    return wrong


def restless(bench: KilledRuns, folder: Path, project: Project) -> list[str]:
    """A third run must write nothing."""
    third = bench.run(folder, *project.command, *project.options, now=project.again)
    if third.code == 0 and not third.changing:
        return []
    return [f"a third run wrote {len(third.changing)} times, exit {third.code}: {third.output}"]


def journal(seen: Seen) -> list[tuple[Any, ...]]:
    """What was sent, for a person who reads a failure."""
    return [(item["method"], item["path"], item["status"]) for item in seen.requests]
