"""The run of a plan: each step is recorded before and after it is taken.

Independent steps run side by side; a failure stops only what depends on it; every draft is written before
any is deployed, and if one cannot be written none is deployed. After each write the declared fields are
compared with what was read back (promise P12). A killed run leaves intents in the ledger that tell the
next one where it stood (promise P6); nothing is reported done before that is recorded.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Event, Lock
from typing import TYPE_CHECKING

from reconciler.apply import draft_gate, writes
from reconciler.apply.awaited import Awaited
from reconciler.apply.failures import AGAIN, outcome_of
from reconciler.apply.in_state import taken_together
from reconciler.apply.journal import Journal
from reconciler.apply.news import Written
from reconciler.apply.not_begun import not_begun
from reconciler.apply.read_back import Listed, not_as_declared, not_in_draft, not_kept, way_out
from reconciler.apply.refused_fields import refused_fields, sentence
from reconciler.errors import (
    ApiError,
    Conflict,
    Declined,
    Denied,
    ReconcilerError,
    Rejected,
    Throttled,
    Unreachable,
)
from reconciler.model import Action, Address, Outcome, Phase, Report, Result
from reconciler.planning.steps import Step, Verb, on_their_way, steps
from reconciler.redaction import storable

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.apply.news import News
    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.errors import StoreError
    from reconciler.model import Change, Location, Observed, Plan


def apply(  # noqa: PLR0913 - what a run needs and whom it tells
    plan: Plan,
    kinds: Mapping[str, Kind],
    context: Context,
    *,
    parallelism: int,
    stopping: Event,
    holding: Callable[[], bool],
    progress: Callable[[News], None],
) -> Report:
    """Do what the plan says and report on every pending change; never raises for a single change.

    Raises StoreError, with nothing sent, where things that were renamed cannot be stored under their new names.

    ``stopping`` is looked at before each step: once it is set, requests in flight are finished and nothing
    new is begun; likewise once ``holding`` says that another run took the lease. ``progress`` is told each
    change as it is begun, as it is written where more is to follow, and each result as it becomes final, from
    any thread.
    """
    run = _Run(plan, kinds, context, stopping=stopping, holding=holding, progress=progress)
    with run.journal:
        run.journal.rename()
        for wave in steps(plan, kinds):
            run.prepare(wave)
            local = all(kinds[step.change.address.kind].kept_in_state for step in wave)
            with ThreadPoolExecutor(max_workers=_LOCAL if local else parallelism) as pool:
                list(pool.map(run.take, run.record(wave) if local else wave))
                run.journal.flush()
                run.read_back(pool)
                run.keep_or_discard_drafts(wave, pool)
            run.journal.flush()
    if not (stopping.is_set() or run.unwritable.is_set()):
        run.journal.refresh(plan, kinds)
    results = [run.results.get((change.address, change.verb)) for change in plan.pending]
    return Report(plan, (*not_begun(plan), *(result for result in results if result is not None)))


_NOTHING_HAPPENED = (Rejected, Denied, Unreachable, Throttled)
_READS = ("GET", "HEAD")
_BEGUN = frozenset({Verb.CREATE, Verb.UPDATE, Verb.STAGE, Verb.ACT})
_INTENDED = {Verb.CREATE: "create", Verb.UPDATE: "update", Verb.STAGE: "stage", Verb.DELETE: "delete"}
_RECORDED = frozenset({*_INTENDED, Verb.ACT})  # an action is named by its own word
_LOCAL = 64  # steps side by side that write to the state alone: they share its commits, and no request is in flight
_FEW = 8  # objects that are cheaper to read one by one than by a whole list


class _Run:
    """The state of one apply: what was done so far, and what it led to."""

    def __init__(  # noqa: PLR0913 - what a run needs and whom it tells
        self,
        plan: Plan,
        kinds: Mapping[str, Kind],
        context: Context,
        *,
        stopping: Event,
        holding: Callable[[], bool],
        progress: Callable[[News], None],
    ) -> None:
        self.results: dict[tuple[Address, str], Result] = {}
        self._kinds, self._context = kinds, context
        self._stopping, self._holding, self._progress = stopping, holding, progress
        self._failed: dict[Address, str] = {}
        self._drafts: dict[Address, Observed] = {}
        self._remarks: dict[Address, tuple[str, str]] = {}
        self._created: list[tuple[Change, Observed]] = []
        self._awaited = Awaited(on_their_way(plan), kinds, context)
        self.journal = Journal(context)
        self.unwritable = Event()
        self._denied = Event()
        self._lock = Lock()

    def prepare(self, wave: list[Step]) -> None:
        """Record what the steps of a wave are about to send; what is not recorded now is not sent later."""
        asked = []
        for step in wave:
            if step.verb not in _RECORDED:
                continue
            if (blocked := self._blocked(step)) is not None:
                self._finish(step.change, Outcome.SKIPPED, blocked)
                continue
            named = "replace" if step.change.action is Action.REPLACE else _INTENDED.get(step.verb, step.change.verb)
            asked.append((step.change, self._kind_of(step.change), named))
        for change, error in self.journal.begin(asked):
            self._fail(change, error)

    def record(self, wave: list[Step]) -> list[Step]:
        """Take the steps of a wave that writes to the state alone, many at once; returns those that are left."""
        return taken_together(
            wave, self._kinds, self._context, free=self._is_free, begun=self._progress, done=self._recorded
        )  # fmt: skip - one call

    def _is_free(self, step: Step) -> bool:
        return self._blocked(step) is None and not self._awaited.by(step)

    def _recorded(self, change: Change, observed: Observed | None) -> None:
        if observed is None:
            self._finish(change, Outcome.DONE, id_=change.id)
        else:
            self._done(change, self._kind_of(change), observed)

    def take(self, step: Step) -> None:
        """Take one step, unless something it needs failed; every outcome becomes a result."""
        change = step.change
        if (blocked := self._blocked(step)) is not None:
            self._finish(change, Outcome.SKIPPED, blocked)
            return
        if (waiting := self._awaited.unready(step)) is not None:
            self._finish(change, Outcome.SKIPPED, waiting, "apply again in a while: it looks first")
            return
        self._progress(change)
        self.journal.sending(change)
        try:
            self._send(step)
        except Declined as error:
            self._decline(change, error)
        except ReconcilerError as error:
            # A read fails only before a write, or after one whose answer was lost: that one may have happened.
            if step.verb in _BEGUN and isinstance(error, _NOTHING_HAPPENED) and error.method not in _READS:
                self.journal.withdraw(change)
            self._fail(change, error)
        except LookupError as error:
            self._finish(change, Outcome.FAILED, f"not found any more: {error}", "plan again")
        except (TypeError, ValueError, AttributeError) as error:
            # An answer that is not in the contract must not take the other changes' results with it.
            detail = f"the answer was not what the contract says ({type(error).__name__})"
            self._finish(change, Outcome.UNKNOWN, detail, "plan again: it says how the account stands")

    def _decline(self, change: Change, error: Declined) -> None:
        """It was done and failed: remembered, so that it is not paid for again unless asked."""
        failed = partial(self._fail, change, error)
        why = storable(": ".join(part for part in (error.message, error.detail) if part))
        self.journal.declined(change, why, partial(self._stored, change, change.id, failed))

    def _blocked(self, step: Step) -> str | None:
        """Why the step must not be taken, or None."""
        if step.change.address in self._failed:
            return self._failed[step.change.address]
        if self._stopping.is_set():
            return "interrupted before it was begun"
        if not self._holding():
            return "another run took the lease: `reconciler state locks` says who"
        if self.unwritable.is_set():
            return "the state cannot be written"
        if self._denied.is_set():
            return "the key was refused"
        broken = sorted(address for address in step.needs if address in self._failed)
        return f"needs {broken[0]}, which was not applied" if broken else None

    def _send(self, step: Step) -> None:
        change, kind = step.change, self._kinds[step.change.address.kind]
        match step.verb:
            case Verb.ADOPT:
                self._adopt(change, kind)
            case Verb.CREATE:
                self._create(change, kind)
            case Verb.UPDATE:
                self._done(change, kind, writes.update(change, kind, self._context))
            case Verb.STAGE:
                self._stage(change, kind)
            case Verb.DEPLOY:
                self._done(change, kind, kind.deploy(self._drafts[change.address], self._context))
            case Verb.UNPROTECT:
                done = partial(self._finish, change, Outcome.DONE)
                self.journal.unprotect(change.address, partial(self._stored, change, change.id, done))
            case Verb.ACT:
                self._act(change, kind)
            case Verb.DELETE:
                self._delete(change, kind)

    def _stage(self, change: Change, kind: Kind) -> None:
        """Write a draft; one that did not come out as declared is thrown away, and callers stay where they were."""
        draft = kind.stage(change, self._context)
        if not (lost := not_in_draft(change, kind, self._context.resolver, draft)):
            self._drafts[change.address] = draft
            self._progress(Written(change.address, change.verb))
            return
        kind.discard(draft, self._context)
        why = f"{not_kept(lost)}: its draft was thrown away, and callers stay as they were"
        failed = partial(self._finish, change, Outcome.FAILED, why, way_out(lost), location=lost[0].location)
        self.journal.refused(change, kind, lost, partial(self._stored, change, change.id, failed))

    def _create(self, change: Change, kind: Kind) -> None:
        """Create it and bind it at once; whether it came out as declared is read back after the wave."""
        made = writes.create(change, kind, self._context)
        if kind.kept_in_state:
            self._done(change, kind, made)
            return
        self._context.resolver.bind(change.address, made.id)
        self._progress(Written(change.address, change.verb))
        onward = partial(self._to_read_back, change, made)
        self.journal.remember(change, kind, made, partial(self._stored, change, made.id, onward))

    def _to_read_back(self, change: Change, made: Observed) -> None:
        with self._lock:
            self._created.append((change, made))

    def _stored(self, change: Change, id_: str | None, onward: Callable[[], None], error: StoreError | None) -> None:
        """Go ``onward`` once what came of a write is stored, or say that it could not be."""
        if error is None:
            onward()
            return
        if not isinstance(error, Conflict):
            self.unwritable.set()
        detail = f"it was done (id {id_}), but that was not recorded: {error.message}"
        self._finish(change, Outcome.UNKNOWN, detail, AGAIN, id_)

    def read_back(self, pool: ThreadPoolExecutor) -> None:
        """Compare what was just created with what is there: a request for each of a few, one list for many.

        An answer to a create may echo what was not kept, so it proves nothing (promise P12).
        """
        created, self._created = self._created, []
        if len(created) <= _FEW:
            list(pool.map(lambda pair: self._confirm(pair[0], pair[1], self._kind_of(pair[0]).read), created))
            return
        for name in sorted({change.address.kind for change, _ in created}):
            kind = self._kinds[name]
            read = Listed(kind, self._context)
            for change, made in created:
                if change.address.kind == name:
                    self._confirm(change, made, read)

    def _kind_of(self, change: Change) -> Kind:
        return self._kinds[change.address.kind]

    def _confirm(self, change: Change, made: Observed, read: Callable[[str, Context, str], Observed]) -> None:
        kind = self._kind_of(change)
        try:
            observed = writes.with_failure(made, read(made.id, self._context, made.parent))
        except (ReconcilerError, LookupError) as error:
            detail = f"created as id {made.id}, but it could not be read back: {error}"
            self._finish(change, Outcome.UNKNOWN, detail, "run plan: it says whether it is as declared", made.id)
            return
        self._done(change, kind, observed, unless=made)

    def _adopt(self, change: Change, kind: Kind) -> None:
        if change.observed is None:
            raise LookupError(str(change.address))
        id_ = change.observed.id
        self._context.resolver.bind(change.address, id_)
        done = partial(self._finish, change, Outcome.DONE, f"bound to id {id_}", id_=id_)
        self.journal.adopt(change, kind, change.observed, partial(self._stored, change, id_, done))

    def _act(self, change: Change, kind: Kind) -> None:
        """An extra action; a clear failure is remembered, so that nobody is billed for it again unless asked."""
        observed = writes.steady(kind.act(change, self._context), kind, self._context)
        done = partial(self._arrived, change, kind, observed)
        self.journal.remember(change, kind, observed, partial(self._stored, change, observed.id, done), refused="")

    def _arrived(self, change: Change, kind: Kind, observed: Observed) -> None:
        """Done, unless it is still on its way or came to nothing."""
        if observed.failure:
            self._finish(change, Outcome.FAILED, observed.failure, "fix it and apply again", id_=observed.id)
        elif kind.patience and observed.phase is Phase.MOVING:
            hint = "apply again in a while: it looks first"
            self._finish(change, Outcome.PENDING, observed.history or "is not ready yet", hint, id_=observed.id)
        else:
            self._finish(change, Outcome.DONE, *self._remarks.get(change.address, ("", "")), observed.id)

    def _delete(self, change: Change, kind: Kind) -> None:
        kind.delete(change, self._context)
        done = partial(self._finish, change, Outcome.DONE, id_=change.id)
        self.journal.forget(change, partial(self._stored, change, change.id, done))

    def _done(self, change: Change, kind: Kind, observed: Observed, *, unless: Observed | None = None) -> None:
        """Compare what was read back, remember it (``unless`` just that was remembered already), and report."""
        observed = writes.steady(observed, kind, self._context)
        self._context.resolver.bind(change.address, observed.id)
        judged = partial(self._judge, change, kind, observed)
        if unless is None or unless.body != observed.body:
            self.journal.remember(change, kind, observed, partial(self._stored, change, observed.id, judged))
        else:
            judged()

    def _judge(self, change: Change, kind: Kind, observed: Observed) -> None:
        """What came of a write: as declared, still on its way, come to nothing, or not as declared."""
        id_, dropped = observed.id, not_as_declared(change, kind, self._context.resolver, observed)
        if observed.failure or not dropped:
            self._arrived(change, kind, observed)
            return
        there = f"it exists (id {id_})" if change.observed is None else "the rest is live"
        why = f"{not_kept(dropped)}; {there}"
        self._finish(change, Outcome.FAILED, why, way_out(dropped), id_, dropped[0].location, in_part=True)

    def keep_or_discard_drafts(self, wave: list[Step], pool: ThreadPoolExecutor) -> None:
        """After a wave of drafts: if one could not be written, or did not pass, throw ours away and deploy none."""
        staged = [step for step in wave if step.verb is Verb.STAGE]
        why = "could not be written"
        if not any(step.change.address in self._failed for step in staged):
            why = "did not pass"
            for change, found in draft_gate.objections(self._drafts, staged, self._kinds, self._context, pool):
                if found.stops:
                    self._discard(change, Outcome.FAILED, f"not deployed: {found.words}", found.hint)
                else:
                    self._remarks[change.address] = f"deployed, with a warning: {found.words}", found.hint
        if failed := [step.change.address for step in staged if step.change.address in self._failed]:
            reason = f"not deployed: the draft of {min(failed)} {why}, so callers stay as they were"
            again = "apply again once it is settled"
            list(pool.map(lambda step: self._discard(step.change, Outcome.SKIPPED, reason, again), staged))

    def _discard(self, change: Change, outcome: Outcome, reason: str, hint: str) -> None:
        draft = self._drafts.pop(change.address, None)
        if draft is None or change.address in self._failed:
            return
        try:
            self._kinds[change.address.kind].discard(draft, self._context)
        except ReconcilerError as error:
            self._fail(change, error)
            return
        self._finish(change, outcome, reason, hint)

    def _fail(self, change: Change, error: ReconcilerError) -> None:
        if isinstance(error, Denied):
            self._denied.set()
        outcome, hint = outcome_of(error, change, self._kind_of(change))
        found = refused_fields(error, change.resource) if isinstance(error, Rejected) else ()
        if isinstance(error, Rejected) and found:
            self._finish(change, outcome, sentence(error, found), hint, location=found[0].location)
            return
        words = f": {error.detail}" if isinstance(error, ApiError) and error.detail not in error.message else ""
        self._finish(change, outcome, f"{error.message}{words}", hint)

    def _finish(  # noqa: PLR0913 - a result has these parts
        self,
        change: Change,
        outcome: Outcome,
        detail: str = "",
        hint: str = "",
        id_: str | None = None,
        location: Location | None = None,
        *,
        in_part: bool = False,
    ) -> None:
        where = location or change.location
        result = Result(
            change.address, change.action, outcome, detail, id_ or change.id, hint, where, change.verb, in_part=in_part
        )
        with self._lock:
            if self.results.setdefault((change.address, change.verb), result) is not result:
                return
            if outcome is not Outcome.DONE:
                self._failed.setdefault(change.address, f"{change.verb} was not applied")
        self._progress(result)
