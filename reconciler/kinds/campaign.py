"""Campaigns: calls to many, which the platform places by itself.

The vendor's oddities (contract-next 3): nothing tells a campaign but its id, and names are not unique; contacts are
never compared and never taken back; a running one cannot be changed. So the definition is kept right while it is a
draft or paused, contacts are loaded once, and only dispatch starts it.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.contract.account import Fact
from reconciler.contract.kind import DueAction
from reconciler.errors import Declined
from reconciler.kinds import campaign_checks as checks
from reconciler.kinds.campaign_contacts import COLUMNS, KEY, contacts_of, counted
from reconciler.kinds.campaign_days import on_closed_days
from reconciler.kinds.campaign_forecast import expected
from reconciler.kinds.campaign_load import DRAFT, load, refused_rows
from reconciler.kinds.campaign_record import RECORD, record
from reconciler.kinds.campaign_spec import CampaignSpec
from reconciler.kinds.campaign_start import callable_contacts, consequences_of, opening, said_of, starts_at
from reconciler.kinds.rest import RestKind, declared
from reconciler.kinds.spoken_placeholders import Scripts
from reconciler.model import Observed, Phase
from reconciler.state.campaign_records import CampaignRecord, StartState, record_of, write

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.account import Account, Context, Look
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change, Consequence, Finding, Plan, Resource
    from reconciler.schedule.expected_calls import ExpectedCampaign
    from reconciler.settings import Settings
    from reconciler.state.call_records import Hold
    from reconciler.state.ledger import Ledger

_PHASES = {"scheduled": Phase.BUSY, "running": Phase.BUSY, "completed": Phase.SETTLED, "cancelled": Phase.SETTLED}
_LOAD, _ARM, _RESCHEDULE, _CANCEL = "load", "arm", "reschedule", "cancel"


class Campaign(RestKind):
    """Calls to many that the platform places by itself: contacts are loaded once, and dispatch starts it."""

    name = "Campaign"
    spec = CampaignSpec
    path = "/v1/campaigns"
    id_field = "public_id"
    needed = ("agent", "daily_window_start", "daily_window_end")
    also_reads = ("Agent", "PhoneNumber", "AutoReload")
    facts = (Fact("confirmation", "/v1/outbound-tcpa-confirmation"),)
    listed_only = True  # one object comes with all of its contacts
    stands_alone = True
    stop = "reconciler campaigns pause {name}"

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """A campaign that calls is not changed, and one that is over is history."""
        found = super().seen(body, below)
        phase = _PHASES.get(str(body.get("status")), Phase.STEADY)
        return replace(found, phase=phase, history=_history(body)) if found else None

    def live_keys(self, observed: Observed) -> tuple[str, ...]:
        """Its name, while it is a draft: what calls, or called, is never taken for one that is declared anew."""
        return super().live_keys(observed) if observed.body.get("status") == DRAFT else ("",)

    def observe(self, look: Look) -> Iterable[Observed]:
        """The whole list, each with what is remembered of it."""
        return _remembered(super().observe(look), look.ledger)

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """One, as it is now, with what is remembered of it."""
        return next(iter(_remembered([super().read(id_, context, parent)], context.ledger)))

    def number_columns(self, declared: Mapping[str, Any]) -> frozenset[str]:
        """Those that the platform takes the number of a contact from."""
        del declared
        return frozenset(COLUMNS)

    def due_once_made(self, resource: Resource) -> Iterator[DueAction]:
        """What is due on a new draft."""
        return _due(resource, CampaignRecord(resource.address.name, ""), DRAFT)

    def due_actions(self, resource: Resource, observed: Observed) -> Iterator[DueAction]:
        """Contacts that are not loaded, and a start that is not as declared."""
        return _due(resource, record(observed), str(observed.body.get("status")))

    def due_once_undeclared(self, observed: Observed) -> Iterator[DueAction]:
        """An armed start, which goes with its document; the campaign itself stays."""
        if record(observed).start is StartState.ARMED:
            yield DueAction(_CANCEL, "not_to_start", "is not declared any more, and not to be started", once=False)

    def delete(self, change: Change, context: Context) -> None:
        """Remove it, and with it the start that is to come."""
        super().delete(change, context)
        if change.id is not None:
            _call_off(change.address.name, change.id, context)

    def act(self, change: Change, context: Context) -> Observed:
        """Load the contacts, or say when dispatch is to start it."""
        if change.resource is None and change.verb == _CANCEL and change.id is not None:
            _call_off(change.address.name, change.id, context)
            return self.read(change.id, context)
        resource = declared(change)
        id_ = change.id or context.resolver.id(change.address)
        if id_ is None:
            raise LookupError(str(change.address))
        if change.verb == _LOAD:
            load(resource, id_, context, lambda: self.read(id_, context).body)
        else:
            _schedule(resource, id_, context, armed=change.verb != _CANCEL)
        return self.read(id_, context)

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """Windows, times and rows that cannot be as written, and placeholders that no column fills."""
        scripts = Scripts(resources)
        for resource in own:
            yield from checks.offline(resource, scripts)

    def check_settings(self, own: Sequence[Resource], settings: Settings, now: datetime) -> Iterator[Finding]:
        """Offline: whether people are called on the days on which it would."""
        for resource in own:
            yield from on_closed_days(resource, settings.calling_hours, now)

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """What keeps it from being created, loaded or started."""
        yield from super().preflight(change, account, resolver)
        if change.resource is not None and not change.resource.manifest.absent:
            known = record(change.observed) if change.observed else CampaignRecord(change.address.name, "")
            yield from checks.online(change, change.resource, known, account)

    def expected_campaigns(self, plan: Plan, account: Account, everything: Hold) -> Iterable[ExpectedCampaign]:
        """Those that dispatch will start."""
        return expected(plan, account, everything)

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """People are rung, and money is spent, once it is started."""
        if change.resource is None or change.verb not in (_ARM, _RESCHEDULE):
            return ()
        return consequences_of(change.resource, change.observed, account)

    def summary(self, change: Change, account: Account) -> str:
        """Whom it will ring, for how much, and when; of a load, how many of its contacts may not be called."""
        if change.resource is not None and change.verb == _LOAD:
            return _loads(change, change.resource, account)
        if change.resource is None or change.verb not in (_ARM, _RESCHEDULE):
            return ""
        return said_of(change.resource, change.observed, account)


def _remembered(found: Iterable[Observed], ledger: Ledger) -> Iterator[Observed]:
    names = {
        binding.id: address.name for address, binding in ledger.bindings().items() if address.kind == Campaign.name
    }
    for it in found:
        name = names.get(it.id)
        yield replace(it, body={**it.body, RECORD: record_of(ledger, name, it.id)}) if name else it


def _history(body: Mapping[str, Any]) -> str:
    done, total = body.get("completed_count", 0), body.get("total_count", 0)
    return f"is {body.get('status')}: {done} of {total} contacts completed"


def _due(resource: Resource, known: CampaignRecord, status: str) -> Iterator[DueAction]:
    """A load first, then the start; neither of what is no draft any more."""
    if status != DRAFT or KEY not in resource.declared:
        return
    contacts = len(contacts_of(resource))
    if not known.is_loaded or (known.rejected and not known.may_hold_contacts):
        begun = "; an earlier apply began it" if known.chunks else ""
        said = f"loads {counted(contacts)}{begun}"
        if contacts:
            yield DueAction(_LOAD, "not_loaded", said, once=False)
    elif known.rejected:
        return
    yield from _start_due(resource, known) if contacts else ()


def _loads(change: Change, resource: Resource, account: Account) -> str:
    """``loads 2 contacts, without 1 who must not be called``; "" where nobody is left out."""
    everybody, called = contacts_of(resource), callable_contacts(resource, account)
    if not (left := len(everybody) - len(called)):
        return ""
    said = change.sentence.removeprefix(f"loads {counted(len(everybody))}")
    return f"loads {counted(len(called))}, without {left:,} who must not be called{said}"


def _start_due(resource: Resource, known: CampaignRecord) -> Iterator[DueAction]:
    opens = starts_at(resource)
    if not known.start.may_be_armed:
        return
    if opens is None:
        if known.start is StartState.ARMED:
            yield DueAction(_CANCEL, "not_to_start", "is not to be started any more", once=False)
        return
    armed = known.start is StartState.ARMED
    wanted = opening(resource)
    if not armed and known.opens == wanted[0]:
        return  # it was missed at that time, and is not made up for
    if not armed or (known.opens, known.closes) != wanted:
        yield DueAction(_RESCHEDULE if armed else _ARM, "not_armed", "is to be started", once=False)


def _call_off(name: str, id_: str, context: Context) -> None:
    """Record that a start which is armed is not to come; what was sent for one stays as it is."""
    known = record_of(context.ledger, name, id_)
    if (called_off := known.called_off) != known:
        write(context.ledger, called_off)


def _schedule(resource: Resource, id_: str, context: Context, *, armed: bool) -> None:
    """Record when dispatch is to start it; raises Declined where it may not be any more."""
    known = record_of(context.ledger, resource.address.name, id_)
    if not known.start.may_be_armed:
        raise Declined(f"its start is {known.start} already", method="", path="")
    if known.rejected:
        raise Declined(refused_rows(known), method="", path="")
    if not armed:
        write(context.ledger, known.called_off)
        return
    opens, closes = opening(resource)
    write(
        context.ledger, replace(known, start=StartState.ARMED, opens=opens, closes=closes, code="", detail="")
    )  # fmt: skip - one sentence
