"""Survey of an account: what is declared, what is there, what would be done, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.contract.account import Look
from reconciler.contract.kind import FoundBy
from reconciler.kinds import KINDS
from reconciler.planning import guard, observe, remembered_calls
from reconciler.planning import plan as planning
from reconciler.planning.forecast import forecast
from reconciler.planning.outlook import Outlook
from reconciler.planning.throughput import crowded
from reconciler.planning.undeclared import Undeclared

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.contract.account import Account
    from reconciler.contract.resolver import Resolver
    from reconciler.load.reader import Loaded
    from reconciler.model import Finding, Plan, Target
    from reconciler.planning.decide import Match
    from reconciler.planning.scope import Scope
    from reconciler.schedule.expected_calls import Forecast
    from reconciler.settings import Settings
    from reconciler.state.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Connection:
    """The account a run is about: its API, whose it is, and what is remembered of it."""

    api: Api
    target: Target
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class Survey:
    """What one look at the account found: the plan, and what a write needs besides."""

    plan: Outlook
    account: Account
    resolver: Resolver


def survey(  # noqa: PLR0913 - all that a plan depends on
    connection: Connection,
    loaded: Loaded,
    scope: Scope,
    settings: Settings,
    now: datetime,
    *,
    lint: Callable[[Account], Iterable[Finding]],
    notes: Iterable[Finding] = (),
    forbids: Callable[[str], bool] = lambda _: False,
) -> Survey:
    """Observe, match, plan, guard, lint, forecast; ``notes`` are what the caller found before. Raises ApiError.

    ``forbids`` says of a number that it must not be called.
    """
    account = observe.observe(
        organization=connection.target.organization_id,
        kinds=KINDS,
        resources=loaded.resources,
        api=connection.api,
        ledger=connection.ledger,
        settings=settings,
        now=now,
    )
    account = replace(account, forbids=forbids)
    matches, resolver = observe.resolved(KINDS, account)
    look = Look(connection.api, connection.ledger, loaded.resources, resolver, account.observed)
    matches = observe.in_full(KINDS, matches, look)
    plan = planning.plan(
        target=connection.target,
        account=account,
        matches=matches,
        kinds=KINDS,
        resolver=resolver,
        findings=[
            *remembered_calls.standstill(connection.ledger, now),
            *(item for item in loaded.findings if not item.offline),
            *lint(account),
            *notes,
        ],
        scope=scope,
    )
    plan = replace(plan, findings=(*guard.limits(plan, account), *plan.findings))
    foreseen = _foreseen(plan, account, connection.ledger, forbids)
    plan = replace(plan, findings=(*plan.findings, *crowded(foreseen.rings, settings, loaded.resources)))
    unknown = None if scope.wanted or scope.paths else _undeclared(account, matches)
    # A part of the project that holds no call says nothing of those that are to come elsewhere.
    told = foreseen if foreseen.rings_anybody or foreseen.skips or not scope.wanted else None
    return Survey(Outlook.of(plan, told, unknown), account, resolver)


def _foreseen(plan: Plan, account: Account, ledger: Ledger, forbids: Callable[[str], bool]) -> Forecast:
    """The calls and campaigns to come, with second tries, and without what is stopped."""
    everything = ledger.held_all(account.now)
    declared = [KINDS[name] for name in sorted({it.address.kind for it in account.resources.values()})]
    return forecast(
        plan,
        account,
        [call for kind in declared for call in kind.planned_calls(account)],
        tuple(each for kind in declared for each in kind.expected_campaigns(plan, account, everything)),
        again=remembered_calls.second_tries(ledger),
        forbids=forbids,
        stops=remembered_calls.stops(ledger, account.now),
    )


def _undeclared(account: Account, matches: Iterable[Match]) -> Undeclared:
    """What the tool could have made, and no document of any project and no record of ours stands for.

    A number is no such thing: it is bought elsewhere, and named only when something is to be set on it.
    """
    bound = {name for name, kind in KINDS.items() if kind.found_by is FoundBy.BINDING}
    own = [it for it in matches if it.address.kind in bound]
    known = {(it.address.kind, observed.id) for it in own for observed in (it.observed, *it.leaving) if observed}
    known |= {(it.address.kind, id_) for it in own for id_ in it.ids} | account.foreign_ids.keys()
    listed = ((name, item) for name, items in account.observed.items() if name in bound for item in items)
    return Undeclared(tuple((name, item) for name, item in listed if (name, item.id) not in known))
