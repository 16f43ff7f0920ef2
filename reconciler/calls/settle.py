"""Settling: the result of a call whose answer never came.

A timeout, a reset or a 5xx after ``POST /v1/call`` may mean that somebody's telephone rings. So: look in
the vendor's list of calls; else ask once more with the *same* key, inside the window, which replays the
first call where there is one (contract 2.12.3); and if neither tells, say that it is unknown.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.api.identifiers import identifier
from reconciler.errors import ApiError
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, vendor_instant

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from reconciler.api import Api
    from reconciler.state.call_records import Attempt

MARGIN = timedelta(seconds=5)  # by which the vendor's dates may be off ours


class Others(NamedTuple):
    """Which calls are known to be of other attempts, and whether one to the same person is uncertain too."""

    taken: frozenset[str]
    rivals: bool


def others(attempts: Iterable[Attempt], attempt: Attempt) -> Others:
    """What the other attempts account for."""
    rest = [other for other in attempts if other.key != attempt.key]
    taken = frozenset(other.call_id for other in rest if other.call_id and not other.state.uncertain)
    return Others(taken, any(other.to == attempt.to and other.state.uncertain for other in rest))


def find(api: Api, request: Mapping[str, Any], *, since: datetime) -> list[dict[str, Any]]:
    """The vendor's outbound calls between the request's two numbers that began since an instant.

    ``since`` is by our clock. Raises ApiError.
    """
    numbers = {"from_number": str(request["from_number"]), "to_number": str(request["to_number"])}
    return between(listed(api, since=since, only=numbers), request, api, since=since)


def listed(api: Api, *, since: datetime, only: Mapping[str, str] | None = None) -> list[dict[str, Any]]:
    """The vendor's list of calls since an instant by our clock, of the whole account or ``only`` of two numbers."""
    return api.items("/v1/calls", {**(only or {}), "start_date": _theirs(api, since).isoformat(), "limit": 100})


def between(
    calls: Iterable[Mapping[str, Any]], request: Mapping[str, Any], api: Api, *, since: datetime
) -> list[dict[str, Any]]:
    """Those of the calls that go out between the request's two numbers and began since an instant."""
    begun = _theirs(api, since)
    found = [
        dict(call)
        for call in calls
        if call.get("from_number") == request["from_number"]
        and call.get("to_number") == request["to_number"]
        and call.get("direction", "outbound") == "outbound"
        and _began(call) >= begun
    ]
    for call in found:
        identifier(call.get("call_id"), path="/v1/calls")
    return found


def _theirs(api: Api, since: datetime) -> datetime:
    """An instant of ours by the vendor's clock, and a little before."""
    return since - MARGIN + timedelta(seconds=api.server_offset() or 0.0)


def _began(call: Mapping[str, Any]) -> datetime:
    """When a call began; one that the vendor has not dated yet, or not readably, is the newest of all."""
    try:
        return vendor_instant(str(call.get("start_time")))
    except ValueError:
        return datetime.max.replace(tzinfo=UTC)


def settle(
    api: Api,
    attempt: Attempt,
    request: Mapping[str, Any],
    *,
    others: Callable[[], Others],
    again: Callable[[], Attempt] | None,
) -> Attempt:
    """The attempt as it turns out: placed, or unknown.

    ``again`` sends the same request with the same key once more and returns the attempt as answered; None
    when nothing may be sent. ``others`` is asked once the list has been read. Where another attempt to the
    same person is uncertain too, a call in the list may be its own, and only the key can tell.
    """
    try:
        listed = find(api, request, since=parse_instant(attempt.claimed_at))
    except ApiError as error:
        return _unknown(attempt, f"the list of calls could not be read: {error.message}")
    taken, rivals = others()
    calls = [call for call in listed if str(call.get("call_id")) not in taken]
    if len(calls) == 1 and not rivals:
        return replace(
            attempt, state=CallState.PLACED, call_id=str(calls[0]["call_id"]), detail="found in the list of calls"
        )
    if calls and not (rivals and again):
        ids = ", ".join(str(call["call_id"]) for call in calls)
        return _unknown(attempt, f"{len(calls)} calls to this person since it was claimed: ids {ids}")
    if again is None:
        return _unknown(attempt, "no answer came, and the list of calls does not show it")
    try:
        return again()
    except ApiError as error:
        return _unknown(attempt, f"no answer came, and asking again with the same key failed: {error.message}")


def _unknown(attempt: Attempt, detail: str) -> Attempt:
    return replace(attempt, state=CallState.UNKNOWN, detail=detail, code="RC610")
