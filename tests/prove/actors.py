"""Act as the command line does: dispatch, apply, and the switches of ``calls``.

Each function is one run of the tool on the simulated outside, composed as ``reconciler.cli`` composes it.
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, cast

from prove.world import Acting, SimulatedApi, SimulatedClock, SimulatedLock, SimulatedStore
from reconciler.calls.context import DispatchContext
from reconciler.calls.dispatch import dispatch, due_pools
from reconciler.calls.due import todo
from reconciler.calls.follow import follow, remember
from reconciler.calls.history import resolve
from reconciler.calls.rate_limit import Throttle
from reconciler.contract.account import Account, Context, Look
from reconciler.contract.resolver import Resolver
from reconciler.kinds import KINDS
from reconciler.kinds.scheduled_call import ScheduledCall
from reconciler.kinds.scheduled_call_orders import differs, order
from reconciler.load import reader
from reconciler.model import Action, Address, Change, Observed, Phase
from reconciler.planning.decide import Declared, Live, Situation, decide
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.schedule.occurrences import idempotency_key
from reconciler.settings import Limits, Project, Settings
from reconciler.state.call_records import Attempt, Hold
from reconciler.state.digests import PLAIN
from reconciler.state.ledger import Ledger

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Lock

    from prove.world import Actor, World
    from reconciler.api import Api
    from reconciler.calls.workers import WorkerPool
    from reconciler.model import Resource
    from reconciler.schedule.planned_call import PlannedCall

ORGANIZATION = "42"
CALLER, CALLEE = "+15551230001", "+14155550199"
LATE = "10m"
_KIND = ScheduledCall()
_SETTINGS = Settings(limits=Limits(calls_per_callee_per_day=2))
_OBSERVED = {
    "PhoneNumber": (Observed("PhoneNumber", "7", {"number": CALLER, "outbound_eligible": True}, identity=CALLER),),
    "AutoReload": (Observed("AutoReload", "auto-reload", {"balance_cents": 1000}),),
}


@dataclass(frozen=True)
class Manifests:
    """The declared calls of one commit, as the real loader reads them."""

    resources: Mapping[str, Resource]
    orders: Mapping[str, PlannedCall]


@cache
def manifests(*documents: str, file: str = "calls.yaml") -> Manifests:
    """Load documents; nothing may be wrong with them."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        (root / "manifests").mkdir()
        (root / "manifests" / file).write_text("---\n".join(documents), encoding="utf-8")
        loaded = reader.load((), Project(root, _SETTINGS), KINDS, now=datetime(2026, 11, 1, tzinfo=UTC))
    if loaded.errors:
        raise AssertionError(loaded.findings)
    calls = {address: one for address, one in loaded.resources.items() if one.address.kind == "ScheduledCall"}
    return Manifests(calls, {one.address.name: order(one, calls) for one in calls.values()})


def document(name: str, when: str, *, more: str = "", to: str = CALLEE, late: str = LATE) -> str:
    """One call; ``when`` is its ``at`` or ``schedule``, ``more`` further lines of its spec."""
    return f"""\
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {{name: {name}}}
spec:
  from_number: "{CALLER}"
  to_number: "{to}"
  config: {{prompt: Hello}}
  late: {late}
  {when}
  {more}
"""


def account(resources: Mapping[str, Resource], now: datetime) -> Account:
    """An account on which every call may be placed."""
    return Account(
        organization=ORGANIZATION,
        now=now,
        settings=_SETTINGS,
        observed=_OBSERVED,
        resources=resources,
        facts={"confirmation": {"status": "active"}},
    )


def ledger_of(world: World, actor: Actor) -> Ledger:
    """The real ledger over the simulated store."""
    return Ledger(SimulatedStore(world, actor), ORGANIZATION)


def tick(declared: Manifests) -> Callable[[World, Actor], None]:
    """One round of ``reconciler dispatch`` from a checkout of these manifests."""

    def run(world: World, actor: Actor) -> None:
        if (line := begun(declared, world, actor)) is not None:
            dispatch(line, told=actor.rows)

    return run


def crew(declared: Manifests, *, shared: str = "crew") -> tuple[Callable[[World, Actor], None], ...]:
    """The two workers of one such round, over one ledger: the first begins it, and both take what is due."""

    def first(world: World, actor: Actor) -> None:
        acting = cast("Actor", Acting(world))
        line = begun(declared, world, acting, throttle=Throttle(2, steady=world.steady))
        if line is None:
            world.crews[shared] = None
            return
        line.ledger._lock, line.ledger._others.looking = (cast("Lock", SimulatedLock(world)) for _ in range(2))
        due, missed = due_pools(line, line.clock.now())
        try:
            missed.run(1)
        finally:
            actor.rows += missed.rows
        world.crews[shared] = due
        work(due, actor)

    def second(world: World, actor: Actor) -> None:
        actor.blocked = lambda: shared not in world.crews
        actor.at("lock")
        if (due := world.crews[shared]) is not None:
            work(due, actor)

    def work(due: WorkerPool, actor: Actor) -> None:
        due.work()
        # Whoever ends last tells what both did, as the run does.
        actor.rows += due.rows

    return first, second


def begun(
    declared: Manifests, world: World, actor: Actor, *, throttle: Throttle | None = None
) -> DispatchContext | None:
    """A round of ``reconciler dispatch`` up to what it takes; None when nothing is due."""
    ledger, clock = ledger_of(world, actor), SimulatedClock(world, actor)
    api = cast("Api", SimulatedApi(world, actor))
    placed = ledger.attempts(CallState.PLACED)
    # One at a time: the simulation knows no threads.
    remember(ledger, placed, [told for one in placed for told in follow(api, [one], ledger.digests)])
    found = todo(ledger, now=clock.now())
    if not (found.place or found.settle or found.missed):
        return None
    actor.at("lease")
    ledger.refresh()
    return DispatchContext(
        api=api,
        ledger=ledger,
        resolver=Resolver({}),
        account=account(declared.resources, world.now),
        orders=declared.orders,
        organization=ORGANIZATION,
        clock=clock,
        owner=actor.name,
        differs=lambda chosen, armed: differs(chosen, armed, declared.resources, PLAIN),
        check_lease=lambda: None,
        stopping=Event(),
        throttle=throttle or Throttle(steady=world.steady),
        reading=cast("Lock", SimulatedLock(world)),
    )


def apply(declared: Manifests) -> Callable[[World, Actor], None]:
    """One ``reconciler apply`` from a checkout of these manifests: arms, reschedules, cancels."""

    def run(world: World, actor: Actor) -> None:
        actor.at("lease")
        ledger, clock = ledger_of(world, actor), SimulatedClock(world, actor)
        api = cast("Api", SimulatedApi(world, actor))
        live = {item.name: item for item in _KIND.observe(Look(api, ledger, declared.resources, Resolver({})))}
        context = Context(api, ledger, Resolver({}), account(declared.resources, clock.now()), clock.now)
        for name in sorted({*live, *declared.orders}):
            change = _change(name, declared, live.get(name), context.account.now)
            match change.action:
                case Action.CREATE:
                    _KIND.create(change, context)
                case Action.UPDATE:
                    _KIND.update(change, context)
                case Action.DELETE:
                    _KIND.delete(change, context)

    return run


def _change(name: str, declared: Manifests, live: Observed | None, now: datetime) -> Change:
    """What the real decision table makes of one call."""
    chosen = declared.orders.get(name)
    closes = chosen.closes if chosen else None
    situation = Situation(
        declared=Declared.PRESENT if chosen else Declared.NOT,
        live=Live.FOUND if live else Live.NOTHING,
        differs=bool(chosen and live and differs(chosen, live.body, declared.resources, PLAIN)),
        phase=live.phase if live else Phase.STEADY,
        expired=closes is not None and closes <= now,
        orphans=_KIND.orphans,
        history=live.history if live else "",
    )
    decision = decide(situation)[0]
    address = Address("ScheduledCall", name)
    resource = declared.resources.get(str(address))
    return Change(address, decision.action, decision.reason, decision.sentence, resource=resource, observed=live)


def hold(name: str, why: str = "by hand") -> Callable[[World, Actor], None]:
    """``calls hold NAME``; without a reason, ``calls release NAME``."""

    def run(world: World, actor: Actor) -> None:
        actor.at("lease")
        ledger = ledger_of(world, actor)
        if armed := ledger.armed().get(name):
            ledger.arm(replace(armed, held=why))

    return run


def hold_all(world: World, actor: Actor) -> None:
    """``calls hold --all``."""
    actor.at("lease")
    ledger_of(world, actor).hold_all(Hold("by hand"))


def cancel(name: str) -> Callable[[World, Actor], None]:
    """``calls cancel NAME``."""

    def run(world: World, actor: Actor) -> None:
        actor.at("lease")
        ledger = ledger_of(world, actor)
        tried = ledger.attempt(name, 1)
        if name not in ledger.armed() or (tried is not None and tried.state != CallState.REFUSED):
            return
        fresh = Attempt(name, name, 1, CallState.CANCELLED, key=idempotency_key(ORGANIZATION, name, 1))
        at = stamp(SimulatedClock(world, actor).now())
        ledger.record(replace(tried or fresh, state=CallState.CANCELLED, claimed_at="", detail=f"cancelled at {at}"))

    return run


def settle_by_list(declared: Manifests, name: str) -> Callable[[World, Actor], None]:
    """``calls resolve NAME``: the platform's list of calls decides."""

    def run(world: World, actor: Actor) -> None:
        actor.at("lease")
        ledger = ledger_of(world, actor)
        if any(one.name == name and one.state.uncertain for one in ledger.attempts()):
            api = cast("Api", SimulatedApi(world, actor))
            resolve(api, ledger, name, order=declared.orders.get(name))

    return run


def keys_of(names: tuple[str, ...], instants: tuple[datetime, ...], most: int) -> dict[str, tuple[str, int]]:
    """Which occurrence and attempt each idempotency key means, for a small model."""
    instant_names = [f"{name}@{instant:%Y-%m-%dT%H:%M}" for name in names for instant in instants]
    occurrences = [*names, *instant_names]
    numbers: range = range(1, most + 2)
    return {idempotency_key(ORGANIZATION, one, number): (one, number) for one in occurrences for number in numbers}
