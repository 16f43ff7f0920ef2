"""Steps: the writes of a plan in a safe order.

Agents before the numbers that point at them, numbers before money, money before calls; every draft before
any deploy; removals last and the other way round. Steps of one wave do not depend on each other.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

from reconciler.contract.fields import named
from reconciler.contract.kind import ranks
from reconciler.model import Action, Address, Phase

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.contract.kind import Kind
    from reconciler.model import Change, Observed, Plan


class Verb(IntEnum):
    """What is sent for a change, in the order within one kind."""

    ADOPT = 0
    CREATE = 1
    UPDATE = 2
    STAGE = 3
    DEPLOY = 4
    UNPROTECT = 5
    ACT = 6
    DELETE = 7


@dataclass(frozen=True, slots=True)
class Step:
    """One thing the machine does for a change; ``needs`` are the addresses that must have been applied."""

    change: Change
    verb: Verb
    needs: frozenset[Address] = frozenset()


def steps(plan: Plan, kinds: Mapping[str, Kind]) -> list[list[Step]]:
    """The waves of a plan: run them in order, the steps of each side by side."""
    awaited = {change.address for change in plan.pending} | on_their_way(plan).keys()
    waves: dict[tuple[int, int, int], list[Step]] = {}
    actions: Counter[Address] = Counter()
    places = ranks(kinds)
    for change in plan.pending:
        kind = kinds[change.address.kind]
        needs = frozenset(it for it in _references(change) if it in awaited and it != change.address)
        if change.replaced:
            needs = frozenset(it.address for it in plan.pending if change.address in _references(it))
        for verb in _verbs(change, kind):
            turn = actions[change.address] if verb is Verb.ACT else 0  # one object's actions come one by one
            actions[change.address] += verb is Verb.ACT
            waves.setdefault((*_wave(verb, places[kind.name]), turn), []).append(Step(change, verb, needs))
    return [waves[key] for key in sorted(waves)]


def on_their_way(plan: Plan) -> dict[Address, Observed]:
    """The objects to which nothing is done, and something is happening."""
    kept = (change for change in plan.changes if not change.pending)
    return {it.address: it.observed for it in kept if it.observed is not None and it.observed.phase is Phase.MOVING}


def _wave(verb: Verb, place: int) -> tuple[int, int]:
    return (1_000 - place, verb) if verb is Verb.DELETE else (place, verb)


def _verbs(change: Change, kind: Kind) -> tuple[Verb, ...]:
    match change.action:
        case Action.ADOPT:
            return (Verb.ADOPT,)
        case Action.CREATE | Action.REPLACE:
            return (Verb.CREATE,)
        case Action.UPDATE if kind.staged:
            return (Verb.STAGE, Verb.DEPLOY)
        case Action.UPDATE:
            return (Verb.UPDATE,)
        case Action.UNPROTECT:
            return (Verb.UNPROTECT,)
        case Action.DELETE:
            return (Verb.DELETE,)
        case _:
            return (Verb.ACT,)


def _references(change: Change) -> Iterable[Address]:
    if change.resource is None:
        return ()
    return (Address(ref.kind, name) for _, ref, name in named(type(change.resource.spec), change.resource.declared))
