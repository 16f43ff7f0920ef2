"""Which call of the platform's is which attempt: none is two, and what is there is not placed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.calls.answers import mistaken
from reconciler.calls.gates import Blocked
from reconciler.calls.settle import Others, between, others
from reconciler.errors import ApiError, Denied
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, stamp

if TYPE_CHECKING:
    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Due
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt


def rang_already(context: DispatchContext, due: Due, order: PlannedCall) -> Attempt | Blocked | None:
    """What the platform's list says of a call that the ledger thinks was never placed.

    A state may have been lost, or put back to what it was before the call, so the list is looked at whatever the state
    says. Any call between the two numbers since the window opened counts as this one: better missed than twice.
    """
    armed_at = parse_instant(due.armed.armed_at)
    try:
        history = context.listed(due.opens, armed_at)
    except Denied:
        raise
    except ApiError:
        # A list that cannot be read stops only what was armed inside its window, perhaps for the second time.
        if armed_at > due.opens:
            raise
        return None
    to_person = history.to(order.to_number)
    shown = between(to_person, context.request(due.attempt, order), context.api, since=due.opens)
    if not shown:
        return None
    taken, rivals = of_others(context, due.attempt)
    calls = [call for call in shown if str(call.get("call_id")) not in taken]
    if not calls:
        return None
    if rivals:
        return Blocked("RC610", "another call to this person has an unknown outcome", "reconciler calls resolve NAME")
    detail = "the platform's history shows this call already"
    call_id = str(calls[0]["call_id"])
    now = stamp(context.clock.now())
    return replace(due.attempt, state=CallState.PLACED, claimed_at=now, call_id=call_id, detail=detail)


def of_others(context: DispatchContext, attempt: Attempt) -> Others:
    """What other attempts account for: asked after the list was read, and of the store, so that none is too new."""
    context.ledger.refresh()
    return others(context.ledger.attempts_to(attempt.to), attempt)


def ours(context: DispatchContext, attempt: Attempt) -> Attempt:
    """The attempt, unless the platform's call that it is said to be is another's already: then nobody knows."""
    if not attempt.state.certain or not attempt.call_id:
        return attempt
    holder = context.run_state.holder(attempt.call_id, attempt.occurrence)
    if holder == attempt.occurrence:
        known = context.ledger.holder(attempt.call_id, but=attempt)
        holder = known.occurrence if known else holder
    if holder == attempt.occurrence:
        return attempt
    return mistaken(attempt, f"the platform answered with call {attempt.call_id}, which is that of `{holder}`")
