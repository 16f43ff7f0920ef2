"""Scenarios that a run of tests is about, by agent, and why some cannot be tried."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler import prices
from reconciler.errors import InputError, PlanRefused
from reconciler.model import Action, Address
from reconciler.testing.batch import prompt_hashes
from reconciler.testing.run import Wanted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.contract.account import Account
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change, Plan, Resource

_AGENT, _SCENARIO, _NUMBER = "Agent", "TestScenario", "PhoneNumber"
_WEB, _TELEPHONY = "web", "telephony"
_NAMED = 5


@dataclass(frozen=True, slots=True)
class Chosen:
    """What is to be run, and the agents that have nothing to run."""

    wanted: tuple[Wanted, ...]
    empty: tuple[str, ...]


def chosen(  # noqa: PLR0913 - what a choice is made from
    resources: Mapping[str, Resource],
    plan: Plan,
    account: Account,
    resolver: Resolver,
    *,
    accepts: Callable[[Resource], bool],
    channel: str,
    number: str | None,
) -> Chosen:
    """The scenarios of each agent; one is meant by itself or with its agent.

    Raises PlanRefused where a plan would change an agent or a scenario that is meant: what is tested is what is live.
    """
    by_agent = _by_agent(resources, accepts)
    _as_declared(plan, by_agent)
    number_id = _number_id(resolver, channel, number)
    wanted = [
        _wanted(name, scenarios, account, resolver, channel=channel, number_id=number_id)
        for name, scenarios in by_agent.items()
        if scenarios
    ]
    return Chosen(tuple(wanted), tuple(name for name, scenarios in by_agent.items() if not scenarios))


def _by_agent(resources: Mapping[str, Resource], accepts: Callable[[Resource], bool]) -> dict[str, list[Resource]]:
    present = [it for it in resources.values() if not it.manifest.absent]
    agents = {it.address.name: it for it in present if it.address.kind == _AGENT}
    whole = [name for name, agent in sorted(agents.items()) if accepts(agent)]
    found: dict[str, list[Resource]] = {name: [] for name in whole}
    for resource in (it for it in present if it.address.kind == _SCENARIO):
        name = str(resource.declared.get("agent"))
        if name in whole or accepts(resource):
            found.setdefault(name, []).append(resource)
    return found


def _as_declared(plan: Plan, by_agent: Mapping[str, Iterable[Resource]]) -> None:
    """Raise PlanRefused where something that is meant is not live as it is declared."""
    meant = {Address(_AGENT, name) for name, scenarios in by_agent.items() if scenarios}
    meant |= {it.address for scenarios in by_agent.values() for it in scenarios}
    changes = sorted((it for it in plan.changes if it.address in meant and _pending(it)), key=lambda it: it.address)
    if not changes:
        return
    named = "; ".join(map(_not_live, changes[:_NAMED]))
    more = f"; and {len(changes) - _NAMED} more" if len(changes) > _NAMED else ""
    where = next((diff.location for diff in changes[0].diffs if diff.location), changes[0].location)
    raise PlanRefused(f"{named}{more}", code="RC311", location=where, hint="reconciler apply, then test again")


def _pending(change: Change) -> bool:
    return bool(change.diffs) or change.observed is None or change.action in (Action.REPLACE, Action.DELETE)


def _not_live(change: Change) -> str:
    fields = change.diffs if change.observed is not None else ()
    what = ", ".join(f"`{name}`" for name in dict.fromkeys(diff.path for diff in fields))
    return f"{change.address} is not live as declared ({what})" if what else f"{change.address} is not on the account"


def _number_id(resolver: Resolver, channel: str, number: str | None) -> str:
    if channel == _WEB:
        if number is not None:
            raise InputError("--phone-number is for --channel telephony", code="RC124", hint="add --channel telephony")
        return ""
    if number is None:
        hint = "add --phone-number NAME, a PhoneNumber that is declared"
        raise InputError("tests by telephone need a number to call from", code="RC124", hint=hint)
    if (id_ := resolver.id(Address(_NUMBER, number))) is None:
        hint = "name a PhoneNumber that is declared and on the account"
        raise InputError(f"no PhoneNumber `{number}` is known here", code="RC124", hint=hint)
    return id_


def _wanted(  # noqa: PLR0913 - what a batch is made of
    name: str, scenarios: Iterable[Resource], account: Account, resolver: Resolver, *, channel: str, number_id: str
) -> Wanted:
    agent_id = resolver.id(Address(_AGENT, name)) or ""
    live = account.find(_AGENT, agent_id)
    body: Mapping[str, Any] = live.body if live is not None else {}
    ids = {resolver.id(it.address) or "": str(it.address) for it in scenarios}
    return Wanted(
        name,
        agent_id,
        prompt_hashes(str(body.get("prompt") or "")),
        ids,
        channel,
        number_id,
        cents=prices.of_short_test(body, account.settings.rates),
        changed_at=str(body.get("updated_at") or ""),
    )
