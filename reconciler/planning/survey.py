"""Survey of an account: what is declared, what is there, what would be done, and what it costs."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from reconciler.contract.account import Look
from reconciler.contract.kind import FoundBy
from reconciler.kinds import KINDS
from reconciler.left_out import list_of
from reconciler.model import Finding, Severity
from reconciler.planning import guard, observe
from reconciler.planning import plan as planning
from reconciler.planning.forecast import forecast
from reconciler.planning.outlook import Outlook
from reconciler.planning.throughput import crowded
from reconciler.planning.undeclared import Undeclared
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant
from reconciler.schedule.expected_calls import SecondTry
from reconciler.schedule.occurrences import parts_of
from reconciler.state.call_records import Hold

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.contract.account import Account
    from reconciler.contract.resolver import Resolver
    from reconciler.load.reader import Loaded
    from reconciler.model import Address, Target
    from reconciler.planning.decide import Match
    from reconciler.planning.forecast import Stops
    from reconciler.planning.scope import Scope
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.settings import Settings
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger

_LISTED = 3  # held calls that a plan names


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
            *_standstill(connection.ledger, now),
            *(item for item in loaded.findings if not item.offline),
            *lint(account),
            *notes,
        ],
        scope=scope,
    )
    plan = replace(plan, findings=(*guard.limits(plan, account), *plan.findings))
    again, everything = _second_tries(connection.ledger), connection.ledger.held_all(now)
    declared = [KINDS[name] for name in sorted({it.address.kind for it in account.resources.values()})]
    foreseen = forecast(
        plan,
        account,
        [call for kind in declared for call in kind.planned_calls(account)],
        tuple(each for kind in declared for each in kind.expected_campaigns(plan, account, everything)),
        again=again,
        forbids=forbids,
        stops=_stops(connection.ledger, now),
    )
    plan = replace(plan, findings=(*plan.findings, *crowded(foreseen.rings, settings, loaded.resources)))
    unknown = None if scope.wanted or scope.paths else _undeclared(account, matches)
    # A part of the project that holds no call says nothing of those that are to come elsewhere.
    told = foreseen if foreseen.rings_anybody or foreseen.skips or not scope.wanted else None
    return Survey(Outlook.of(plan, told, unknown), account, resolver)


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


def _second_tries(ledger: Ledger) -> dict[Address, list[SecondTry]]:
    """The second tries to come of calls that are over, by the call."""
    last: dict[str, Attempt] = {}
    for attempt in ledger.attempts():
        if attempt.occurrence not in last or last[attempt.occurrence].attempt < attempt.attempt:
            last[attempt.occurrence] = attempt
    found: dict[Address, list[SecondTry]] = {}
    if not last:
        return found
    from reconciler.calls.due import second_try  # noqa: PLC0415 - the agenda is slow to load, and most plans have none

    for attempt in last.values():
        armed = ledger.armed_call(attempt.name)
        opens = second_try(armed, attempt) if armed else None
        if armed and opens:
            coming = SecondTry(opens, attempt.attempt + 1, armed.call.most_attempts, attempt.occurrence)
            found.setdefault(armed.call.address, []).append(coming)
    return found


def _stops(ledger: Ledger, now: datetime) -> Stops:
    """Why one call is not to be placed as things stand: cancelled, or held by command until its window has closed."""
    cancelled = {it.occurrence for it in ledger.attempts() if it.state is CallState.CANCELLED}
    held = {name: it for name, it in ledger.armed().items() if it.held or it.occurrence_holds}
    everything = ledger.held_all(now)

    def why(order: PlannedCall, at: datetime, occurrence: str) -> str:
        if occurrence in cancelled:
            return "cancelled"
        if everything and everything.lasts_to(at + order.late):
            return f"every call is held: {everything.why}"
        armed = held.get(order.name)
        own = (armed.hold, armed.occurrence_holds.get(parts_of(occurrence)[1], Hold())) if armed else ()
        return next((f"held: {hold.why}" for hold in own if hold and hold.lasts_to(at + order.late)), "")

    return why


def _standstill(ledger: Ledger, now: datetime) -> list[Finding]:
    """That calls are held, which nobody may overlook who arms another: all of them, or which."""
    if held := ledger.standstill(now):
        return [Finding(Severity.WARNING, "RC603", held, "reconciler calls release --all")]
    held_so: dict[tuple[str, str], list[str]] = {}
    for address, told in _held(ledger, now):
        held_so.setdefault((list_of(address) or address.name, told), []).append(address.name)
    if not held_so:
        return []
    count = sum(map(len, held_so.values()))
    calls = "1 call is held" if count == 1 else f"{count:,} calls are held"
    shown = [f"{_spoken(whole, names)} {told}" for (whole, told), names in [*held_so.items()][:_LISTED]]
    left = count - sum(map(len, [*held_so.values()][:_LISTED]))
    more = f"; and {left:,} more" if left else ""
    return [Finding(Severity.NOTE, "RC603", f"{calls}: {'; '.join(shown)}{more}", "reconciler calls --state held")]


def _spoken(whole: str, names: Sequence[str]) -> str:
    """What is held in one way: a call by its name, rows of a list by their count."""
    return f"`{names[0]}`" if len(names) == 1 else f"`{whole}` ({len(names):,} calls)"


def _held(ledger: Ledger, now: datetime) -> Iterator[tuple[Address, str]]:
    """The armed calls that are held now and whose window has not closed, and how, by the clock of each."""
    held = [it for it in ledger.armed().values() if it.state is CallState.ARMED and it.holds_now(now)]
    for armed in sorted(held, key=lambda it: it.name):
        over = bool(armed.closes) and parse_instant(armed.closes) <= now
        if not over:
            yield armed.call.address, armed.holds_now(now).spoken(armed.call.zone)
