"""This file exists to say how every scheduled call stands, and how the placed ones ended."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.clock import parse_instant
from reconciler.errors import Conflict, Rejected
from reconciler.rows import CallRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.ledger import Armed, Attempt, Ledger
    from reconciler.orders import Order

_NOT_FOUND = 404
_ENDED = frozenset({"completed", "failed"})


def follow(api: Api, attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts, those still under way as the platform tells them now; reads only.

    Raises ApiError, but a call the platform does not know (404) is told as such.
    """
    return [_followed(api, attempt) if attempt.state == "placed" else attempt for attempt in attempts]


def remember(ledger: Ledger, before: Iterable[Attempt], after: Iterable[Attempt]) -> None:
    """Record what became of followed calls, so that they are not asked about again."""
    for old, new in zip(before, after, strict=True):
        if old != new and new.state in _ENDED:
            try:
                ledger.record(new)
            except Conflict:
                ledger.refresh()


def _followed(api: Api, attempt: Attempt) -> Attempt:
    try:
        call = api.get(f"/v1/calls/{attempt.call_id}")
    except Rejected as error:
        if error.status != _NOT_FOUND:
            raise
        return replace(attempt, detail=f"the platform does not know call {attempt.call_id}")
    return _told(attempt, call)


def _told(attempt: Attempt, call: Mapping[str, Any]) -> Attempt:
    """As the call's own record says; statuses we do not know mean that it is still under way."""
    status = str(call.get("status") or "")
    duration = call.get("duration_seconds")
    return replace(
        attempt,
        state=status if status in _ENDED else "placed",
        status=status,
        end_reason=str(call.get("end_reason") or ""),
        duration_seconds=int(duration) if duration is not None else None,
        recording=str(call.get("recording_url") or ""),
    )


def rows(
    armed: Mapping[str, Armed],
    attempts: Iterable[Attempt],
    orders: Mapping[str, Order],
    *,
    now: datetime,
) -> list[CallRow]:
    """One row for each attempt, and one for each call that was never tried or not even armed; soonest first."""
    tried: dict[str, list[Attempt]] = {}
    for attempt in attempts:
        tried.setdefault(attempt.name, []).append(attempt)
    found = []
    for name in sorted(set(armed) | set(orders) | set(tried)):
        call, order = armed.get(name), orders.get(name)
        found += [_attempt_row(attempt, call, order) for attempt in tried.get(name, [])]
        if name not in tried:
            found.append(_waiting_row(name, call, order, now))
    return sorted(found, key=lambda row: (row.when is None, row.when, row.occurrence, row.attempt))


def _when(call: Armed | None, order: Order | None) -> datetime | None:
    if call is not None and call.opens:
        return parse_instant(call.opens)
    return order.at if order else None


def _attempt_row(attempt: Attempt, call: Armed | None, order: Order | None) -> CallRow:
    hint = f"reconciler calls resolve {attempt.name}" if attempt.state in ("unknown", "claimed") else ""
    return CallRow(
        name=attempt.name,
        occurrence=attempt.occurrence,
        attempt=attempt.attempt,
        state=attempt.state,
        when=_when(call, order),
        zone=order.zone if order else "",
        call_id=attempt.call_id,
        detail=attempt.detail,
        hint=hint,
        end_reason=attempt.end_reason,
        duration_seconds=attempt.duration_seconds,
        recording=attempt.recording,
        to=order.to_number if order else "",
    )


def _waiting_row(name: str, call: Armed | None, order: Order | None, now: datetime) -> CallRow:
    state, detail, hint = "armed", "", ""
    if call is None:
        state, detail, hint = "declared", "not armed yet", "reconciler apply"
    elif call.state != "armed":
        state = call.state
    elif call.closes and parse_instant(call.closes) <= now:
        state, detail, hint = "expired", "its window closed unplaced", "reconciler dispatch records it"
    elif call.held:
        detail, hint = f"held: {call.held}", f"reconciler calls release {name}"
    return CallRow(
        name=name,
        occurrence=name,
        attempt=1,
        state=state,
        when=_when(call, order),
        zone=order.zone if order else "",
        detail=detail,
        hint=hint,
        to=order.to_number if order else "",
    )
