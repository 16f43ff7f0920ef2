"""Answers to ``POST /v1/call``: what each says of the attempt, and the row that tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.calls.reports import call_row
from reconciler.errors import ApiError, Rejected, Unintelligible
from reconciler.state.call_states import CallState
from reconciler.telephony.eligibility import refusal

if TYPE_CHECKING:
    from reconciler.api import Reply
    from reconciler.calls.due import Due
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt

PATH = "/v1/call"
CONFLICT = 409


def read(attempt: Attempt, reply: Reply) -> Attempt:
    """The attempt as a 200, 201 or 202 tells it; Unintelligible without a call id.

    One that the answer itself calls ``failed`` is placed too: its own record tells when and how it ended.
    """
    body = reply.json if isinstance(reply.json, dict) else {}
    call_id = body.get("call_id")
    if call_id is None:
        raise Unintelligible("the answer names no call", method="POST", path=PATH, status=reply.status)
    detail = str(body.get("failure_reason") or "")
    return replace(
        attempt, state=CallState.PLACED, call_id=str(call_id), status=str(body.get("status") or ""), detail=detail
    )


def refused(attempt: Attempt, error: ApiError) -> Attempt:
    """The attempt after a clear no: nothing rang."""
    code, hint = refusal(error) if isinstance(error, Rejected) else (error.code, error.hint)
    words = error.detail or error.message
    return replace(attempt, state=CallState.REFUSED, code=code, detail=f"{words} → {hint}" if hint else words)


def final(error: Rejected) -> bool:
    """A 409 that says ``retryable: false``: the caller id is refused for good (contract 2.12.2)."""
    return error.status != CONFLICT or (isinstance(error.body, dict) and error.body.get("retryable") is False)


def answered(due: Due, order: PlannedCall | None, attempt: Attempt) -> CallRow:
    """The row of an attempt as it is recorded."""
    return call_row(order or due.armed.call, attempt, when=due.nominal)


def row(  # noqa: PLR0913 - a row has these parts
    due: Due, order: PlannedCall | None, state: CallState, *, detail: str = "", hint: str = "", code: str = ""
) -> CallRow:
    """The row of an attempt that is not recorded as it is told."""
    return call_row(
        order or due.armed.call, due.attempt, state=state, when=due.nominal, detail=detail, hint=hint, code=code
    )  # fmt: skip - one call
