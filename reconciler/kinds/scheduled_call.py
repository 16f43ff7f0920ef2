"""Scheduled calls: apply arms them in the ledger, and only dispatch ever dials.

The vendor has no such object: its ``POST /v1/call`` rings at once. So the live side of this kind is our own
ledger, and a call's name is permanent: one name, one call.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, ClassVar

from reconciler.contract.account import Account, Context, Fact, Look
from reconciler.contract.kind import FoundBy, Kind, Orphans, Verbs
from reconciler.kinds.scheduled_call_checks import complaints, lateness, wrong
from reconciler.kinds.scheduled_call_days import on_closed_days
from reconciler.kinds.scheduled_call_meaning import masked, meaning
from reconciler.kinds.scheduled_call_orders import opened, order_of, orders_of
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.kinds.scheduled_call_standing import (
    IS_ARMED,
    called_off,
    cancelled,
    never_again,
    observed_call,
    of_the_one,
    switched,
    untold,
)  # fmt: skip - one line of names
from reconciler.kinds.spoken_placeholders import Scripts
from reconciler.model import Action, Change, Consequence, Finding, Observed, Phase, Resource, Severity, Sort
from reconciler.redaction import mask
from reconciler.schedule import clock
from reconciler.schedule.call_states import CallState
from reconciler.schedule.occurrences import next_occurrence
from reconciler.schedule.spoken_cron import spoken_cron
from reconciler.state.call_records import Attempt, armed_now
from reconciler.state.digests import PLAIN
from reconciler.telephony.eligibility import Obstacle, not_on_account, unconfirmed, undialable, unfunded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from pydantic import BaseModel

    from reconciler.contract.resolver import Resolver
    from reconciler.model import FieldDiff
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.settings import Settings
    from reconciler.state.call_records import Armed


class ScheduledCall(Kind):
    """A call to one person at one time; its name is permanent and means one call."""

    name = "ScheduledCall"
    spec = ScheduledCallSpec
    verbs = Verbs(create="arm", update="reschedule", delete="cancel")
    orphans = Orphans.RETIRED
    found_by = FoundBy.NAME
    kept_in_state = True
    stands_alone = True
    undeclared_fields_differ = True
    also_reads = ("Agent", "PhoneNumber", "AutoReload")
    facts: ClassVar[tuple[Fact, ...]] = (Fact("confirmation", "/v1/outbound-tcpa-confirmation"),)

    def observe(self, look: Look) -> Iterator[Observed]:
        """What we armed, from our own ledger; a cancelled call that never rang is as if never armed.

        So is a recurring one: what is to come of it is cancelled, and may be armed anew.
        """
        if look.ledger.unread:
            yield from untold(look.resources.values())
            return
        tried: dict[str, list[Attempt]] = {}
        for attempt in look.ledger.attempts():
            tried.setdefault(attempt.name, []).append(attempt)
        standing = look.ledger.armed()
        digests = look.ledger.digests if standing else PLAIN
        for name, damage in look.ledger.damaged.items():
            history = _DAMAGED % damage.key
            yield Observed(self.name, name, {}, identity=name, name=name, phase=Phase.UNKNOWN, history=history)
        told = {*look.ledger.damaged}
        for armed in standing.values():
            attempts = tried.get(armed.name, ())
            if armed.state == CallState.ARMED or any(
                attempt.state != CallState.REFUSED for attempt in of_the_one(armed, attempts)
            ):
                told.add(armed.name)
                declared = look.resources.get(f"{self.name}/{armed.name}")
                spec = opened(armed.spec, declared, digests)
                yield observed_call(armed, attempts, spec, released=not cancelled(declared))
        foreign = look.ledger.foreign_calls()
        yield from called_off(look.resources.values(), {*told, *foreign})
        for name, project in foreign.items():
            yield Observed(self.name, name, {}, identity=name, name=name, project=project)

    def identity(self, spec: BaseModel) -> str:
        """Its name, which the engine knows."""
        return ""

    def display(self, resource: Resource) -> str:
        """Its permanent name."""
        return resource.address.name

    def expected(self, resource: Resource) -> Mapping[str, Any]:
        """The declaration, every field, with the number that `from` means: all of it is ours."""
        return {**masked(resource.declared), **resource.looked_up}

    def meaning(self, declared: Mapping[str, Any]) -> Mapping[str, Any]:
        """When, from where and with what, however it is spelled: ``late: 600s`` is the ten minutes of the default."""
        return meaning(declared)

    def verb(self, action: Action, resource: Resource | None, diffs: Sequence[FieldDiff]) -> str:
        """A switch in the manifest is told as what it does."""
        if action is not Action.UPDATE or resource is None:
            return super().verb(action, resource, diffs)
        paths = {diff.path for diff in diffs}
        if "cancelled" in paths:
            return "cancel" if cancelled(resource) else "release"
        if paths == {"held"}:
            return "hold" if resource.declared.get("held") else "release"
        return self.verbs.update

    def initial(self, resource: Resource) -> Mapping[str, Any]:
        """Just the declaration: whoever reads `from` needs no second line for its number."""
        return masked(resource.declared)

    def create(self, change: Change, context: Context) -> Observed:
        """Arm it: written to the ledger, nothing is sent and nobody is rung."""
        return self._arm(change, context)

    def update(self, change: Change, context: Context) -> Observed:
        """Arm it anew: the occurrence keeps its identity, so no edit can mint a second call."""
        return self._arm(change, context)

    def delete(self, change: Change, context: Context) -> None:
        """Cancel it: dispatch will not place it."""
        if (cancelled := _cancelled(change, context)) is not None:
            context.ledger.arm(cancelled)

    def record_all(self, changes: Sequence[Change], context: Context) -> Sequence[Observed | None]:
        """Arm or cancel them together."""
        made = [_cancelled(it, context) if it.action.removes else _armed(it, context) for it in changes]
        context.ledger.arm_all([it for it in made if it is not None])
        pairs = zip(changes, made, strict=True)
        return [None if one is None or it.action.removes else _as_observed(one, it, context) for it, one in pairs]

    def _arm(self, change: Change, context: Context) -> Observed:
        armed = _armed(change, context)
        context.ledger.arm(armed)
        return _as_observed(armed, change, context)

    def expires_at(self, spec: BaseModel) -> datetime | None:
        """The end of its window."""
        if not isinstance(spec, ScheduledCallSpec):
            return None
        if spec.schedule is not None:
            until = spec.schedule.schedule.until
            return until + lateness(spec) if until else None
        if spec.at is None:
            return None
        return clock.nominal(spec.at, spec.timezone).instant + lateness(spec)

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """Offline: one number, one agent at most, a time that exists, every placeholder filled."""
        scripts = Scripts(resources)
        for resource in own:
            if not resource.manifest.absent:
                yield from complaints(resource, scripts, now)

    def check_settings(self, own: Sequence[Resource], settings: Settings, now: datetime) -> Iterator[Finding]:
        """Offline: whether the day of each `at` is one on which people are called."""
        return on_closed_days(own, settings.calling_hours, now)

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """Online: may the number dial, is there money, has the organisation confirmed, is it too late."""
        if change.resource is None or not isinstance(change.resource.spec, ScheduledCallSpec) or account.unread:
            return
        if cancelled(change.resource):
            return
        if (other := _other_nature(change.resource, change.observed)) is not None:
            yield other
            return
        if change.observed is not None and change.observed.phase is Phase.UNKNOWN:
            yield Finding(
                Severity.ERROR,
                "RC503",
                f"{change.observed.history}: nobody is rung for it",
                "restore the state from a backup (`reconciler state import`), or declare the call under a new name",
                change.address,
                change.resource.manifest.locate("metadata", "name"),
            )
            return
        if change.too_late:
            yield Finding(
                Severity.ERROR,
                "RC220",
                "will not fire: its time has passed and it was never armed",
                "set a future time, or remove it; if the state was lost: reconciler calls adopt-history",
                change.address,
                change.resource.manifest.locate("spec", "at"),
            )
            return
        if (late := never_again(change.resource, change.observed, account.now)) is not None:
            yield late
            return
        if change.action is Action.KEEP and (change.observed is None or change.observed.phase is not Phase.STEADY):
            return
        for obstacle, field in _obstacles(order_of(change.resource, account), account):
            yield _finding(change.resource, obstacle, field)

    def planned_calls(self, account: Account) -> Iterable[PlannedCall]:
        """Those that are declared to be placed."""
        return orders_of(account)

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """A person's telephone will ring, and the minutes are paid for; not where do-not-call stops it."""
        if change.verb in _STOPS:
            return ()
        if change.action.writes_fields and change.resource is not None:
            callee = str(change.resource.declared.get("to_number", change.address))
            if account.forbids(callee):
                return ()
            return (Consequence(Sort.RINGS_A_PERSON, people=1, callee=callee), _PAID)
        return ()

    def summary(self, change: Change, account: Account) -> str:
        """Whom, when in the zone it was declared in, and until when."""
        if change.action.removes and change.observed is not None:
            return _lost(change, account.now)
        if not change.action.writes_fields or change.resource is None:
            return ""
        made = order_of(change.resource, account)
        if change.verb in _STOPS:
            return switched(made)
        if change.observed is not None and change.observed.history != IS_ARMED:
            return f"{mask(made.to_number)}: {change.observed.history}"
        held = f"; {switched(made)}" if made.hold and made.hold.in_force(account.now) else ""
        stopped = "; nobody is rung: this person must not be called" if account.forbids(made.to_number) else ""
        return f"{mask(made.to_number)} {_spoken(made, account.now)}{held}{stopped}"


def _armed(change: Change, context: Context) -> Armed:
    if change.resource is None:
        raise LookupError(str(change.address))
    made = order_of(change.resource, context.account)
    before = context.ledger.armed_call(made.name)
    return armed_now(made, context.now(), before, digests=context.ledger.digests)


def _cancelled(change: Change, context: Context) -> Armed | None:
    armed = context.ledger.armed_call(change.address.name)
    return None if armed is None else replace(armed, state=CallState.CANCELLED)


def _as_observed(armed: Armed, change: Change, context: Context) -> Observed:
    """As a plan would see it; what was tried before says nothing of what was just armed."""
    return observed_call(armed, (), opened(armed.spec, change.resource, context.ledger.digests))


_STOPS = ("hold", "cancel")


_PAID = Consequence(Sort.SPENDS_MONEY)
_DAMAGED = "its record `%s` in the state is damaged"


def _other_nature(resource: Resource, observed: Observed | None) -> Finding | None:
    """A name means one call, or one series of calls: what was placed of the one says nothing of the other."""
    if observed is None or (resource.declared.get("schedule") is None) == (observed.body.get("schedule") is None):
        return None
    was, key = ("a single", "schedule") if observed.body.get("schedule") is None else ("a recurring", "at")
    message = f"the name of a call is permanent: `{resource.address.name}` is that of {was} call"
    return wrong(resource, key, "RC221", message, "give the new call a new name")


def _obstacles(made: PlannedCall, account: Account) -> tuple[tuple[Obstacle, str], ...]:
    """What would keep the call from going out, as far as the account tells today: one answer for all of one number."""
    unspoken, field = made.agent is None and made.config is None, "from" if "from" in made.spec else "from_number"
    question = "ScheduledCall", "obstacles", made.from_number, unspoken, field
    return account.once(question, lambda: tuple(_found_obstacles(made, account, field)))


def _found_obstacles(made: PlannedCall, account: Account, field: str) -> Iterator[tuple[Obstacle, str]]:
    live = next((item for item in account.of("PhoneNumber") if item.identity == made.from_number), None)
    if live is None:
        yield not_on_account(made.from_number), field
    elif (obstacle := undialable(live.body)) and not _will_be_proven(obstacle, made, account):
        yield obstacle, field
    if live is not None and made.agent is None and made.config is None and not _has_outbound_agent(live, account):
        yield _NO_AGENT, field
    billing = next((item.body for item in account.of("AutoReload")), None)
    if (obstacle := unfunded(billing)) and not _will_be_funded(account):
        yield obstacle, "to_number"
    if obstacle := unconfirmed(account.facts.get("confirmation")):
        yield obstacle, "to_number"


_NO_AGENT = Obstacle(
    "RC206",
    "neither `agent` nor `config` is given, and the number has no outbound agent",
    "name an `agent`, or declare the number's `outbound_agent`",
    lasting=True,
)


def _declaration(number: str, account: Account) -> Mapping[str, Any]:
    """What the manifests say of a number; empty when they do not mention it."""
    return next(
        (
            resource.declared
            for resource in account.resources.values()
            if resource.address.kind == "PhoneNumber" and resource.declared.get("number") == number
        ),
        {},
    )  # fmt: skip - one sentence


def _will_be_proven(obstacle: Obstacle, made: PlannedCall, account: Account) -> bool:
    """An unproven number is no obstacle when the same manifests ask for its proof."""
    asked = bool(_declaration(made.from_number, account).get("verify"))
    failed = any(
        binding.refused and binding.id == live.id
        for live in account.of("PhoneNumber")
        if live.identity == made.from_number
        for address, binding in account.bindings.items()
        if address.kind == "PhoneNumber"
    )
    return obstacle.curable and asked and not failed


def _has_outbound_agent(live: Observed, account: Account) -> bool:
    declared = _declaration(live.identity, account)
    return bool(declared.get("outbound_agent", live.body.get("outbound_agent_id")))


def _will_be_funded(account: Account) -> bool:
    """An empty balance is no obstacle when the same manifests turn auto-reload on."""
    return any(
        resource.address.kind == "AutoReload" and resource.declared.get("enabled")
        for resource in account.resources.values()
    )


def _spoken(made: PlannedCall, now: datetime) -> str:
    place = clock.zone(made.zone or "UTC")
    if made.schedule is not None:
        first = next_occurrence(made.schedule, now)
        following = f"next {clock.spoken_local(first, place, now=now)}" if first else "never again"
        return f"{spoken_cron(made.schedule.cron)} in {made.zone}: {following}"
    if made.at is None or made.closes is None:
        return ""
    closes = made.closes.astimezone(place)
    if made.at <= now:
        return f"now, until {closes:%H:%M}"
    when = clock.spoken_local(made.at, place, now=now)
    return f"on {when} ({clock.spoken_gap(now, made.at)}), until {closes:%H:%M}"


def _lost(change: Change, now: datetime) -> str:
    """What a cancelled call would have been, as the ledger remembers it: when, from where, who declared it."""
    if change.observed is None:
        return change.sentence
    body, source = change.observed.body, change.observed.source
    number = body.get("from") or body.get("from_number")
    origin = f", from {number}" if number else ""
    declared = f", declared in {source}" if source else ""
    history = change.observed.history if change.observed else IS_ARMED
    told = history if history != IS_ARMED else f"it was to ring {_remembered(body, now)}"
    return f"{change.sentence}: {told}{origin}{declared}"


def _remembered(body: Mapping[str, Any], now: datetime) -> str:
    """``on Tue 15 Jan 15:00 New York (in 1 d)``, or how it recurred."""
    schedule = body.get("schedule")
    if schedule:
        return f"{spoken_cron(str(schedule.get('cron')))} in {schedule.get('timezone')}"
    if not body.get("at"):
        return "once"
    at = clock.nominal(body["at"], body.get("timezone")).instant
    place = clock.zone(body.get("timezone") or "UTC")
    return f"on {clock.spoken_local(at, place, now=now)} ({clock.spoken_gap(now, at)})"


def _finding(resource: Resource, obstacle: Obstacle, field: str) -> Finding:
    severity = Severity.ERROR if obstacle.lasting else Severity.WARNING
    return wrong(resource, field, obstacle.code, obstacle.message, obstacle.hint, severity)
