"""What is wrong with a campaign: offline in its document and file, online by what the account tells."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.diagnostics.suggestions import listed
from reconciler.errors import UnsafePlan
from reconciler.kinds.campaign_contacts import KEY, contacts_of, counted, elsewhere, lines, variables_of, wrong_rows
from reconciler.kinds.campaign_load import DRAFT, refused_rows
from reconciler.kinds.campaign_start import days, lateness, starts_at, value
from reconciler.model import Finding, Phase, Severity
from reconciler.schedule import clock
from reconciler.state.campaign_records import StartState
from reconciler.telephony.eligibility import not_on_account, unconfirmed, undialable, unfunded

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.contract.account import Account
    from reconciler.kinds.spoken_placeholders import Scripts
    from reconciler.model import Change, Observed, Resource
    from reconciler.state.campaign_records import CampaignRecord
    from reconciler.telephony.eligibility import Obstacle

_NEW_NAME = "put the file back, or declare these contacts as a campaign of a new name (`metadata.name`)"


def offline(resource: Resource, scripts: Scripts) -> Iterator[Finding]:
    """What is wrong without looking at the account."""
    if resource.manifest.absent:
        return
    yield from _caller(resource)
    yield from _window(resource)
    yield from _start(resource)
    yield from wrong_rows(resource)
    yield from _variables(resource, scripts)


def _caller(resource: Resource) -> Iterator[Finding]:
    if "from" in resource.declared and "from_number" in resource.declared:
        yield _wrong(
            resource, "from_number", "RC119", "`from` and `from_number` exclude each other", "keep one of them"
        )


def _window(resource: Resource) -> Iterator[Finding]:
    opens, closes = (resource.declared.get(f"daily_window_{side}") for side in ("start", "end"))
    if opens is None or closes is None:
        return
    try:
        clock.opening_hours(opens, closes)
    except ValueError as error:
        hint = "end it later on the same day; for hours around midnight declare two campaigns"
        yield _wrong(resource, "daily_window_end", "RC178", str(error), hint)


def _start(resource: Resource) -> Iterator[Finding]:
    said = resource.declared
    if said.get("start") is None:
        return
    try:
        clock.nominal(said["start"], said.get("timezone"))
    except clock.NonexistentTime as error:
        yield _wrong(resource, "start", "RC144", str(error), "choose a time that exists on that day")
    except ValueError as error:
        yield _wrong(
            resource, "start", "RC145", str(error), "one of the two: an offset, or `timezone: America/New_York`"
        )
    if KEY not in said:
        message = "`start` starts what this tool loaded, and no `contacts` are declared"
        yield _wrong(resource, "start", "RC112", message, "declare `contacts: {file: contacts.csv}`")
    if said.get("late") is not None and not lateness(resource):
        message = f"`{said['late']}` leaves no time to start it: it never would be"
        yield _wrong(resource, "late", "RC159", message, "late: 1h")


def _variables(resource: Resource, scripts: Scripts) -> Iterator[Finding]:
    """Every placeholder of what the agent says must be a column: contacts that are loaded cannot be corrected."""
    columns = variables_of(resource)
    if columns is None:
        return
    said, path = scripts.of(resource), resource.tables[KEY].path
    has = f"it has {listed(columns)}" if columns else "it has the numbers alone"
    for name in sorted(said.keys() - {*columns}):
        message = f"{said[name]} says `{{{{{name}}}}}`, and {path} has no column `{name}`: {has}"
        yield _wrong(resource, KEY, "RC143", message, f"name a column of {path} `{name}`")


def online(change: Change, resource: Resource, known: CampaignRecord, account: Account) -> Iterator[Finding]:
    """What is wrong by what the account, and our record of it, tell."""
    if change.observed is None and not (resource.declared.keys() & {"from", "from_number"}):
        yield _wrong(resource, "from", "RC112", "`from` is missing", "name a PhoneNumber, or give `from_number`")
    yield from _paused(resource, change.observed, known)
    yield from _contacts(resource, change.observed, known, account)
    if starts_at(resource) is not None:
        yield from _to_start(resource, change.observed, known, account)


def _paused(resource: Resource, observed: Observed | None, known: CampaignRecord) -> Iterator[Finding]:
    """That a pause keeps it from being started, or from going on."""
    if known.pause is None or known.pause.by_hold or observed is None or observed.phase is not Phase.STEADY:
        return
    effect = "it is not started" if observed.body.get("status") == DRAFT else "nobody of it is called"
    message = f"paused: {known.pause.why}; {effect} until it is resumed"
    hint = f"reconciler campaigns resume {resource.address.name}"
    yield Finding(Severity.NOTE, "RC603", message, hint, resource.address, resource.manifest.location)


def _contacts(
    resource: Resource, observed: Observed | None, known: CampaignRecord, account: Account
) -> Iterator[Finding]:
    declared = resource.declared.get(KEY)
    if not isinstance(declared, dict):
        return
    if known.may_hold_contacts:
        if not known.is_of(declared.get("sha256")):
            message = "the file is not the one that was loaded, and contacts cannot be taken back"
            yield _wrong(resource, KEY, "RC241", message, _NEW_NAME)
    elif observed is not None and (held := observed.body.get("total_count")):
        message = f"it holds {counted(held)} that this tool did not load: more would be rung beside them"
        hint = "leave `contacts` out, or declare them as a campaign of a new name (`metadata.name`)"
        yield _wrong(resource, KEY, "RC240", message, hint)
    count, most = len(contacts_of(resource)), account.settings.limits.contacts_per_campaign
    if count > most and not known.is_loaded:
        message = f"{count:,} contacts, limit {most:,}"
        where = resource.manifest.locate("spec", KEY)
        hint = "split them, or raise `limits.contacts_per_campaign` in reconciler.yaml"
        yield Finding(Severity.ERROR, UnsafePlan.code, message, hint, resource.address, where, unsafe=True)


def _to_start(
    resource: Resource, observed: Observed | None, known: CampaignRecord, account: Account
) -> Iterator[Finding]:
    """What will keep it from being started, while that is still to come."""
    if observed is not None and observed.body.get("status") != DRAFT:
        return
    opens = starts_at(resource)
    if opens is None or not known.start.may_be_armed:
        return
    if opens + lateness(resource) <= account.now:
        missed = known.start is StartState.MISSED
        message = "its start was missed, and is not made up for" if missed else "will not start: its time has passed"
        severity = Severity.WARNING if missed else Severity.ERROR
        yield _wrong(resource, "start", "RC220", message, "set a future time, or leave `start` out", severity)
        return
    if known.rejected and known.is_loaded:
        hint = "correct the rows, and declare them as a campaign of a new name (`metadata.name`)"
        yield _wrong(resource, KEY, "RC242", refused_rows(known), hint, Severity.WARNING)
    yield from _hours(resource, observed, account)
    yield from _gates(resource, observed, account)


def outside_hours(resource: Resource, observed: Observed | None, account: Account) -> list[int]:
    """The lines of contacts whose clocks show an hour outside of the calling hours within the daily window."""
    opens, closes = (str(value(resource, observed, f"daily_window_{side}"))[:5] for side in ("start", "end"))
    zone = str(value(resource, observed, "timezone") or "UTC")
    hours = account.settings.calling_hours
    try:
        window, allowed = clock.opening_hours(opens, closes), clock.opening_hours(hours.start, hours.end)
    except ValueError:
        return []
    found = elsewhere(contacts_of(resource), window, zone, allowed, days(resource, account.now))
    return [contact.line for contact in found]


def _hours(resource: Resource, observed: Observed | None, account: Account) -> Iterator[Finding]:
    if found := outside_hours(resource, observed, account):
        hours = account.settings.calling_hours
        whose = f"where {counted(len(found))} may be: {lines(found)}"
        message = f"the daily window is outside of {hours.start} to {hours.end} {whose}"
        hint = "split them into a campaign for each time zone, or shorten the window"
        yield _wrong(resource, KEY, "RC243", message, hint)


def caller(resource: Resource, observed: Observed | None, account: Account) -> tuple[str, Observed | None]:
    """The number it calls from, and that number on the account."""
    named = account.resources.get(f"PhoneNumber/{resource.declared.get('from')}")
    number = str(named.declared.get("number")) if named else str(value(resource, observed, "from_number"))
    return number, next((it for it in account.of("PhoneNumber") if it.identity == number), None)


def _gates(resource: Resource, observed: Observed | None, account: Account) -> Iterator[Finding]:
    number, live = caller(resource, observed, account)
    billing = next((item.body for item in account.of("AutoReload")), None)
    found = not_on_account(number) if live is None else undialable(live.body)
    field = "from" if "from" in resource.declared else "from_number"
    if found is not None and not (found.curable and _verifies(resource, account)):
        yield _obstacle(resource, field, found)
    for obstacle in (unfunded(billing), unconfirmed(account.facts.get("confirmation"))):
        if obstacle is not None:
            yield _obstacle(resource, "start", obstacle)


def _verifies(resource: Resource, account: Account) -> bool:
    named = account.resources.get(f"PhoneNumber/{resource.declared.get('from')}")
    return bool(named and named.declared.get("verify"))


def _obstacle(resource: Resource, field: str, obstacle: Obstacle) -> Finding:
    severity = Severity.ERROR if obstacle.lasting else Severity.WARNING
    return _wrong(resource, field, obstacle.code, obstacle.message, obstacle.hint, severity)


def _wrong(  # noqa: PLR0913 - a finding has these parts
    resource: Resource, field: str, code: str, message: str, hint: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(severity, code, message, hint, resource.address, resource.manifest.locate("spec", field))
