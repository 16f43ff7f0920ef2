"""What the state remembers of calls and a plan must tell: which are held, stopped or tried again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.left_out import list_of
from reconciler.model import Finding, Severity
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant
from reconciler.schedule.expected_calls import SecondTry
from reconciler.schedule.occurrences import parts_of
from reconciler.state.call_records import Hold

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from reconciler.model import Address
    from reconciler.planning.forecast import Stops
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger

_LISTED = 3  # held calls that a plan names


def second_tries(ledger: Ledger) -> dict[Address, list[SecondTry]]:
    """The second tries to come of calls that are over, by the call."""
    last: dict[str, Attempt] = {}
    for attempt in ledger.attempts():
        if attempt.occurrence not in last or last[attempt.occurrence].attempt < attempt.attempt:
            last[attempt.occurrence] = attempt
    found: dict[Address, list[SecondTry]] = {}
    if not last:
        return found
    from reconciler.calls.due import second_try  # noqa: PLC0415 - the agenda is slow to load, and most plans have none

    for attempt in last.values():
        armed = ledger.armed_call(attempt.name)
        opens = second_try(armed, attempt) if armed else None
        if armed and opens:
            coming = SecondTry(opens, attempt.attempt + 1, armed.call.most_attempts, attempt.occurrence)
            found.setdefault(armed.call.address, []).append(coming)
    return found


def stops(ledger: Ledger, now: datetime) -> Stops:
    """Why one call is not to be placed as things stand: cancelled, or held by command until its window has closed."""
    cancelled = {it.occurrence for it in ledger.attempts() if it.state is CallState.CANCELLED}
    held = {name: it for name, it in ledger.armed().items() if it.held or it.occurrence_holds}
    everything = ledger.held_all(now)

    def why(order: PlannedCall, at: datetime, occurrence: str) -> str:
        if occurrence in cancelled:
            return "cancelled"
        if everything and everything.lasts_to(at + order.late):
            return f"every call is held: {everything.why}"
        armed = held.get(order.name)
        own = (armed.hold, armed.occurrence_holds.get(parts_of(occurrence)[1], Hold())) if armed else ()
        return next((f"held: {hold.why}" for hold in own if hold and hold.lasts_to(at + order.late)), "")

    return why


def standstill(ledger: Ledger, now: datetime) -> list[Finding]:
    """That calls are held, which nobody may overlook who arms another: all of them, or which."""
    if held := ledger.standstill(now):
        return [Finding(Severity.WARNING, "RC603", held, "reconciler calls release --all")]
    held_so: dict[tuple[str, str], list[str]] = {}
    for address, told in _held(ledger, now):
        held_so.setdefault((list_of(address) or address.name, told), []).append(address.name)
    if not held_so:
        return []
    count = sum(map(len, held_so.values()))
    calls = "1 call is held" if count == 1 else f"{count:,} calls are held"
    shown = [f"{_spoken(whole, names)} {told}" for (whole, told), names in [*held_so.items()][:_LISTED]]
    left = count - sum(map(len, [*held_so.values()][:_LISTED]))
    more = f"; and {left:,} more" if left else ""
    return [Finding(Severity.NOTE, "RC603", f"{calls}: {'; '.join(shown)}{more}", "reconciler calls --state held")]


def _spoken(whole: str, names: Sequence[str]) -> str:
    """What is held in one way: a call by its name, rows of a list by their count."""
    return f"`{names[0]}`" if len(names) == 1 else f"`{whole}` ({len(names):,} calls)"


def _held(ledger: Ledger, now: datetime) -> Iterator[tuple[Address, str]]:
    """The armed calls that are held now and whose window has not closed, and how, by the clock of each."""
    held = [it for it in ledger.armed().values() if it.state is CallState.ARMED and it.holds_now(now)]
    for armed in sorted(held, key=lambda it: it.name):
        over = bool(armed.closes) and parse_instant(armed.closes) <= now
        if not over:
            yield armed.call.address, armed.holds_now(now).spoken(armed.call.zone)
