"""Whether a campaign may be started now: by the manifests as they are, and the account as just read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.campaign_checks import caller, outside_hours
from reconciler.kinds.campaign_contacts import KEY, contacts_of, counted, lines
from reconciler.kinds.campaign_days import closed_at
from reconciler.kinds.campaign_load import refused_rows
from reconciler.kinds.campaign_start import opening
from reconciler.telephony.eligibility import Obstacle, not_on_account, unconfirmed, undialable, unfunded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.contract.account import Account
    from reconciler.model import Observed, Resource
    from reconciler.state.campaign_records import CampaignRecord
    from reconciler.telephony.do_not_call import DoNotCall


def closed(
    resource: Resource | None, observed: Observed, known: CampaignRecord, account: Account, *, differs: bool
) -> Obstacle | None:
    """The first reason against it; None when it may be started."""
    if resource is None or resource.manifest.absent:
        return _now("RC601", "the manifests do not declare it any more")
    return next(_reasons(resource, observed, known, account, differs=differs), None)


def _reasons(
    resource: Resource, observed: Observed, known: CampaignRecord, account: Account, *, differs: bool
) -> Iterator[Obstacle]:
    digest = (resource.declared.get(KEY) or {}).get("sha256")
    if differs or opening(resource) != (known.opens, known.closes) or not known.is_of(digest):
        yield _now("RC602", "the manifest is not what was armed", "run apply, then dispatch again")
    if known.rejected:
        yield _now("RC242", refused_rows(known))
    held = int(observed.body.get("total_count") or 0)
    if not known.is_loaded or held != known.accepted:
        yield _now("RC240", f"it holds {counted(held)}, and this tool loaded {known.accepted:,}")
    most = account.settings.limits.contacts_per_campaign
    if held > most:
        yield _now("RC301", f"{counted(held)}, limit {most:,}", "raise `limits.contacts_per_campaign`")
    if found := outside_hours(resource, observed, account):
        yield _now("RC605", f"outside calling hours within its daily window: {lines(found)}")
    if today := closed_at(resource, account.settings.calling_hours, account.now):
        yield _now("RC618", f"nobody is called today: {today}", "change `calling_hours` if that is meant")
    yield from _account(resource, observed, account)


def _account(resource: Resource, observed: Observed, account: Account) -> Iterator[Obstacle]:
    number, live = caller(resource, observed, account)
    billing = next((item.body for item in account.of("AutoReload")), None)
    if account.find("Agent", str(observed.body.get("agent"))) is None:
        yield _now("RC606", "its agent is not on the account", "run apply first")
    dials = not_on_account(number) if live is None else undialable(live.body)
    for obstacle in (dials, unfunded(billing), unconfirmed(account.facts.get("confirmation"))):
        if obstacle is not None:
            yield obstacle


def _now(code: str, message: str, hint: str = "") -> Obstacle:
    return Obstacle(code, message, hint, lasting=False)


def forbidden(resource: Resource | None, known: CampaignRecord, listed: DoNotCall) -> Obstacle | None:
    """Contacts that were loaded and must not be called: the platform takes none back, so nobody is called."""
    if listed.untold:
        return _now("RC182", f"the do-not-call list cannot be read: {listed.untold}", "correct it, then dispatch again")
    found = contacts_of(resource) if resource is not None else ()
    loaded = [it.line for it in found if it.line not in known.left_out and listed.forbids(it.number)]
    if not loaded:
        return None
    message = f"{counted(len(loaded))} must not be called, and were loaded before that was known: {lines(loaded)}"
    return _now("RC617", message, "declare the others as a campaign of a new name (`metadata.name`)")
