"""This file exists to dial: the only place in the tool that makes a telephone ring.

For each occurrence that is due: pass the gates, create the claim in the store (only the creator goes on),
read the store again and pass the gates again, send one request, record the answer. So whoever held or
cancelled the call before it was claimed is heard, and whoever takes the claim over meanwhile goes on alone.
A claim is never taken back: whatever happens after it is an answer, a refusal that rang nobody, or a
question for ``settle`` (promise P4).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler import numbers
from reconciler.calls.due import Agenda, Due, agenda
from reconciler.calls.gates import Closed, Moment, agent_id, closed
from reconciler.calls.settle import Others, find, others, settle
from reconciler.clock import parse_instant
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Conflict,
    Denied,
    PlanRefused,
    Rejected,
    Throttled,
    Unintelligible,
    Unreachable,
    VendorFault,
)  # fmt: skip - one line of names
from reconciler.ledger import stamp
from reconciler.links import wire_id
from reconciler.outbound import refusal
from reconciler.rows import CallRow

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from reconciler.api import Api, Reply
    from reconciler.clock import Clock
    from reconciler.kind import Account
    from reconciler.ledger import Attempt, Ledger
    from reconciler.links import Links
    from reconciler.orders import Order

_PATH = "/v1/call"
_TRIES = 3
_LONGEST_SKEW = 30.0
_CONFLICT = 409
_CERTAIN = frozenset({"placed", "completed", "failed"})


@dataclass(frozen=True, slots=True)
class Line:
    """Everything a dispatch speaks through."""

    api: Api
    ledger: Ledger
    links: Links
    account: Account
    orders: Mapping[str, Order]
    organization: str
    clock: Clock
    owner: str
    differs: Callable[[Order, Mapping[str, Any]], bool]
    check_lease: Callable[[], None]
    stopping: Event


def due_now(line: Line) -> Agenda:
    """What the ledger asks for at this moment."""
    return agenda(line.ledger.armed(), line.ledger.attempts(), organization=line.organization, now=line.clock.now())


def dispatch(line: Line, *, dry_run: bool = False, told: list[CallRow] | None = None) -> list[CallRow]:
    """Place what is due, settle what is uncertain, report what was missed; one row each.

    ``told`` receives each row as it comes about, for a caller that must report them even when this raises:
    a missed call is recorded once and would otherwise never be told.

    Raises PlanRefused when the clocks disagree, Denied when the key is refused, StoreError when the ledger
    cannot be written; what was already done stays recorded.
    """
    rows = [] if told is None else told
    _agree_on_time(line.api)
    todo = due_now(line)
    for due in todo.missed:
        if (row := _missed(line, due, dry_run=dry_run)) is not None:
            rows.append(row)
    placed = 0
    limit = line.account.settings.limits.calls_per_run
    for due in (*todo.settle, *todo.place):
        if line.stopping.is_set():
            break
        order = line.orders.get(due.armed.name)
        settling = due.before is not None and due.before.state in ("claimed", "unknown")
        if not settling and placed >= limit:
            why = Closed("RC608", f"{placed} calls placed in this run, limit {limit}", "raise `limits.calls_per_run`")
            rows.append(_row(due, order, "armed", detail=why.message, hint=why.hint, code=why.code))
            continue
        row = _settle(line, due, order, dry_run=dry_run) if settling else _place(line, due, order, dry_run=dry_run)
        if row is not None:
            rows.append(row)
            placed += row.state == "placed" and not settling
    return rows


def _agree_on_time(api: Api) -> None:
    """A clock that is off by more than 30 s would dial outside the window; nothing is dialled then."""
    offset = api.server_offset()
    if offset is not None and abs(offset) > _LONGEST_SKEW:
        raise PlanRefused(
            f"this machine's clock is {abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} the server's, "
            f"limit {_LONGEST_SKEW:.0f} s",
            code="RC306",
            hint="set the clock (NTP), then dispatch again",
        )


def _missed(line: Line, due: Due, *, dry_run: bool) -> CallRow | None:
    """The window closed and nothing rang: recorded once, so that it is shouted about once.

    None when another run recorded something first: that it was missed, or even that it was placed.
    """
    why = f"; last refused: {due.before.detail}" if due.before and due.before.detail else ""
    detail = f"missed: its window closed at {due.closes:%H:%M} UTC{why}"
    attempt = replace(due.attempt, state="expired", detail=detail, code="RC609")
    if not dry_run and not _recorded(line, due, attempt):
        return None
    return _row(
        due,
        line.orders.get(due.armed.name),
        "expired",
        detail=detail,
        hint="set a new name and time to call after all",
        code=attempt.code,
    )  # fmt: skip - one call


def _place(line: Line, due: Due, order: Order | None, *, dry_run: bool) -> CallRow | None:
    why = closed(due, order, _moment(line))
    if why is not None or order is None:
        message, hint, code = (why.message, why.hint, why.code) if why else ("", "", "")
        return _row(due, order, "armed", detail=message, hint=hint, code=code)
    if dry_run:
        return _row(due, order, "armed", detail="would be placed now")
    try:
        if (rang := _rang_already(line, due, order)) is not None:
            return _answered(due, order, _record(line, rang, due.before))
    except (VendorFault, Unreachable, Throttled) as error:
        detail = f"whether it rang before its state was lost cannot be read: {error.message}"
        return _row(due, order, "armed", detail=detail, hint=error.hint)
    claimed = _claimed(line, due, replace(due.attempt, claimed_at=stamp(line.clock.now())))
    answered = _dial(line, claimed, order, due) if claimed else None
    return _answered(due, order, answered) if answered else None


def _claimed(line: Line, due: Due, attempt: Attempt) -> Attempt | None:
    """The claim, once it is stored: only who creates it, or takes it over as it was read, goes on."""
    line.check_lease()
    claimed = replace(attempt, owner=line.owner)
    return claimed if _recorded(line, due, claimed) else None


def _recorded(line: Line, due: Due, attempt: Attempt) -> bool:
    """Write over what this run decided upon, and over nothing else: the ledger may have been read again since."""
    try:
        if line.ledger.attempt(attempt.occurrence, attempt.attempt) == due.before:
            line.ledger.record(attempt)
            return True
    except Conflict:
        line.ledger.refresh()
    return False


def _rang_already(line: Line, due: Due, order: Order) -> Attempt | None:
    """A call armed after its window opened may have been placed from a state that was lost: ask the platform.

    Any call between the two numbers since the window opened counts as this one: better missed than twice.
    """
    if due.before is not None or due.attempt.attempt > 1 or parse_instant(due.armed.armed_at) <= due.opens:
        return None
    request = _request(line, due.attempt, order)
    listed = find(line.api, request, since=due.opens)
    taken, _ = _others(line, due.attempt)
    calls = [call for call in listed if str(call.get("call_id")) not in taken]
    if not calls:
        return None
    detail = "the platform's history shows this call already"
    call_id = str(calls[0]["call_id"])
    return replace(due.attempt, state="placed", claimed_at=stamp(line.clock.now()), call_id=call_id, detail=detail)


def _moment(line: Line) -> Moment:
    attempts, held = tuple(line.ledger.attempts()), line.ledger.held_all()
    # The clock is looked at last: between this and the request nothing may take time.
    return Moment(line.clock.now(), line.account, line.links, attempts, line.differs, held)


def _stopped(line: Line, claimed: Attempt, order: Order, due: Due) -> Closed | None:
    """Why the claimed call must not be sent after all, by what is stored, and what time it is, at this moment.

    Raises Conflict when another run took the claim over.
    """
    line.ledger.refresh()
    if line.ledger.attempt(claimed.occurrence, claimed.attempt) != claimed:
        raise Conflict(f"`{claimed.occurrence}` was taken over by another run")
    armed = line.ledger.armed().get(claimed.name)
    if armed is None or armed.state != "armed":
        return Closed("RC601", "it was cancelled meanwhile")
    return closed(replace(due, armed=armed), order, _moment(line))


def _dial(line: Line, claimed: Attempt, order: Order, due: Due) -> Attempt | None:
    """Send the request and record the answer; None when another run took the claim over, and tells."""
    try:
        return _sent(line, claimed, order, due)
    except Conflict:
        return None


def _sent(line: Line, claimed: Attempt, order: Order, due: Due) -> Attempt:
    """Only what provably did not arrive, and may still be sent, is sent again."""
    request = _request(line, claimed, order)
    for tried in range(1, _TRIES + 1):
        try:
            why = _stopped(line, claimed, order, due)
            if why is not None:
                return _record(line, replace(claimed, state="refused", code=why.code, detail=why.message), claimed)
            return _record(line, _read(claimed, _send(line, request)), claimed)
        except (Unreachable, Throttled) as error:
            pause = error.retry_after or float(tried)
            late = line.clock.now() + timedelta(seconds=pause) >= due.closes
            if tried == _TRIES or late or line.stopping.is_set():
                return _record(line, _refused(claimed, error), claimed)
            line.clock.sleep(pause)
        except Denied as error:
            _record(line, _refused(claimed, error), claimed)
            raise
        except Rejected as error:
            if error.status != _CONFLICT or _final(error):
                return _record(line, _refused(claimed, error), claimed)
            if tried == _TRIES:
                # Another request with this key may be under way: that is no proof that nothing rings.
                return _record(line, _settled(line, claimed, order, due), claimed)
            line.clock.sleep(1.0)
        except (AmbiguousWrite, Unintelligible):
            return _record(line, _settled(line, claimed, order, due), claimed)
    return _record(line, replace(claimed, state="unknown", detail="no answer was understood", code="RC610"), claimed)


def _final(error: Rejected) -> bool:
    """A 409 that says ``retryable: false``: the caller id is refused for good (contract 2.12.2)."""
    return isinstance(error.body, dict) and error.body.get("retryable") is False


def _request(line: Line, attempt: Attempt, order: Order) -> dict[str, Any]:
    found = agent_id(order, line.links)
    return order.request(agent_id=wire_id(found) if found else None, key=attempt.key)


def _send(line: Line, request: Mapping[str, Any]) -> Reply:
    return line.api.exchange("POST", _PATH, request, attempts=1)


def _read(attempt: Attempt, reply: Reply) -> Attempt:
    """The attempt as a 200, 201 or 202 tells it; without a call id it cannot be told."""
    body = reply.json if isinstance(reply.json, dict) else {}
    call_id = body.get("call_id")
    if call_id is None:
        raise Unintelligible("the answer names no call", method="POST", path=_PATH, status=reply.status)
    status = str(body.get("status", ""))
    failed = status == "failed"
    return replace(
        attempt,
        state="failed" if failed else "placed",
        call_id=str(call_id),
        status=status,
        detail=str(body.get("failure_reason") or ""),
    )


def _refused(attempt: Attempt, error: ApiError) -> Attempt:
    code, hint = refusal(error) if isinstance(error, Rejected) else (error.code, error.hint)
    words = error.detail or error.message
    return replace(attempt, state="refused", code=code, detail=f"{words} → {hint}" if hint else words)


def _settled(line: Line, claimed: Attempt, order: Order, due: Due) -> Attempt:
    """What became of a request without an answer; it is sent again only while the call might be placed anew."""
    request = _request(line, claimed, order)

    def again() -> Attempt:
        why = _stopped(line, claimed, order, due)
        if why is None:
            return _read(claimed, _send(line, request))
        detail = f"no answer came, the list of calls does not show it, and it is not sent again: {why.message}"
        return replace(claimed, state="unknown", detail=detail, code="RC610")

    return settle(line.api, claimed, request, others=lambda: _others(line, claimed), again=again)


def _others(line: Line, attempt: Attempt) -> Others:
    """What other attempts account for: asked after the list was read, and of the store, so that none is too new."""
    line.ledger.refresh()
    return others(line.ledger.attempts(), attempt)


def _record(line: Line, attempt: Attempt, over: Attempt | None) -> Attempt:
    """Write down what became of an attempt; returns it, or what another run wrote over ``over`` first.

    That a call was placed is certain knowledge and goes over whatever is uncertain, or says less. The vendor's
    words may hold the callee's number, the ledger must not.
    """
    order = line.orders.get(attempt.name)
    words = numbers.mask_in(attempt.detail)
    attempt = replace(attempt, detail=numbers.hide(words, order.to_number) if order else words)
    sent = attempt if attempt.state == "refused" else replace(attempt, sent_at=stamp(line.clock.now()))
    while True:
        stored = line.ledger.attempt(sent.occurrence, sent.attempt)
        if stored not in (None, over) and (sent.state not in _CERTAIN or stored.state in _CERTAIN):
            return stored
        try:
            line.ledger.record(sent)
        except Conflict:
            line.ledger.refresh()
        else:
            return sent


def _settle(line: Line, due: Due, order: Order | None, *, dry_run: bool) -> CallRow | None:
    """A claim whose dispatcher is gone, or an outcome still unknown."""
    if due.before is None or order is None or dry_run:
        return _row(
            due,
            order,
            "unknown",
            detail="a claim without an outcome",
            hint=f"reconciler calls resolve {due.armed.name}",
            code="RC610",
        )  # fmt: skip - one call
    if line.differs(order, due.armed.spec):
        detail = "a claim without an outcome, and the manifest is not what was armed"
        hint = "put the manifest back as it was, then dispatch again"
        return _row(due, order, "unknown", detail=detail, hint=hint, code="RC602")
    claimed = _claimed(line, due, due.before)
    if claimed is None:
        return None
    try:
        return _answered(due, order, _record(line, _settled(line, claimed, order, due), claimed))
    except Conflict:
        return None


def _answered(due: Due, order: Order, attempt: Attempt) -> CallRow:
    hint = f"reconciler calls resolve {due.armed.name}" if attempt.state == "unknown" else ""
    return _row(due, order, attempt.state, detail=attempt.detail, hint=hint, call_id=attempt.call_id, code=attempt.code)


def _row(  # noqa: PLR0913 - a row has these parts
    due: Due,
    order: Order | None,
    state: str,
    *,
    detail: str = "",
    hint: str = "",
    call_id: str = "",
    code: str = "",
) -> CallRow:
    return CallRow(
        name=due.armed.name,
        occurrence=due.attempt.occurrence,
        attempt=due.attempt.attempt,
        state=state,
        when=due.nominal,
        zone=order.zone if order else "",
        call_id=call_id,
        detail=detail,
        hint=hint,
        code=code,
        to=order.to_number if order else "",
    )
