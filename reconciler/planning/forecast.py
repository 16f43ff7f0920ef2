"""Forecast: what the declared calls will mean for money and people.

Every amount is a bound, not a prediction: a call is priced at the longest its agent lets it last, every
second try is taken, and a tier that is not in the price list costs what the dearest one does. The price
list is the project's own (``rates``), because the vendor's changes and its samples disagree (contract X28).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from reconciler import prices
from reconciler.model import Action, Address, Phase
from reconciler.redaction import storable
from reconciler.schedule import timezones
from reconciler.schedule.callee_hours import closed_for, may_ring
from reconciler.schedule.expected_calls import ExpectedCall, Forecast, SecondTry, Skip
from reconciler.schedule.occurrences import firings, occurrence_id
from reconciler.telephony.phone_numbers import zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.model import Change, Plan
    from reconciler.schedule.expected_calls import ExpectedCampaign
    from reconciler.schedule.occurrences import Occurrence
    from reconciler.schedule.planned_call import PlannedCall

AHEAD = timedelta(days=30)  # how far recurring calls are counted
_MOST = 1_000  # occurrences of one recurring call that are counted
Stops = Callable[["PlannedCall", "datetime", str], str]  # of a call, its instant and its occurrence: why not, or ""
_NEVER_RUNG = frozenset({Action.REFUSE, Action.DELETE})


def forecast(  # noqa: PLR0913 - all that decides who is rung
    plan: Plan,
    account: Account,
    orders: Iterable[PlannedCall],
    campaigns: tuple[ExpectedCampaign, ...] = (),
    *,
    again: Mapping[Address, Sequence[SecondTry]] = MappingProxyType({}),
    forbids: Callable[[str], bool] = lambda _: False,
    stops: Stops = lambda _, __, ___: "",
) -> Forecast:
    """Who will be rung by the calls of a plan, when, and for how much at most.

    ``orders`` are all declared calls; only those the plan covers and that may still be placed are counted. ``again``
    are the second tries to come of calls that are over. None is counted to a number that ``forbids`` says must not be
    called, and no occurrence of which ``stops`` says why it is not to be placed.
    """
    ahead = _Ahead(plan, account, again, stops)
    rings = sorted(
        (ring for order in orders if not forbids(order.to_number) for ring in ahead.rings(order)),
        key=lambda ring: (ring.at, ring.address.kind, ring.address.name),
    )
    held = [Skip(it.address, it.at, it.zone, it.held) for it in campaigns if it.held]
    skips = sorted([*ahead.skips, *held], key=lambda skip: (skip.at, skip.address))
    rates = account.settings.rates
    reload = _reload(plan, account)
    limit = reload.get("monthly_limit_cents")
    return Forecast(
        now=account.now,
        until=account.now + AHEAD,
        rings=tuple(rings),
        minutes=rates.unlimited_call_minutes,
        rates=rates.cents_per_minute.model_dump(),
        rates_read=rates.read,
        hours=ahead.hours,
        whole=ahead.whole,
        balance_cents=reload.get("balance_cents"),
        reloads=bool(reload.get("enabled")),
        reload_limit_cents=limit if isinstance(limit, int) else None,
        timezone_data=timezones.version(),
        skips=tuple(skips),
        campaigns=tuple(it for it in campaigns if not it.held),
    )


def _reload(plan: Plan, account: Account) -> dict[str, Any]:
    """Balance and auto-reload as they would be after an apply of the plan (contract 2.18)."""
    live = next((item.body for item in account.of("AutoReload")), {})
    declared = next(
        (
            change.resource.declared
            for change in plan.changes
            if change.address.kind == "AutoReload" and change.resource and change.action is not Action.REFUSE
        ),
        {},
    )
    after = {name: live.get(f"auto_reload_{name}") for name in ("enabled", "monthly_limit_cents")}
    return {"balance_cents": live.get("balance_cents"), **after, **declared}


class _Ahead:
    """The calls to come of one plan; remembers whether it stopped counting, and what each agent costs."""

    def __init__(
        self,
        plan: Plan,
        account: Account,
        again: Mapping[Address, Sequence[SecondTry]],
        stops: Stops,
    ) -> None:
        self.whole = True
        self._again = again
        self._stops = stops
        self._account = account
        self._changes: dict[Address, Change] = {change.address: change for change in plan.changes}
        self._prices: dict[tuple[str | int | None, str], tuple[str, bool, int]] = {}
        self.skips: list[Skip] = []
        self.hours = account.settings.calling_hours.minutes
        self._closed = account.settings.calling_hours.closed_days

    def rings(self, order: PlannedCall) -> Iterator[ExpectedCall]:
        """Every time a declared call will ring; nothing for one that is over, refused or out of scope."""
        change = self._changes.get(order.address)
        if change is None or change.action in _NEVER_RUNG:
            return
        if order.cancelled or (change.observed is not None and change.observed.phase is not Phase.STEADY):
            return
        agent, limited, cents = self._price(order)
        first = [SecondTry(at, 1, order.most_attempts) for at in self._instants(order)]
        for it in (*first, *self._second_tries(order)):
            tries = it.last - it.attempt + 1
            yield ExpectedCall(
                address=order.address,
                at=it.at,
                closes=it.at + order.late,
                zone=order.zone,
                to=order.to_number,
                places=zones(order.to_number),
                awake=may_ring(it.at, order.to_number, *self.hours),
                agent=agent,
                cents=cents * tries,
                limited=limited,
                recurs=order.schedule is not None and it.attempt == 1,
                tries=tries,
                attempt=it.attempt,
            )

    def _second_tries(self, order: PlannedCall) -> list[SecondTry]:
        waiting = (it for it in self._again.get(order.address, ()) if it.at + order.late > self._account.now)
        return [it for it in waiting if not self._is_held(order, it.at, it.occurrence or order.name)]

    def _instants(self, order: PlannedCall) -> list[datetime]:
        now = self._account.now
        if order.schedule is None:
            due = order.at is not None and order.at + order.late > now
            return [order.at] if order.at is not None and due and not self._is_held(order, order.at, order.name) else []
        every = list(islice(firings(order.schedule.excepted, now, now + AHEAD), _MOST + 1))
        self.whole = self.whole and len(every) <= _MOST
        return [it.nominal for it in every[:_MOST] if not self._is_skipped(order, it)]

    def _is_held(self, order: PlannedCall, at: datetime, occurrence: str) -> bool:
        """Whether its whole window lies under a hold, or it was cancelled; told then as skipped."""
        hold = order.hold
        declared = hold is not None and (hold.until is None or at + order.late <= hold.until)
        why = f"held: {storable(hold.why)}" if hold is not None and declared else self._stops(order, at, occurrence)
        return self._is_left_out(order, at, why)

    def _is_skipped(self, order: PlannedCall, firing: Occurrence) -> bool:
        """The same of an occurrence, which may also be excepted, or fall on a closed day."""
        at, excepted = firing.nominal, order.schedule is not None and firing.wall.date() in order.schedule.exceptions
        if self._is_held(order, at, occurrence_id(order.name, firing.wall)):
            return True
        return self._is_left_out(
            order, at, "excepted" if excepted else closed_for(at, order.to_number, self._closed)
        )  # fmt: skip - one question

    def _is_left_out(self, order: PlannedCall, at: datetime, why: str) -> bool:
        if why:
            self.skips.append(Skip(order.address, at, order.zone, why))
        return bool(why)

    def _price(self, order: PlannedCall) -> tuple[str, bool, int]:
        """Which agent speaks, whether it ends a call by itself, and the most that one may cost: told once of each."""
        # A one-off agent is known by what it is: every row of a list has the same, and the order keeps it.
        key = order.agent if order.config is None else id(order.config)
        known = self._prices.get((key, order.from_number))
        if known is None:
            agent, engine = self._engine(order)
            known = agent, *prices.of_call(engine, self._account.settings.rates)
            self._prices[key, order.from_number] = known
        return known

    def _engine(self, order: PlannedCall) -> tuple[str, Mapping[str, Any]]:
        """Which agent speaks, by name, and its settings: what was declared goes before what is live."""
        if order.config is not None:
            return "", order.config
        if order.agent is not None:
            return order.agent, self._settings(Address("Agent", order.agent))
        return self._outbound_agent(order.from_number)

    def _outbound_agent(self, number: str) -> tuple[str, Mapping[str, Any]]:
        declared = next(
            (
                resource.declared["outbound_agent"]
                for resource in self._account.resources.values()
                if resource.declared.get("number") == number and resource.declared.get("outbound_agent")
            ),
            None,
        )
        if declared is not None:
            return str(declared), self._settings(Address("Agent", str(declared)))
        line = next((item for item in self._account.of("PhoneNumber") if item.identity == number), None)
        live = self._account.find("Agent", str(line.body.get("outbound_agent_id"))) if line else None
        return (live.name, live.body) if live else ("", {})

    def _settings(self, address: Address) -> Mapping[str, Any]:
        resource, change = self._account.resources.get(str(address)), self._changes.get(address)
        binding = self._account.bindings.get(address)
        live = change.observed if change else self._account.find(address.kind, binding.id) if binding else None
        return {**(live.body if live else {}), **(resource.declared if resource else {})}
