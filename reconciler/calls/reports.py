"""Rows of reports: how one attempt, or a call that was not tried yet, is told."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.schedule.call_report import CallRow
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from reconciler.model import Address, Finding
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger


def call_row(  # noqa: PLR0913 - a row has these parts, all keyword-only past the call
    call: PlannedCall,
    attempt: Attempt | None = None,
    *,
    state: CallState | None = None,
    when: datetime | None,
    detail: str | None = None,
    hint: str | None = None,
    code: str | None = None,
) -> CallRow:
    """One line of any report; what is not given is as the attempt's record says it.

    ``call`` is as the manifests declare it, where they still do: only they know the callee. A state that a
    person has to settle brings the command that does.
    """
    shown = state or (attempt.shown_state if attempt else CallState.ARMED)
    settles = f"reconciler calls resolve {call.name}" if shown.uncertain else ""
    record = (
        {}
        if attempt is None
        else {
            "call_id": attempt.call_id,
            "end_reason": attempt.end_reason,
            "duration_seconds": attempt.duration_seconds,
            "recording": attempt.recording,
            "outcome": _outcome(attempt),
            "placed_at": _instant(attempt.placed_at or (attempt.sent_at if attempt.call_id else "")),
            "cost_cents": attempt.cost_cents,
            "earlier": attempt.earlier,
        }
    )  # fmt: skip - one table
    return CallRow(
        name=call.name,
        occurrence=attempt.occurrence if attempt else call.name,
        attempt=attempt.attempt if attempt else 1,
        when=when,
        zone=call.zone,
        state=shown,
        detail=(attempt.detail if attempt else "") if detail is None else detail,
        hint=settles if hint is None else hint,
        code=(attempt.code if attempt else "") if code is None else code,
        to=call.to_number or call.masked,
        agent=call.agent or "",
        **record,  # type: ignore[arg-type]  # the fields of CallRow
    )


def _outcome(attempt: Attempt) -> str:
    """Whether anybody was reached; "" while the call goes on, and where nobody was rung."""
    state = attempt.shown_state
    if attempt.outcome or not state.ended:
        return attempt.outcome or ("unknown" if state.uncertain else "")
    if "voicemail" in attempt.outcomes:
        return "voicemail"
    if attempt.outcomes or state is CallState.FAILED:
        return "not_reached"
    return "reached" if attempt.duration_seconds else "unknown"


def _instant(written: str) -> datetime | None:
    try:
        return parse_instant(written) if written else None
    except ValueError:
        return None


def damaged(ledger: Ledger) -> list[CallRow]:
    """A row for each call of which a record that was read cannot be understood: it may have rung or not."""
    return [
        CallRow(name, name, 1, None, "", CallState.UNKNOWN, detail=it.message, hint=it.hint, code=it.code)
        for name, it in sorted(ledger.damaged.items())
    ]


def errors_first(
    rows: Iterable[CallRow], left_out: Mapping[Address, tuple[Finding, ...]], ledger: Ledger
) -> list[CallRow]:
    """The rows, and before them one for each call whose document is in error: as it stands nobody is rung for it.

    It takes the place of a row that has the call wait; the result of earlier occurrences is told as ever. One that
    no row is about tells when it was armed to ring.
    """
    wrong = {address.name: errors[0] for address, errors in left_out.items()}
    waiting: dict[str, CallRow] = {}
    others = []
    for row in rows:
        if row.name in wrong and row.state.to_come:
            waiting.setdefault(row.name, row)
        else:
            others.append(row)
    return [*(_stopped(error, waiting.get(name) or _armed(name, ledger)) for name, error in wrong.items()), *others]


def _armed(name: str, ledger: Ledger) -> CallRow:
    """The row of a call as it is armed, if it is."""
    known = ledger.armed_call(name)
    if known is None:
        return CallRow(name, name, 1, None, "", CallState.REFUSED)
    return call_row(known.call, when=_instant(known.opens))


def _stopped(error: Finding, known: CallRow) -> CallRow:
    place = f"{error.location}: " if error.location else ""
    detail = f"{place}error {error.code}: {error.message}"
    return replace(known, state=CallState.REFUSED, detail=detail, hint=error.hint, code=error.code, in_error=True)
