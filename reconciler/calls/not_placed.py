"""Attempts that end without a call: missed, or skipped; each is recorded once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.calls.answers import row
from reconciler.calls.gates import skipped
from reconciler.errors import Conflict
from reconciler.left_out import list_of
from reconciler.schedule.call_report import KEPT_BACK
from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Due
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt

_LAST_MOMENT = timedelta(microseconds=1)  # of a window, which a hold that ends with it covers


def recorded(context: DispatchContext, due: Due, attempt: Attempt) -> bool:
    """Write over what this run decided upon, and over nothing else: the ledger may have been read again since."""
    try:
        return context.ledger.supersede(due.before, attempt)
    except Conflict:
        context.ledger.refresh()
    return False


def missed(context: DispatchContext, due: Due, *, dry_run: bool) -> CallRow | None:
    """The window closed and nothing rang: recorded once, so that it is reported once.

    None when another run recorded something first: that it was missed, or even that it was placed.
    """
    why = f"; last refused: {due.before.detail}" if due.before and due.before.detail else ""
    order = context.orders.get(due.armed.name)
    if order is not None and (closed_day := skipped(due, order, context.account.settings)):
        return skip(context, due, order, closed_day, dry_run=dry_run)
    hold = due.held(context.ledger.holds().all(), due.closes - _LAST_MOMENT)
    forbidden = not hold and _must_not_ring(context, due)
    called_off = bool(order.cancelled) if order is not None else context.error(due) is None
    others = f"; so did {due.earlier} before it" if due.earlier else ""
    if hold:
        detail, code = f"missed while held: {hold.why}{others}", KEPT_BACK
    elif forbidden:
        detail, code = f"not placed: this person must not be called{others}", KEPT_BACK
    else:
        detail, code = f"missed: its window closed on {due.closing}{others}{why}", "RC609"
    attempt = replace(due.attempt, state=CallState.EXPIRED, detail=detail, code=code, earlier=due.earlier)
    if not dry_run and not recorded(context, due, attempt):
        return None
    return row(
        due,
        order,
        CallState.EXPIRED,
        detail=detail,
        hint="" if hold or forbidden or called_off else _after_all(due),
        code=attempt.code,
    )  # fmt: skip - one call


def _after_all(due: Due) -> str:
    """How somebody is called all the same: a name, or the key of a row, means one call."""
    row = list_of(due.armed.call.address)
    return f"{'give its row a new key' if row else 'set a new name'} and time to call after all"


def skip(context: DispatchContext, due: Due, order: PlannedCall, why: str, *, dry_run: bool) -> CallRow | None:
    """Its day is one on which nobody is called there: recorded once, whatever the settings say later."""
    attempt = replace(due.attempt, state=CallState.SKIPPED, detail=why, code="RC618", earlier=due.earlier)
    if not dry_run and not recorded(context, due, attempt):
        return None
    return row(due, order, CallState.SKIPPED, detail=why, code="RC618")


def _must_not_ring(context: DispatchContext, due: Due) -> bool:
    order = context.orders.get(due.armed.name)
    return bool(context.do_not_call and order and context.do_not_call().forbids(order.to_number))
