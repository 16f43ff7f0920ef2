"""This file exists to dial: the only place in the tool that makes a telephone ring.

For each occurrence that is due: pass the gates, create the claim in the store (only the creator goes on),
read the store again and pass the gates again, send one request, record the answer. So whoever held or
cancelled the call before it was claimed is heard, and whoever takes the claim over meanwhile goes on alone.
A claim is never taken back: whatever happens after it is an answer, a refusal that rang nobody, or a
question for ``settle`` (promise P4).
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler import numbers
from reconciler.calls.answers import PATH, answered, final, read, refused, row
from reconciler.calls.due import Due, agenda
from reconciler.calls.gates import Closed, Moment, agent_id, closed
from reconciler.calls.settle import Others, find, others, settle
from reconciler.calls.tally import Tally
from reconciler.clock import SystemClock, parse_instant
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Conflict,
    Denied,
    PlanRefused,
    ReconcilerError,
    Rejected,
    Throttled,
    Unintelligible,
    Unreachable,
    VendorFault,
)  # fmt: skip - one line of names
from reconciler.ledger import stamp
from reconciler.links import wire_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from threading import Event

    from reconciler.api import Api
    from reconciler.clock import Clock
    from reconciler.kind import Account
    from reconciler.ledger import Attempt, Ledger
    from reconciler.links import Links
    from reconciler.orders import Order
    from reconciler.rows import CallRow

_TRIES = 3
_LONGEST_SKEW = 30.0
_LONGEST_PAUSE = 5.0  # seconds: other calls wait meanwhile, and their windows close
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
    tally: Tally = field(default_factory=Tally)


def dispatch(line: Line, *, dry_run: bool = False, told: list[CallRow] | None = None) -> list[CallRow]:
    """Place what is due, settle what is uncertain, report what was missed; one row each.

    ``told`` receives each row as it comes about, for a caller that must report them even when this raises:
    a missed call is recorded once and would otherwise never be told.

    Raises PlanRefused when the clocks disagree, Denied when the key is refused, StoreError when the ledger
    cannot be written; what was already done stays recorded.
    """
    rows = [] if told is None else told
    _agree_on_time(line.api)
    now = line.clock.now()
    todo = agenda(line.ledger.armed(), line.ledger.attempts(), organization=line.organization, now=now)
    for due in todo.missed:
        if (found := _missed(line, due, dry_run=dry_run)) is not None:
            rows.append(found)
    for due in (*todo.settle, *todo.place):
        if line.stopping.is_set():
            break
        if line.tally.ready(due.attempt.key, now) > now:
            continue
        line.tally.tried[due.attempt.key] = now
        if (found := _told(line, due, rows, dry_run=dry_run)) is not None:
            rows.append(found)
    return rows


def _told(line: Line, due: Due, rows: list[CallRow], *, dry_run: bool) -> CallRow | None:
    """The row of one attempt; what became of it is told also when something stops the run right then."""
    order = line.orders.get(due.armed.name)
    settling = due.before is not None and due.before.state in ("claimed", "unknown")
    if not settling and (why := _limit(line, due.attempt)) is not None:
        return row(due, order, "armed", detail=why.message, hint=why.hint, code=why.code)
    line.tally.known.pop(due.attempt.key, None)
    try:
        return (_settle if settling else _place)(line, due, order, dry_run=dry_run)
    except ReconcilerError as error:
        known = line.tally.known.get(due.attempt.key)
        if known is None and due.attempt.key in line.tally.sent:
            known = replace(due.attempt, state="unknown", code="RC610", detail="sent, and its answer is not known")
        if known is not None:
            stored = "" if isinstance(error, Denied) else f"not recorded for sure: {error.message}"
            words = "; ".join(filter(None, (known.detail, stored)))
            rows.append(answered(due, order, replace(known, detail=words)))
        raise


def _limit(line: Line, attempt: Attempt) -> Closed | None:
    """Every request that was sent counts, whatever became of it, unless it was refused."""
    limit = line.account.settings.limits.calls_per_run
    if not line.tally.full(attempt.key, limit):
        return None
    return Closed(
        "RC608", f"{len(line.tally.sent)} calls placed in this run, limit {limit}", "raise `limits.calls_per_run`"
    )


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
    detail = f"missed: its window closed on {due.closing}{why}"
    attempt = replace(due.attempt, state="expired", detail=detail, code="RC609")
    if not dry_run and not _recorded(line, due, attempt):
        return None
    return row(
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
        return row(due, order, "armed", detail=message, hint=hint, code=code)
    if dry_run:
        return row(due, order, "armed", detail="would be placed now")
    try:
        if (rang := _rang_already(line, due, order)) is not None:
            return answered(due, order, _record(line, rang, due.before))
    except Denied:
        raise
    except ApiError as error:
        detail = f"whether it rang before its state was lost cannot be read: {error.message}"
        return row(due, order, "armed", detail=detail, hint=error.hint)
    claimed = _claimed(line, due, replace(due.attempt, claimed_at=stamp(line.clock.now())))
    became = _dial(line, claimed, order, due) if claimed else None
    return answered(due, order, became) if became else None


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
    if (full := _limit(line, claimed)) is not None:
        return full
    why = closed(replace(due, armed=armed), order, _moment(line))
    if why is None and line.stopping.is_set():
        return Closed("RC901", "the run was asked to stop before it was sent")
    return why


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
            return _record(line, _send(line, claimed, request), claimed)
        except (Unreachable, Throttled) as error:
            pause = error.retry_after or float(tried)
            late = pause > _LONGEST_PAUSE or line.clock.now() + timedelta(seconds=pause) >= due.closes
            if tried == _TRIES or late or not _paused(line, pause):
                return _record(line, refused(claimed, error), claimed)
        except Denied as error:
            _record(line, refused(claimed, error), claimed)
            raise
        except Rejected as error:
            if final(error):
                return _record(line, refused(claimed, error), claimed)
            if tried == _TRIES or not _paused(line, 1.0):
                # Another request with this key may be under way: that is no proof that nothing rings.
                return _record(line, _settled(line, claimed, order, due), claimed)
        except (AmbiguousWrite, VendorFault, Unintelligible):
            return _record(line, _settled(line, claimed, order, due), claimed)
    return _record(line, replace(claimed, state="unknown", detail="no answer was understood", code="RC610"), claimed)


def _request(line: Line, attempt: Attempt, order: Order) -> dict[str, Any]:
    found = agent_id(order, line.links)
    return order.request(agent_id=wire_id(found) if found else None, key=attempt.key)


def _paused(line: Line, seconds: float) -> bool:
    """Wait; False as soon as the run is asked to stop."""
    if isinstance(line.clock, SystemClock):
        return not line.stopping.wait(seconds)
    line.clock.sleep(seconds)
    return not line.stopping.is_set()


def _send(line: Line, claimed: Attempt, request: Mapping[str, Any]) -> Attempt:
    """The one request that makes a telephone ring, and the attempt as its answer tells it."""
    line.tally.sent.add(claimed.key)
    return read(claimed, line.api.exchange("POST", PATH, request, attempts=1))


def _settled(line: Line, claimed: Attempt, order: Order, due: Due) -> Attempt:
    """What became of a request without an answer; it is sent again only while the call might be placed anew."""
    request = _request(line, claimed, order)

    def again() -> Attempt:
        why = _stopped(line, claimed, order, due)
        if why is None:
            return _send(line, claimed, request)
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
    line.tally.note(attempt)
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
        return row(
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
        return row(due, order, "unknown", detail=detail, hint=hint, code="RC602")
    claimed = _claimed(line, due, due.before)
    if claimed is None:
        return None
    try:
        return answered(due, order, _record(line, _settled(line, claimed, order, due), claimed))
    except Conflict:
        return None
