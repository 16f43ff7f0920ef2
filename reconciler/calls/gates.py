"""Gates: whether a telephone may ring, asked right before it does.

Each gate is a question with one answer: None, or why not, with a hint. All are asked of what is true
now: the manifests as they are, the clock, the account as just read.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.calls.due import rang_that_day
from reconciler.left_out import list_of, spoken_error
from reconciler.model import Address
from reconciler.redaction import storable
from reconciler.schedule import timezones
from reconciler.schedule.callee_hours import callee_hours, closed_for
from reconciler.schedule.clock import parse_instant, spoken_day, spoken_local, stamp, zone
from reconciler.state.call_records import BY_THE_MANIFEST, Hold
from reconciler.telephony.eligibility import not_on_account, unconfirmed, undialable, unfunded

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from reconciler.calls.due import Due
    from reconciler.contract.account import Account
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Finding, Observed
    from reconciler.schedule.callee_hours import CalleeHours
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.settings import Settings
    from reconciler.state.call_records import Armed, Attempt
    from reconciler.telephony.do_not_call import DoNotCall


_LONGEST_CALL = timedelta(hours=12)  # after which a call whose end the platform does not tell is over


@dataclass(frozen=True, slots=True)
class Blocked:
    """Why a call must not be placed now.

    ``meant``: somebody decided it, so nobody is alarmed; ``skips``: nor is it to be placed at all.
    """

    code: str
    message: str
    hint: str = ""
    skips: bool = False
    meant: bool = False


@dataclass(frozen=True, slots=True)
class GateInputs:
    """Everything the gates look at; ``attempts`` are those to the callee, ``caller`` is the number it rings from.

    ``error`` is what leaves out the document, where the manifests hold it and nothing is known of the call by them.
    """

    now: datetime
    account: Account
    resolver: Resolver
    attempts: tuple[Attempt, ...]
    differs: Callable[[PlannedCall, Mapping[str, Any]], bool]
    held: Hold
    caller: Observed | None
    do_not_call: DoNotCall | None = None
    error: Finding | None = None


def blocked(due: Due, order: PlannedCall | None, inputs: GateInputs) -> Blocked | None:
    """The first gate that is closed, or None when the call may be placed."""
    if order is None and inputs.error is not None:
        return Blocked(inputs.error.code, spoken_error(inputs.error), f"correct it before {due.closing}")
    if order is None:
        return Blocked("RC601", "the manifests do not declare it any more", "apply cancels it")
    if order.cancelled:
        return Blocked("RC601", f"cancelled in its manifest: {storable(order.cancelled)}", "apply cancels it")
    return next((why for gate in GATES if (why := gate(due, order, inputs)) is not None), None)


def _as_armed(due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    if not inputs.differs(order, due.armed.spec):
        return None
    return Blocked("RC602", "the manifest is not what was armed", "run apply, then dispatch again")


def _held(due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    if inputs.held.in_force(inputs.now):
        told = f"every call is {inputs.held.spoken(order.zone)}"
        return Blocked("RC603", told, "reconciler calls release --all", meant=True)
    hold = due.armed.holds_now(inputs.now, due.attempt.occurrence)
    if not hold and order.hold is not None and order.hold.in_force(inputs.now):
        hold = Hold(
            storable(order.hold.why), by=BY_THE_MANIFEST, until=stamp(order.hold.until) if order.hold.until else ""
        )
    if not hold:
        return None
    return Blocked("RC603", hold.spoken(order.zone), release_of(hold, due.armed, due.attempt.occurrence), meant=True)


def release_of(hold: Hold, call: Armed, occurrence: str) -> str:
    """How a hold is ended: by command, or in the manifest that asks for it."""
    if hold.by == BY_THE_MANIFEST:
        where = f"CallList/{name}" if (name := list_of(call.call.address)) else call.path or "its manifest"
        return f"take `held` out of {where}, then apply"
    return f"reconciler calls release {call.name if hold == call.hold else occurrence}"


def _rules(due: Due, _order: PlannedCall, _moment: GateInputs) -> Blocked | None:
    """A wall time is not read by older rules than those by which it was armed: it would be another hour."""
    if not due.armed.is_by_newer_rules:
        return None
    return Blocked(
        "RC614",
        f"armed by time-zone data {due.armed.tzdata}, which say something else of {due.armed.call.zone} than "
        f"{timezones.version() or 'those'} here",
        "pip install --upgrade tzdata, then dispatch again",
    )


def _line(due: Due, _order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    """Nobody is rung who is still on the line with us, by another call or another document."""
    for other in inputs.attempts:
        busy = other.state.under_way and other.occurrence != due.attempt.occurrence
        if busy and other.claimed_at and inputs.now - parse_instant(other.claimed_at) < _LONGEST_CALL:
            return Blocked(
                "RC613",
                f"still in call {other.call_id or '?'} with this person: `{other.occurrence}`",
                "it is placed when that call has ended, if its window is still open then",
            )
    return None


def _do_not_call(_due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    """Nobody is rung who must not be, and nobody at all while it cannot be told who that is."""
    if inputs.do_not_call is None:
        return None
    if untold := inputs.do_not_call.untold:
        return Blocked("RC182", f"the do-not-call list cannot be read: {untold}", "correct it, then dispatch again")
    if inputs.do_not_call.forbids(order.to_number):
        return Blocked("RC617", "this person must not be called", "remove the call", meant=True)
    return None


def _window(due: Due, _order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    return None if due.is_open(inputs.now) else Blocked("RC604", "outside its window")


def _open_day(due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    """What recurs, or comes of a first try, is skipped where its day is closed; nobody chose that day for it."""
    why = skipped(due, order, inputs.account.settings)
    return Blocked("RC618", why, skips=True) if why else None


def skipped(due: Due, order: PlannedCall, settings: Settings) -> str:
    """Why an attempt is not to be placed at all; "" where it is, or where its document chose the day itself."""
    if order.schedule is None and due.attempt.attempt == 1:
        return ""
    why = closed_for(due.opens, order.to_number, settings.calling_hours.closed_days)
    return f"skipped: {why} where the callee may be" if why else ""


def _hours(_due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    hours = inputs.account.settings.calling_hours
    there = callee_hours(inputs.now, order.to_number, *hours.minutes, hours.closed_days)
    if there.allowed:
        return None
    if there.closed:
        return _closed_day(there)
    local = f"{there.local:%H:%M} in {there.zone}" if there.local else there.zone
    opens = f"; opens {spoken_local(there.opens, zone('UTC'))}" if there.opens else ""
    return Blocked(
        "RC605",
        f"outside calling hours where the callee may be: it is {local}, hours {hours.start} to {hours.end}{opens}",
        "change `calling_hours` in reconciler.yaml if that is meant",
    )


def _closed_day(there: CalleeHours) -> Blocked:
    opens = f"; the next open day is {spoken_local(there.opens, zone(there.zone))}" if there.opens else ""
    return Blocked(
        "RC618",
        f"nobody is called on {spoken_day(there.local)} in {there.zone}, which is {there.closed}{opens}",
        "change `calling_hours` in reconciler.yaml if that is meant",
    )


def _number(_due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    live = inputs.caller
    obstacle = not_on_account(order.from_number) if live is None else undialable(live.body)
    return Blocked(obstacle.code, obstacle.message, obstacle.hint) if obstacle else None


def _agent(_due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    if order.agent is None:
        return None
    id_ = agent_id(order, inputs.resolver)
    if id_ is not None and inputs.account.find("Agent", id_) is not None:
        return None
    return Blocked("RC606", f"Agent/{order.agent} is not on the account", "run apply first")


def agent_id(order: PlannedCall, resolver: Resolver) -> str | None:
    """The vendor's id of the agent a call names, or None."""
    return resolver.id(Address("Agent", order.agent)) if order.agent else None


def _money(_due: Due, _order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    billing = next((item.body for item in inputs.account.of("AutoReload")), None)
    obstacle = unfunded(billing)
    return Blocked(obstacle.code, obstacle.message, obstacle.hint) if obstacle else None


def _confirmation(_due: Due, _order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    obstacle = unconfirmed(inputs.account.facts.get("confirmation"))
    return Blocked(obstacle.code, obstacle.message, obstacle.hint) if obstacle else None


def _callee_limit(due: Due, order: PlannedCall, inputs: GateInputs) -> Blocked | None:
    limit = inputs.account.settings.limits.calls_per_callee_per_day
    others = (item for item in inputs.attempts if item.occurrence != due.attempt.occurrence)
    count = rang_that_day(others, order.to_number, now=inputs.now)
    if count < limit:
        return None
    return Blocked(
        "RC607",
        f"{count} call{'' if count == 1 else 's'} to this person today where they are, limit {limit}",
        "raise `limits.calls_per_callee_per_day` in reconciler.yaml if that is meant",
    )


GATES: tuple[Callable[[Due, PlannedCall, GateInputs], Blocked | None], ...] = (
    _held,
    _do_not_call,
    _as_armed,
    _rules,
    _window,
    _open_day,
    _hours,
    _number,
    _agent,
    _money,
    _confirmation,
    _callee_limit,
    _line,
)
