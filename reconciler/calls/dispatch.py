"""Dispatch: the only place in the tool that makes a telephone ring.

For each occurrence that is due: pass the gates, create the claim in the store (only the creator goes on),
read the store again and pass the gates again, send one request, record the answer. So whoever held or
cancelled the call before it was claimed is heard, and whoever takes the claim over meanwhile goes on alone.
A claim is never taken back: whatever happens after it is an answer, a refusal that rang nobody, or a
question for ``settle`` (promise P4).
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from threading import Event
from typing import TYPE_CHECKING

from reconciler import redaction
from reconciler.calls.answers import PATH, answered, documented, final, read, refused, row
from reconciler.calls.clock_agreement import agree_on_time
from reconciler.calls.due import Due, todo
from reconciler.calls.gates import Blocked, blocked
from reconciler.calls.not_placed import missed, recorded, skip
from reconciler.calls.other_calls import of_others, ours, rang_already
from reconciler.calls.rate_limit import LONGEST_PAUSE
from reconciler.calls.settle import settle
from reconciler.calls.workers import WorkerPool
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Conflict,
    Denied,
    ReconcilerError,
    Rejected,
    Throttled,
    Unintelligible,
    Unreachable,
    VendorFault,
)  # fmt: skip - one line of names
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp
from reconciler.state.call_records import Attempt

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from typing import Any

    from reconciler.calls.context import DispatchContext
    from reconciler.calls.workers import Tell
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.planned_call import PlannedCall

_TRIES = 3
_SHORTEST_PAUSE = 1.0


def dispatch(context: DispatchContext, *, dry_run: bool = False, told: list[CallRow] | None = None) -> list[CallRow]:
    """Place what is due, settle what is uncertain, report what was missed; one row each, what closes first first.

    ``told`` receives the rows also when this raises, for a caller that must report them all the same: a missed
    call is recorded once and would otherwise never be told. What raises stops all workers: each finishes and
    records what it has in flight, and begins nothing more.

    Raises PlanRefused when the clocks disagree, Denied when the key is refused, StoreError when the ledger
    cannot be written; what was already done stays recorded.
    """
    rows = [] if told is None else told
    agree_on_time(context.api)
    context.ledger.refresh()  # who opted out while the account was read is not even claimed
    now = context.clock.now()
    for pool in due_pools(context, now, dry_run=dry_run):
        try:
            pool.run(context.throttle.workers)
        finally:
            rows += pool.rows
    return rows


def due_pools(context: DispatchContext, now: datetime, *, dry_run: bool = False) -> tuple[WorkerPool, WorkerPool]:
    """What the workers of a run take: what was missed, then what is to be settled and placed."""
    found = todo(context.ledger, now=now)
    context = replace(context, earliest=found.earliest)
    due, over = pools(lambda: context, stopping=context.stopping, halted=context.run_state.halted, dry_run=dry_run)
    # What is due goes first: there may be much to tell of the past, and each record is a write.
    due.offer(it for it in (*found.settle, *found.place) if context.run_state.ready(it.attempt.key, now) <= now)
    over.offer(found.missed)
    return due, over


def pools(
    begin: Callable[[], DispatchContext], *, stopping: Event, halted: Event, dry_run: bool = False
) -> tuple[WorkerPool, WorkerPool]:
    """Workers for what is to be settled and placed, and for what was missed; ``begin`` is asked for each attempt."""

    def take(due: Due, tell: Tell) -> CallRow | None:
        context = begin()
        context.run_state.tried[due.attempt.key] = context.clock.now()
        told = _attempt_row(context, due, tell, dry_run=dry_run)
        if told is not None and context.happened is not None:
            context.happened(told)
        return told

    def callee(due: Due) -> str:
        return begin().callee(due)

    return (
        WorkerPool(
            (),
            take,
            callee=callee,
            admit=lambda due: due.is_uncertain or _limit(begin(), due.attempt) is None,
            stopping=stopping,
            halted=halted,
        ),
        WorkerPool(
            (),
            lambda due, _: missed(begin(), due, dry_run=dry_run),
            callee=callee,
            admit=lambda _: True,
            stopping=Event(),  # recorded whether the run is to stop or not: nothing rings for it
            halted=halted,
        ),
    )


def _attempt_row(context: DispatchContext, due: Due, tell: Tell, *, dry_run: bool) -> CallRow | None:
    """The row of one attempt; it is reported also when something stops the run right then."""
    order = context.orders.get(due.armed.name)
    if not due.is_uncertain and (why := _limit(context, due.attempt)) is not None:
        return row(due, order, CallState.ARMED, detail=why.message, hint=why.hint, code=why.code)
    context.run_state.known.pop(due.attempt.key, None)
    try:
        return (_settle if due.is_uncertain else _place)(context, due, order, dry_run=dry_run)
    except ReconcilerError as error:
        known = context.run_state.known.get(due.attempt.key)
        if known is None and due.attempt.key in context.run_state.sent:
            known = replace(
                due.attempt, state=CallState.UNKNOWN, code="RC610", detail="sent, and its answer is not known"
            )
        if known is not None:
            stored = "" if isinstance(error, Denied) else f"not recorded for sure: {error.message}"
            words = "; ".join(filter(None, (known.detail, stored)))
            tell(answered(due, order, replace(known, detail=words)))
        raise
    finally:
        context.run_state.release(due.attempt.key)


def _limit(context: DispatchContext, attempt: Attempt) -> Blocked | None:
    """Every request that was sent counts, whatever became of it, unless it was refused; so does one under way."""
    limit = context.account.settings.limits.calls_per_run
    if context.run_state.reserve(attempt.key, limit):
        return None
    placed = len(context.run_state.quota)
    return Blocked("RC608", f"{placed} calls placed in this run, limit {limit}", "raise `limits.calls_per_run`")


def _place(context: DispatchContext, due: Due, order: PlannedCall | None, *, dry_run: bool) -> CallRow | None:
    why = blocked(due, order, context.gate_inputs(due, order))
    if why is not None or order is None:
        return _kept_back(context, due, order, why or Blocked("", ""), dry_run=dry_run)
    if dry_run:
        return row(due, order, CallState.ARMED, detail="would be placed now")
    return _placed(context, due, order)


def _placed(context: DispatchContext, due: Due, order: PlannedCall) -> CallRow | None:
    """What becomes of a call against which nothing stands: it is placed, unless it rang already."""
    if not context.pause_is_over():
        return _left(context, due, order)
    if sent := context.sent.unknown_to_the_state(due.before, due.attempt.key):
        return _taken_up(context, due, order, replace(due.attempt, claimed_at=sent))
    if (told := _told_by_history(context, due, order)) is not None:
        return told
    if not context.acquire(context.throttle.claims) or context.run_state.halted.is_set():
        return _left(context, due, order)
    claimed = _claimed(context, due, replace(due.attempt, owner=context.owner, claimed_at=stamp(context.clock.now())))
    became = _dial(context, claimed, order, due) if claimed else None
    return answered(due, order, became) if became else None


def _kept_back(
    context: DispatchContext, due: Due, order: PlannedCall | None, why: Blocked, *, dry_run: bool
) -> CallRow | None:
    """The row of a call that a gate stops: held back for now, or not to be placed at all."""
    if why.skips and order is not None:
        return skip(context, due, order, why.message, dry_run=dry_run)
    state = CallState.HELD if why.meant else CallState.ARMED
    return row(due, order, state, detail=why.message, hint=why.hint, code=why.code)


def _told_by_history(context: DispatchContext, due: Due, order: PlannedCall) -> CallRow | None:
    """The row of a call that the platform's list shows already, or says too little of; None when it may be placed."""
    try:
        with context.throttle.asking():
            found = rang_already(context, due, order)
    except Denied:
        raise
    except ApiError as error:
        detail = f"whether it rang already cannot be read in the platform's list of calls: {error.message}"
        return row(due, order, CallState.ARMED, detail=detail, hint=error.hint)
    if isinstance(found, Blocked):
        return row(due, order, CallState.ARMED, detail=found.message, hint=found.hint, code=found.code)
    return None if found is None else answered(due, order, _record(context, found, due.before))


def _left(context: DispatchContext, due: Due, order: PlannedCall | None) -> CallRow | None:
    """The row of a call that the platform's pause leaves to another run; none when the run is to stop."""
    if context.stopping.is_set() or context.run_state.halted.is_set():
        return None
    why = _pause(context)
    return row(due, order, CallState.ARMED, detail=why.message, hint=why.hint, code=why.code)


def _pause(context: DispatchContext) -> Blocked:
    asked = context.throttle.pause
    return Blocked("RC402", f"the platform asked for a pause of {asked:.0f} s", "dispatch again when it is over")


def _claimed(context: DispatchContext, due: Due, attempt: Attempt) -> Attempt | None:
    """The claim, once it is stored: only who creates it, or takes it over as it was read, goes on."""
    context.check_lease()
    claimed = attempt if attempt.owner == context.owner else replace(attempt, owner=context.owner)
    return claimed if recorded(context, due, claimed) else None


def _rung(context: DispatchContext, claimed: Attempt, order: PlannedCall, due: Due) -> Attempt | Blocked:
    """Send the request once its turn has come, unless something stands against it by then."""
    # What waits for a disk is done before the slot is taken, which would be occupied meanwhile.
    context.sent.note(claimed)
    # Read after the claim, never before it: a hold, a cancellation or a take-over that was written while the claim
    # was, would not be in what was read earlier. In the queue for the slot time passes too, so it may be read twice.
    context.ledger.refresh()
    limit, request = context.throttle.requests, context.request(claimed, order)
    with context.throttle.slot(lambda: context.acquire(limit), look_again=context.ledger.refresh) as goes_on:
        why = _stopped(context, claimed, order, due)
        if why is None and not goes_on:
            why = _pause(context)
        return why or _send(context, claimed, request)


def _stopped(context: DispatchContext, claimed: Attempt, order: PlannedCall, due: Due) -> Blocked | None:
    """Why the claimed call must not be sent after all, by what was just read, and what time it is, at this moment.

    Raises Conflict when another run took the claim over.
    """
    if context.ledger.attempt(claimed.occurrence, claimed.attempt) != claimed:
        raise Conflict(f"`{claimed.occurrence}` was taken over by another run")
    armed = context.ledger.armed_call(claimed.name)
    if armed is None or armed.state != CallState.ARMED:
        return Blocked("RC601", "it was cancelled meanwhile")
    if (full := _limit(context, claimed)) is not None:
        return full
    due = due if armed is due.armed else replace(due, armed=armed)
    why = blocked(due, order, context.gate_inputs(due, order))
    if why is None and (context.stopping.is_set() or context.run_state.halted.is_set()):
        return Blocked("RC901", "the run was asked to stop before it was sent")
    return why


def _dial(context: DispatchContext, claimed: Attempt, order: PlannedCall, due: Due) -> Attempt | None:
    """Send the request and record the answer; None when another run took the claim over, and tells."""
    try:
        return _sent(context, claimed, order, due)
    except Conflict:
        return None


def _sent(context: DispatchContext, claimed: Attempt, order: PlannedCall, due: Due) -> Attempt:
    """Only what provably did not arrive, and may still be sent, is sent again."""
    for tried in range(1, _TRIES + 1):
        try:
            became = _rung(context, claimed, order, due)
            if isinstance(became, Blocked):
                became = replace(claimed, state=CallState.REFUSED, code=became.code, detail=became.message)
            return _record(context, became, claimed)
        except (Unreachable, Throttled) as error:
            if not _waited(context, error, due, tried):
                return _given_up(context, claimed, error)
        except Denied as error:
            _record(context, refused(claimed, error), claimed)
            raise
        except Rejected as error:
            if documented(error) and final(error):
                return _record(context, refused(claimed, error), claimed)
            if not documented(error) or tried == _TRIES or not context.paused(1.0):
                # A gateway speaks, or another request with this key may be under way: no proof that nothing rings.
                return _record(context, _settled(context, claimed, order, due), claimed)
        except (AmbiguousWrite, VendorFault, Unintelligible):
            return _record(context, _settled(context, claimed, order, due), claimed)
    return _record(
        context, replace(claimed, state=CallState.UNKNOWN, detail="no answer was understood", code="RC610"), claimed
    )


def _given_up(context: DispatchContext, claimed: Attempt, error: Unreachable | Throttled) -> Attempt:
    """For now: of what did not arrive nothing is to be feared, and it may be tried again as soon as anything is."""
    if isinstance(error, Unreachable):
        context.run_state.forget(claimed.key)
    return _record(context, refused(claimed, error), claimed)


def _waited(context: DispatchContext, error: Unreachable | Throttled, due: Due, tried: int) -> bool:
    """Wait before another try; False where that makes no sense."""
    pause = error.retry_after or float(tried)
    late = pause > LONGEST_PAUSE or context.clock.now() + timedelta(seconds=pause) >= due.closes
    return tried < _TRIES and not late and context.paused(pause)


def _send(context: DispatchContext, claimed: Attempt, request: Mapping[str, Any]) -> Attempt:
    """The one request that makes a telephone ring, and the attempt as its answer tells it.

    A platform that asks for a pause gets it from all workers, and before another request takes its slot.
    """
    digests = context.ledger.digests  # asked for before the request: nothing may fail between it and its answer
    context.run_state.sent.add(claimed.key)
    try:
        with context.run_state.listening(Unreachable, AmbiguousWrite):
            reply = context.api.exchange("POST", PATH, request, attempts=1)
        return read(claimed, reply, digests)
    except Throttled as error:
        context.throttle.pause_for(context.clock.now(), error.retry_after or _SHORTEST_PAUSE)
        raise


def _settled(context: DispatchContext, claimed: Attempt, order: PlannedCall, due: Due) -> Attempt:
    """The result of a request without an answer; it is sent again only while the call might be placed anew."""

    def again() -> Attempt:
        became = _rung(context, claimed, order, due)
        if isinstance(became, Attempt):
            return became
        detail = f"no answer came, the list of calls does not show it, and it is not sent again: {became.message}"
        return replace(claimed, state=CallState.UNKNOWN, detail=detail, code="RC610")

    if context.stopping.is_set():  # whoever comes next settles it, and has the time
        detail = "no answer came before the run was asked to stop"
        return replace(claimed, state=CallState.UNKNOWN, detail=detail, code="RC610")
    request = context.request(claimed, order)
    with context.throttle.asking():
        return settle(context.api, claimed, request, others=lambda: of_others(context, claimed), again=again)


def _record(context: DispatchContext, attempt: Attempt, over: Attempt | None) -> Attempt:
    """Write down the result of an attempt; returns it, or what another run wrote over ``over`` first.

    That a call was placed is certain knowledge and goes over whatever is uncertain, or says less. The vendor's
    words may hold the callee's number, the ledger must not.
    """
    if attempt.detail:
        order = context.orders.get(attempt.name)
        words = redaction.mask_in(attempt.detail)
        attempt = replace(attempt, detail=redaction.hide(words, order.to_number) if order else words)
    attempt = ours(context, attempt)
    context.run_state.note(attempt)
    sent = attempt
    if attempt.state != CallState.REFUSED:
        now = stamp(context.clock.now())
        rang = attempt.placed_at or (now if attempt.state.certain else "")
        sent = replace(attempt, sent_at=now, placed_at=rang)
    # No plain write: another run may have settled this attempt by looking, when ours seemed dead. What it wrote
    # stands, unless we know for certain what it only guesses; each try is against the entry as it is by then.
    while True:
        stored = context.ledger.attempt(sent.occurrence, sent.attempt)
        if stored not in (None, over) and (not sent.state.certain or stored.state.certain):
            return stored
        try:
            if context.ledger.supersede(stored, sent):
                return sent
        except Conflict:
            context.ledger.refresh()


def _settle(context: DispatchContext, due: Due, order: PlannedCall | None, *, dry_run: bool) -> CallRow | None:
    """A claim whose dispatcher is gone, or an outcome still unknown."""
    if due.before is None or order is None or dry_run:
        return row(
            due,
            order,
            CallState.UNKNOWN,
            detail="a claim without an outcome",
            hint=f"reconciler calls resolve {due.armed.name}",
            code="RC610",
        )  # fmt: skip - one call
    if context.differs(order, due.armed.spec):
        detail = "a claim without an outcome, and the manifest is not what was armed"
        hint = "put the manifest back as it was, then dispatch again"
        return row(due, order, CallState.UNKNOWN, detail=detail, hint=hint, code="RC602")
    return _taken_up(context, due, order, due.before)


def _taken_up(context: DispatchContext, due: Due, order: PlannedCall, attempt: Attempt) -> CallRow | None:
    """The result of a request that was sent, once it is ours to settle; None where another run settles it."""
    claimed = _claimed(context, due, attempt)
    if claimed is None:
        return None
    try:
        return answered(due, order, _record(context, _settled(context, claimed, order, due), claimed))
    except Conflict:
        return None
