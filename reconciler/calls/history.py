"""Corrections of the call ledger by what the platform, or a person, can tell."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.calls.settle import MARGIN, find, others
from reconciler.errors import InputError, Rejected
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, parse_moment, stamp, vendor_instant, zone
from reconciler.schedule.occurrences import (
    Occurrence,
    firings,
    next_occurrence,
    occurrence_id,
    occurrence_of,
    parts_of,
)
from reconciler.state.call_records import Attempt, armed_now
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from reconciler.api import Api
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Armed
    from reconciler.state.digests import Digests
    from reconciler.state.ledger import Ledger


def resolve(  # noqa: PLR0913 - what is known of the call, all keyword-only
    api: Api,
    ledger: Ledger,
    name: str,
    *,
    order: PlannedCall | None,
    rang: str | None = None,
    did_not_ring: bool = False,
) -> list[Attempt]:
    """Settle the uncertain attempts of a call, or of its occurrence NAME@INSTANT; returns them as they are now.

    ``rang`` names the platform's call it was; ``did_not_ring`` states that nobody was rung, so that it may
    be tried again inside its window. With neither, the platform's list of calls decides, where the
    manifests still tell the numbers. Raises InputError when there is nothing to settle, and when it is not
    clear which of several occurrences a person speaks of.
    """
    wanted = meant(ledger, name)
    attempts = ledger.attempts()
    uncertain = [
        attempt for attempt in attempts if wanted in (attempt.name, attempt.occurrence) and attempt.state.uncertain
    ]
    if not uncertain:
        raise InputError(
            f"`{name}` has no unknown outcome", code="RC630", hint="`reconciler calls` lists how all stand"
        )
    if rang and did_not_ring:
        raise InputError("it rang, or it did not", code="RC124", hint="give --rang CALL_ID or --did-not-ring")
    if (rang or did_not_ring) and len(uncertain) > 1:
        listed = ", ".join(attempt.occurrence for attempt in uncertain)
        raise InputError(
            f"{len(uncertain)} outcomes of `{name}` are unknown: say which of them it was",
            code="RC124",
            hint=f"put one of these in place of the name: {listed}",
        )
    settled = []
    for attempt in uncertain:
        if rang:
            now = _rang(api, ledger, attempt, rang)
        elif did_not_ring:
            now = replace(attempt, state=CallState.REFUSED, detail="resolved by hand: nobody was rung")
        else:
            now = _looked_up(api, ledger, attempt, order)
        if now != attempt:
            ledger.supersede(attempt, now)
        settled.append(now)
    return settled


def meant(ledger: Ledger, name: str) -> str:
    """The occurrence that a person names by its wall time, or any instant with an offset, as the ledger names it."""
    call, written = parts_of(name)
    if not written:
        if "@" not in name or ledger.armed_call(name) is not None:
            return name
        call, _, written = name.rpartition("@")
    armed = ledger.armed_call(call)
    place = zone((armed.call.zone if armed else "") or "UTC")
    try:
        firing = _firing(written, place)
    except ValueError as error:
        raise InputError(
            f"`{name}` names no occurrence: {error}", code="RC124", hint="for example NAME@2026-12-01T09:00"
        ) from None
    own = (it.occurrence for it in ledger.attempts() if it.name == call)
    same = (occurrence for occurrence in own if occurrence_of(occurrence, place) == firing)
    return next(same, occurrence_id(call, firing.wall))


def firing_of(armed: Armed, occurrence: str) -> Occurrence:
    """When one occurrence, as the ledger names it, is due; raises InputError for a time that is none of its call's."""
    schedule = armed.call.schedule
    firing = occurrence_of(occurrence, zone(armed.call.zone or "UTC"))
    if schedule is None or firing is None:
        hint = f"name it without a time: `{armed.name}`"
        raise InputError(f"`{armed.name}` does not recur", code="RC631", hint=hint)
    if firing not in firings(schedule, firing.nominal, firing.nominal + timedelta(seconds=1)):
        coming = next_occurrence(schedule, firing.nominal)
        near = f"; the next is {stamp(coming)}" if coming else ""
        raise InputError(f"`{armed.name}` is not due then{near}", code="RC630", hint="`reconciler calls` lists them")
    return firing


def _firing(written: str, place: ZoneInfo) -> Occurrence:
    """What a person wrote behind the ``@``."""
    if (moment := parse_moment(written.removesuffix("+fold"))).tzinfo is not None:
        written = stamp(moment)
    found = occurrence_of(f"@{written}", place)
    if found is None:
        raise ValueError("a time is missing")
    return found


def _rang(api: Api, ledger: Ledger, attempt: Attempt, call_id: str) -> Attempt:
    if _digest(_record(api, call_id), ledger.digests) != attempt.to:
        raise InputError(
            f"call {call_id} did not go to this person", code="RC632", hint="take the call id from the dashboard"
        )
    return replace(attempt, state=CallState.PLACED, call_id=call_id, detail="resolved by hand: it rang")


def _record(api: Api, call_id: str) -> Mapping[str, Any]:
    """The platform's record of a call; nothing where it knows none of that id."""
    try:
        found = api.get(f"/v1/calls/{segment(call_id)}")
    except Rejected:
        return {}
    return found if isinstance(found, dict) else {}


def _looked_up(api: Api, ledger: Ledger, attempt: Attempt, order: PlannedCall | None) -> Attempt:
    """As the list of calls tells; where another attempt to the same person is uncertain too, it cannot tell."""
    if order is None:
        return replace(attempt, state=CallState.UNKNOWN, detail="the manifests do not declare it any more")
    request = {"from_number": order.from_number, "to_number": order.to_number}
    listed = find(api, request, since=parse_instant(attempt.claimed_at))
    ledger.refresh()
    taken, rivals = others(ledger.attempts(), attempt)
    calls = [call for call in listed if str(call.get("call_id")) not in taken]
    if len(calls) == 1 and not rivals:
        return replace(
            attempt, state=CallState.PLACED, call_id=str(calls[0]["call_id"]), detail="found in the list of calls"
        )
    seen = f"{len(calls)} calls that it may be" if calls else "no such call"
    detail = f"the platform shows {seen}; look there, then --rang CALL_ID or --did-not-ring"
    return replace(attempt, state=CallState.UNKNOWN, detail=detail)


def _digest(call: Mapping[str, Any], digests: Digests) -> str:
    number = str(call.get("to_number", ""))
    return digests.number(number) if phone_numbers.is_e164(number) else ""


def adopt(api: Api, ledger: Ledger, orders: Mapping[str, PlannedCall], *, now: datetime) -> list[Attempt]:
    """Record each declared call that the platform's history shows in its window and the ledger does not know."""
    armed, taken = ledger.armed(), {attempt.call_id for attempt in ledger.attempts()}
    found = []
    for order in orders.values():
        for nominal, wall in _past(order, now):
            occurrence = occurrence_id(order.name, wall)
            if ledger.attempt(occurrence, 1) is not None:
                continue
            found_call = _in_window(api, order, nominal, taken, now)
            if found_call is None:
                continue
            taken.add(found_call[0])
            if order.name not in armed:
                ledger.arm(armed_now(order, now, digests=ledger.digests))
            attempt = _adopted(order, occurrence, found_call, ledger)
            ledger.record(attempt)
            found.append(attempt)
    return found


def _past(order: PlannedCall, now: datetime) -> Iterator[tuple[datetime, datetime | None]]:
    if order.at is not None:
        if order.at <= now:
            yield order.at, None
    elif order.schedule is not None:
        yield from firings(order.schedule, order.schedule.start or now - order.late, now)


def _in_window(
    api: Api, order: PlannedCall, opens: datetime, taken: set[str], now: datetime
) -> tuple[str, datetime] | None:
    """The first call between the two numbers that began inside the window and is nobody else's, and when.

    Both are by our clock. One that the vendor has not dated yet began just now.
    """
    offset = timedelta(seconds=api.server_offset() or 0.0)
    listed = find(api, {"from_number": order.from_number, "to_number": order.to_number}, since=opens)
    began = [(_began(call, now, offset), str(call["call_id"])) for call in listed]
    inside = [
        (when, call_id) for when, call_id in began if when <= opens + order.late + MARGIN and call_id not in taken
    ]
    when, call_id = min(inside, default=(now, ""))
    return (call_id, when) if call_id else None


def _began(call: Mapping[str, Any], now: datetime, offset: timedelta) -> datetime:
    """When a listed call began, by our clock; one that is not dated, or not readably, began just now."""
    try:
        return vendor_instant(str(call.get("start_time") or "")) - offset
    except ValueError:
        return now


def _adopted(order: PlannedCall, occurrence: str, found: tuple[str, datetime], ledger: Ledger) -> Attempt:
    call_id, when = found
    began = stamp(when)
    return Attempt(
        name=order.name,
        occurrence=occurrence,
        attempt=1,
        state=CallState.PLACED,
        key=ledger.key(occurrence, 1),
        to=ledger.digests.number(order.to_number),
        claimed_at=began,
        sent_at=began,
        placed_at=began,
        call_id=call_id,
        detail="taken over from the platform's history",
    )
