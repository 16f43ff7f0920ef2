"""Answers to ``POST /v1/call``: what each says of the attempt, and the row that tells it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.api.identifiers import identifier
from reconciler.calls.reports import call_row
from reconciler.errors import ApiError, Rejected, Unintelligible
from reconciler.schedule.call_states import CallState
from reconciler.telephony import phone_numbers
from reconciler.telephony.eligibility import refusal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from reconciler.api import Reply
    from reconciler.calls.due import Due
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt
    from reconciler.state.digests import Digests

PATH = "/v1/call"
CONFLICT = 409
_REFUSALS = frozenset({400, 402, 403, 404, CONFLICT, 422})  # contract 4.3: the platform says no, and nothing rang


def read(attempt: Attempt, reply: Reply, digests: Digests) -> Attempt:
    """The attempt as a 200, 201 or 202 tells it; Unintelligible without a call id.

    One that the answer itself calls ``failed`` is placed too: its own record tells when and how it ended.
    """
    body = reply.json if isinstance(reply.json, dict) else {}
    call_id = _call_id(body, reply.status)
    if of_another(attempt, body, digests):
        return mistaken(
            replace(attempt, call_id=call_id),
            f"the platform answered with call {call_id}, which is to another number",
        )
    detail = str(body.get("failure_reason") or "")
    return replace(
        attempt, state=CallState.PLACED, call_id=call_id, status=str(body.get("status") or ""), detail=detail
    )


def _call_id(body: Mapping[str, Any], status: int) -> str:
    """The call that an answer names; one that no call can have is none, and the list of calls has to tell."""
    try:
        return identifier(body.get("call_id"), path=PATH)
    except Unintelligible as error:
        raise Unintelligible("the answer names no call", method="POST", path=PATH, status=status) from error


def refused(attempt: Attempt, error: ApiError) -> Attempt:
    """The attempt after a clear no: nothing rang."""
    code, hint = refusal(error) if isinstance(error, Rejected) else (error.code, error.hint)
    words = error.detail or error.message
    return replace(attempt, state=CallState.REFUSED, code=code, detail=f"{words} → {hint}" if hint else words)


def documented(error: Rejected) -> bool:
    """Whether the platform itself says that nothing rang; any other status is a gateway's word, and no proof."""
    return error.status in _REFUSALS


def mistaken(attempt: Attempt, detail: str) -> Attempt:
    """The attempt where what the platform tells is of another call: the result of this one nobody knows."""
    return replace(attempt, state=CallState.UNKNOWN, detail=detail, code="RC612")


def of_another(attempt: Attempt, record: Mapping[str, Any], digests: Digests) -> bool:
    """Whether a record of the platform's is of a call to somebody else, by the digest of the number."""
    number = str(record.get("to_number") or "")
    return bool(attempt.to) and phone_numbers.is_e164(number) and digests.number(number) != attempt.to


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
