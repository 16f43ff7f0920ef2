"""Starts of campaigns: each is claimed before it is sent, and settled by the status of the campaign.

The platform starts a draft once; what is no draft any more was started, or cancelled before: a claim without an
outcome needs only a look.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Conflict,
    Denied,
    Rejected,
    Throttled,
    Unintelligible,
    Unreachable,
    VendorFault,
)
from reconciler.schedule.call_report import KEPT_BACK, CallRow
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, spoken_local, stamp, zone
from reconciler.state.campaign_records import CampaignRecord, StartState, record_of, records, write

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.schedule.clock import Clock
    from reconciler.state.ledger import Ledger
    from reconciler.telephony.eligibility import Obstacle

PATH = "/v1/campaigns"
DRAFT, CANCELLED = "draft", "cancelled"
_AGAIN = "dispatch again: it looks first, and starts it only if it is still a draft"


@dataclass(frozen=True, slots=True)
class StartContext:
    """What starting needs; ``blocked`` says why one must not be started now, by what is read at that moment."""

    api: Api
    ledger: Ledger
    clock: Clock
    owner: str
    blocked: Callable[[CampaignRecord, Mapping[str, Any]], Obstacle | None]
    check_lease: Callable[[], None]


def due(ledger: Ledger, now: datetime) -> list[CampaignRecord]:
    """The campaigns whose start has come, and is not settled."""
    return [it for it in records(ledger) if it.start.is_due and it.opens and parse_instant(it.opens) <= now]


def next_opening(ledger: Ledger, now: datetime) -> datetime | None:
    """When the next start comes."""
    opens = (parse_instant(it.opens) for it in records(ledger) if it.start is StartState.ARMED and it.opens)
    return min((at for at in opens if at > now), default=None)


def start(context: StartContext, record: CampaignRecord, *, dry_run: bool) -> CallRow | None:
    """Start one that is due, or say why not, by the clock of its daily window; None where another run is at it."""
    body = live(context.api, record.campaign)
    row = _came(context, record, body, dry_run=dry_run)
    return replace(row, zone=_zone_of(body)) if row is not None else None


def _zone_of(body: Mapping[str, Any] | None) -> str:
    """By whose clock its times are told; "" for UTC."""
    return str((body or {}).get("timezone") or "")


def _came(
    context: StartContext, record: CampaignRecord, body: Mapping[str, Any] | None, *, dry_run: bool
) -> CallRow | None:
    if body is not None and body.get("status") != DRAFT:
        return _found_started(context, record, body, dry_run=dry_run)
    if context.clock.now() >= parse_instant(record.closes):
        return _missed(context, record, _zone_of(body), dry_run=dry_run)
    if body is None:
        return _row(record, CallState.ARMED, "it is not on the account any more", "run apply", "RC601")
    if (why := context.blocked(record, body)) is not None:
        return _held_back(context, record, why)
    if dry_run:
        return _row(record, CallState.ARMED, f"would be started now: {record.accepted:,} contacts")
    claimed = replace(record, start=StartState.CLAIMED, owner=context.owner, claimed_at=stamp(context.clock.now()))
    context.check_lease()
    return _claimed(context, claimed, body) if _written(context, claimed) else None


def live(api: Api, id_: str) -> Mapping[str, Any] | None:
    """A campaign as it is listed; None where it is not there."""
    return next((body for body in api.items(PATH) if str(body.get("public_id")) == id_), None)


def _claimed(context: StartContext, claimed: CampaignRecord, body: Mapping[str, Any]) -> CallRow | None:
    """Look once more at what others wrote, and send the one request."""
    context.ledger.refresh()
    now = record_of(context.ledger, claimed.name, claimed.campaign)
    if replace(now, pause=None, project="") != replace(claimed, pause=None, project=""):
        return None
    if (why := context.blocked(now, body)) is not None:
        _record_result(context, now, StartState.ARMED, why.message)
        return _held_back(context, now, why)
    try:
        context.api.exchange("POST", f"{PATH}/{segment(now.campaign)}/start", {"consent_to_charge": True}, attempts=1)
    except Denied as error:
        _record_result(context, now, StartState.ARMED, error.message)
        raise
    except (Unreachable, Throttled, Rejected) as error:
        _record_result(context, now, StartState.ARMED, error.message)
        return _row(
            now, CallState.ARMED, f"not started: {error.message} {error.detail}".strip(), error.hint, error.code
        )
    except (AmbiguousWrite, VendorFault, Unintelligible):
        return _looked(context, now)
    _record_result(context, now, StartState.STARTED, "")
    return _row(now, CallState.PLACED, f"started: {now.accepted:,} contacts")


def _looked(context: StartContext, record: CampaignRecord) -> CallRow:
    """The result of a start whose answer was lost."""
    try:
        body = live(context.api, record.campaign)
    except ApiError:
        body = None
    if body is not None and body.get("status") != DRAFT:
        _record_result(context, record, StartState.STARTED, "")
        return _row(record, CallState.PLACED, f"started: {record.accepted:,} contacts; its answer was lost")
    _record_result(context, record, StartState.UNKNOWN, "no answer came")
    return _row(record, CallState.UNKNOWN, "no answer came, and it is not started yet", _AGAIN, "RC610")


def _found_started(
    context: StartContext, record: CampaignRecord, body: Mapping[str, Any], *, dry_run: bool
) -> CallRow | None:
    """What is no draft any more was started, unless it was called off before anything was sent for it."""
    called_off = body.get("status") == CANCELLED and record.start is StartState.ARMED
    settled = record.called_off if called_off else replace(record, start=StartState.STARTED)
    if not dry_run and not _written(context, settled):
        return None
    if called_off:
        return _row(record, CallState.CANCELLED, "it was cancelled before its start: nobody is called")
    return _row(record, CallState.PLACED, f"started already: it is {body.get('status')}")


def _missed(context: StartContext, record: CampaignRecord, place: str, *, dry_run: bool) -> CallRow | None:
    """Recorded once, so it is reported once."""
    hold = record.pause.why if record.pause else context.ledger.held_all(context.clock.now()).why
    detail = (
        f"missed while held: {hold}" if hold else f"missed: it could be started until {_spoken(record.closes, place)}"
    )
    if not hold and record.detail:
        detail = f"{detail}; last: {record.detail}"
    if not dry_run and not _written(context, replace(record, start=StartState.MISSED, detail=detail)):
        return None
    code, hint = (KEPT_BACK, "") if hold else ("RC609", "declare a later `start` and apply")
    return _row(record, CallState.EXPIRED, detail, hint, code)


def _spoken(written: str, place: str) -> str:
    return spoken_local(parse_instant(written), zone(place or "UTC"))


def _held_back(context: StartContext, record: CampaignRecord, why: Obstacle) -> CallRow:
    held = record.pause is not None or bool(context.ledger.held_all(context.clock.now()))
    state = CallState.HELD if held else CallState.ARMED
    return _row(record, state, why.message, why.hint, why.code)


def _record_result(context: StartContext, record: CampaignRecord, state: StartState, detail: str) -> None:
    """Write the result of our claim, over whatever was written of it meanwhile but its start."""
    for _ in range(8):
        now = record_of(context.ledger, record.name, record.campaign)
        if _written(context, replace(now, start=state, detail=detail)):
            return
    raise Conflict(f"the result of the start of `{record.name}` could not be recorded")


def _written(context: StartContext, record: CampaignRecord) -> bool:
    try:
        write(context.ledger, record)
    except Conflict:
        context.ledger.refresh()
        return False
    return True


def _row(record: CampaignRecord, state: CallState, detail: str, hint: str = "", code: str = "") -> CallRow:
    when = parse_instant(record.opens) if record.opens else None
    name = f"Campaign/{record.name}"
    return CallRow(name, name, 1, when, "", state, detail=detail, hint=hint, code=code)
