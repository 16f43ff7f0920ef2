"""Campaigns to come: which ones of a plan dispatch will start, whom they ring, and what they cost."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.campaign_contacts import contacts_of, counted
from reconciler.kinds.campaign_load import DRAFT
from reconciler.kinds.campaign_record import record
from reconciler.kinds.campaign_start import callable_contacts, hours_of, lateness, most_cents, spec_of, starts_at, value
from reconciler.model import Action
from reconciler.schedule.clock import parse_instant
from reconciler.schedule.expected_calls import ExpectedCampaign
from reconciler.state.campaign_records import CampaignRecord

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.model import Address, Change, Plan, Resource
    from reconciler.state.call_records import Hold

_NEVER_STARTED = frozenset({Action.REFUSE, Action.DELETE})


def expected(plan: Plan, account: Account, everything: Hold) -> tuple[ExpectedCampaign, ...]:
    """What is to be started after an apply of the plan, the soonest first; nothing that is running or over.

    ``everything`` is the hold over all calls, a false one where there is none.
    """
    never = {change.address for change in plan.changes if change.action in _NEVER_STARTED}
    found: dict[Address, ExpectedCampaign] = {}
    for change in plan.changes:
        if change.address not in never and (one := _expected(change, account, everything)) is not None:
            found[change.address] = one
    return tuple(sorted(found.values(), key=lambda it: (it.at, it.address)))


def _expected(change: Change, account: Account, everything: Hold) -> ExpectedCampaign | None:
    resource, observed = change.resource, change.observed
    if resource is None or spec_of(resource) is None or resource.manifest.absent:
        return None
    opens = starts_at(resource)
    if opens is None or opens + lateness(resource) <= account.now:
        return None
    known = record(observed) if observed else CampaignRecord(resource.address.name, "")
    over = observed is not None and observed.body.get("status") != DRAFT
    people = sum(it.line not in known.left_out for it in callable_contacts(resource, account))
    if over or not known.start.may_be_armed or (known.rejected and known.is_loaded) or not people:
        return None
    ends, attempts = value(resource, observed, "end_at"), value(resource, observed, "max_attempts")
    return ExpectedCampaign(
        address=resource.address,
        at=opens,
        closes=opens + lateness(resource),
        zone=str(value(resource, observed, "timezone") or ""),
        hours=hours_of(resource, observed),
        people=people,
        tries=attempts if isinstance(attempts, int) else None,
        cents=most_cents(resource, observed, account),
        agent=str(resource.declared.get("agent") or ""),
        ends=parse_instant(str(ends)) if ends else None,
        held=_held(known, everything, opens + lateness(resource)) or _forbidden(resource, known, account),
    )


def _forbidden(resource: Resource, known: CampaignRecord, account: Account) -> str:
    """Whoever must not be called and was loaded keeps it from being started; "" where there is nobody."""
    found = sum(it.line not in known.left_out and account.forbids(it.number) for it in contacts_of(resource))
    return f"{counted(found)} must not be called" if known.is_loaded and found else ""


def _held(known: CampaignRecord, everything: Hold, closes: datetime) -> str:
    """Why it will not be started as things stand; "" where it will."""
    if everything and everything.lasts_to(closes):
        return f"every call is held: {everything.why}"
    return f"paused: {known.pause.why}" if known.pause and not known.pause.by_hold else ""
