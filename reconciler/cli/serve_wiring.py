"""The wiring of the service: which part hears what of which."""

from __future__ import annotations

import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import partial
from queue import SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, Any

from reconciler.adoption.drift import drifted
from reconciler.calls.rate_limit import Throttle
from reconciler.cli.campaign_dispatch import LEASE as CAMPAIGNS
from reconciler.cli.campaign_dispatch import Start
from reconciler.cli.chosen_project import chosen_project
from reconciler.cli.dispatch import AT_ONCE
from reconciler.cli.dispatch_context import dispatch_context
from reconciler.cli.notices import notifier, of_balance, of_calls, of_drift
from reconciler.cli.run_identity import commit, owner
from reconciler.cli.serve_campaigns import AHEAD, start_campaigns
from reconciler.cli.serve_conditions import Conditions
from reconciler.cli.serve_hold import hold_all
from reconciler.cli.serve_report import Report
from reconciler.cli.signals import hangups
from reconciler.cli.view import shown
from reconciler.errors import InputError, ReconcilerError
from reconciler.kinds import KINDS
from reconciler.kinds.scheduled_call_orders import orders as declared_calls
from reconciler.planning.scope import Scope
from reconciler.redaction import storable
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_duration
from reconciler.serve.access import Access
from reconciler.serve.application import Receiver, Services, application
from reconciler.serve.checkout import Checkout, first_error
from reconciler.serve.day import Board
from reconciler.serve.deadline import ended_in_time
from reconciler.serve.dispatcher import Dispatcher, Surroundings
from reconciler.serve.event_log import EventLog
from reconciler.serve.follower import Follower
from reconciler.serve.health import Health
from reconciler.serve.log import Log
from reconciler.serve.metrics import Metrics
from reconciler.serve.server import bound, serving
from reconciler.serve.wake import Wake
from reconciler.store.lease import Watch, acquire

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from pathlib import Path

    from reconciler.calls.context import DispatchContext
    from reconciler.cli.session import Session
    from reconciler.load.reader import Loaded
    from reconciler.notify.notifier import Notice
    from reconciler.planning.survey import Survey
    from reconciler.schedule.call_report import CallRow
    from reconciler.serve.access import Address
    from reconciler.state.call_records import Attempt
    from reconciler.store.lease import Lease

LEASE_SECONDS = 15.0  # after which another replica goes on where this one was killed
SILENCE_SECONDS = 5.0  # the same where the state is quick to write
SLOW_SECONDS = 0.5  # after which a request without an answer keeps no other waiting
CHECKOUT_SECONDS = 1.0
_PRUNE_SECONDS = 3_600.0
_LOOK_SECONDS = 300.0  # between two looks at the account where nothing is due
_NOTICE_SECONDS = 10.0


class Wiring:
    """One service: made of a session that may write, run until the session is asked to stop."""

    def __init__(
        self,
        session: Session,
        listen: Address,
        *,
        token: str,
        secrets: Sequence[bytes],
        accept_v1: bool,
        every: timedelta,
        form: str,
    ) -> None:
        self.session, self.listen, self.every = session, listen, every
        self.log = Log(form, lambda text: session.output.clean(text, masked=True))
        session.output.log = self.log.say
        self.metrics = Metrics()
        self.listening = bound(listen)
        self.checkout = Checkout(self._root, self._read, self._reread)
        self.connection = session.connected()
        self.ledger = self.connection.ledger
        self.report = Report(self.log, self.metrics, self.ledger)
        self.throttle = self._throttle()
        self.wake = Wake(session.stopping, session.clock.now, self._moved)
        self.events = EventLog(self.ledger.store, self.ledger.organization, lambda: datetime.now(UTC))
        self.follower = Follower(
            api=self.connection.api,
            ledger=self.ledger,
            stopping=session.stopping,
            every=every.total_seconds(),
            ended=self._ended,
            failed=lambda error: self.report.failed("following calls", error),
        )
        self.watches = {"dispatch": Watch(), CAMPAIGNS: Watch()}
        self.dispatcher = Dispatcher(self._surroundings())
        self._token, self._secrets, self._accept_v1 = token, secrets, accept_v1
        self._mark: str | None = None
        self.notices: SimpleQueue[Notice | None] = SimpleQueue()
        self.notifier = notifier(session, self.ledger)

    def run(self, *, dispatching: bool) -> None:
        """Serve until the session is asked to stop, then finish what is in flight."""
        with ExitStack() as stack:
            stack.enter_context(hangups(self.checkout.distrust))
            stack.enter_context(ended_in_time(self.session.stopping, self._late))
            self.events.start()
            stack.callback(self.events.close)
            answers = application(self._services(dispatching))
            stack.enter_context(serving(answers, self.listening, partial(self.log.say, level="warning")))
            if (listener := self.ledger.store.listen(self.wake.set)) is not None:
                stack.callback(listener.close)
            self._start(stack)
            stack.callback(self.session.stopping.set)
            does = "dispatching" if dispatching else "not dispatching"
            where = f"http://{self.listen.host}:{self.listening.getsockname()[1]}"
            self.log.say(f"serving on {where}, {does}", state=self.ledger.store.description, commit=self._commit())
            if dispatching:
                campaigns = Thread(target=self._campaigns, name="campaigns", daemon=True)
                campaigns.start()
                stack.callback(campaigns.join, _NOTICE_SECONDS)
                stack.callback(self.session.stopping.set)
                self.dispatcher.run()
            else:
                self.session.stopping.wait()
            self.log.say("stopping: what is in flight is finished")
        self.log.say("stopped")

    def _late(self) -> None:
        said = "stopped: what had no answer yet is left to the next run, which asks the platform for it first"
        self.log.say(said, level="warning")

    def _start(self, stack: ExitStack) -> None:
        """Start the threads; what is in flight in those that write or tell is waited for."""
        follower = Thread(target=self.follower.run, name="follower")
        follower.start()
        stack.callback(follower.join)
        Thread(target=self._housekeeping, name="housekeeping", daemon=True).start()
        if self.notifier is not None:
            telling = Thread(target=self._notify, name="notices", daemon=True)
            telling.start()
            stack.callback(telling.join, _NOTICE_SECONDS)
            stack.callback(self.notices.put, None)

    def _root(self) -> Path:
        """The project as it is now: a checkout behind a link moves with it."""
        paths = self.session.options.paths
        folder = paths[0].resolve() if paths else self.session.project.root
        return folder if not folder.is_relative_to(self.session.project.root) else self.session.project.root

    def _read(self) -> Loaded:
        """The manifests as they are now, by the project file as it is now."""
        session = self.session
        project = chosen_project(session.options).with_variables(session.options.variables)
        before, after = session.project.settings, project.settings
        fixed = ("organization", "state", "api_url", "project")
        if any(getattr(before, name) != getattr(after, name) for name in fixed):
            raise InputError("reconciler.yaml names another account or state", code="RC124", hint="restart the service")
        session.project = project
        loaded = session.usable(skip_rows=True)
        for address, errors in session.left_out.items():
            self.log.say("left out", level="warning", address=str(address), error=errors[0].message)
        return loaded

    def _reread(self, error: InputError | None) -> None:
        self.metrics.manifests_ok.set(error is None)
        if error is None:
            self.throttle = self._throttle()
            self.log.say("manifests read again", commit=self._commit())
            return
        said = "the manifests are in error: the last good ones are kept"
        self.log.say(said, error=first_error(error), level="error")

    def _throttle(self) -> Throttle:
        limits = self.session.project.settings.limits
        return Throttle(AT_ONCE, limits.calls_per_second, slow=SLOW_SECONDS)

    def _commit(self) -> str:
        return commit(self.session.project)[:12]

    def _moved(self) -> bool:
        """Whether others wrote to the state, where that costs next to nothing to see."""
        if not self.ledger.store.is_cheap_to_watch:
            return False
        with suppress(ReconcilerError):
            mark = self.ledger.store.refresh()
            moved, self._mark = mark != self._mark, mark
            return moved
        return False

    def _surroundings(self) -> Surroundings:
        session = self.session
        return Surroundings(
            ledger=self.ledger,
            clock=session.clock,
            stopping=session.stopping,
            wake=self.wake,
            context=self._context,
            lease=self._lease,
            period=lambda: parse_duration(session.project.settings.dispatch.every),
            every=self.every,
            told=self._tell_all,
            failed=lambda error: self.report.failed("dispatching", error),
            looked=self._looked,
        )

    def _context(self) -> DispatchContext:
        session, connection, loaded = self.session, self.connection, self.checkout.current()
        found = session.look(loaded, connection, Scope())
        self._surveyed(found)
        return dispatch_context(
            session,
            connection,
            loaded,
            found,
            check_lease=lambda: None,  # the turn that takes it has its own
            throttle=self.throttle,
        )

    @contextmanager
    def _lease(self, what: str = "dispatch") -> Iterator[Lease]:
        with acquire(
            self.ledger.store,
            f"{self.ledger.organization}/lease/{what}",
            owner=owner(),
            now=lambda: datetime.now(UTC),
            seconds=LEASE_SECONDS,
            wait=0,
            sleep=lambda _: None,
            silence=SILENCE_SECONDS if self.ledger.store.is_quick else None,
            watch=self.watches[what],
        ) as held:
            yield held

    def _surveyed(self, found: Survey) -> None:
        drift = drifted(found.plan.changes, found.account.bindings, KINDS)
        self.metrics.drift.set(len(drift))
        billing: dict[str, Any] = next((dict(it.body) for it in found.account.of("AutoReload")), {})
        if isinstance(cents := billing.get("balance_cents"), int):
            self.metrics.balance.set(cents)
        if self.notifier is not None:
            self._note(of_drift(found.plan.target, drift))
            self._note(of_balance(self.session, found.account))
        last = max(self.ledger.bindings().values(), key=lambda it: it.applied_at, default=None)
        self.metrics.applied(last.commit if last else "")

    def _campaigns(self) -> None:
        start_campaigns(
            Start(self.session, self.connection, self.checkout.current, lambda: self._lease(CAMPAIGNS), AHEAD),
            told=self._tell_all,
            failed=lambda error: self.report.failed("starting campaigns", error),
        )

    def _notify(self) -> None:
        """Tell people, apart from everything that must be on time."""
        while (notice := self.notices.get()) is not None:
            try:
                if self.notifier is not None:
                    self.notifier.tell(notice)
            except ReconcilerError as error:
                self.report.failed("notifying", error)

    def _note(self, notices: Iterable[Notice]) -> None:
        for notice in notices:
            self.notices.put(notice)

    def _looked(self, due: int) -> None:
        self.metrics.due.set(due)

    def _tell_all(self, rows: list[CallRow]) -> None:
        if self.notifier is not None:
            self._note(of_calls(rows))
        self.report.told(rows)

    def _ended(self, attempts: list[Attempt]) -> None:
        self.report.ended(attempts)
        self.wake.set()

    def _housekeeping(self) -> None:
        """Notice a checkout that moved, count what stands where, forget old events."""
        pruned, looked = -_PRUNE_SECONDS, -_LOOK_SECONDS
        while not self.session.stopping.wait(CHECKOUT_SECONDS):
            try:
                self.checkout.current()
                self._count_states()
                if time.monotonic() - looked >= _LOOK_SECONDS:
                    looked = time.monotonic()
                    self.dispatcher.looker.ask()
                if time.monotonic() - pruned >= _PRUNE_SECONDS:
                    pruned = time.monotonic()
                    self.events.forget_old()
            except ReconcilerError as error:
                self.report.failed("housekeeping", error)

    def _count_states(self) -> None:
        counts = dict.fromkeys((str(state) for state in CallState), 0)
        for attempt in self.ledger.attempts():
            counts[str(attempt.state)] += 1
        self.metrics.states(counts)

    def _services(self, dispatching: bool) -> Services:
        session = self.session
        board = Board(
            connection=self.connection,
            clock=session.clock,
            orders=lambda: declared_calls(self.checkout.last.resources),
            shown=lambda row: shown(replace(row, recording=""), session.output),
            clean=lambda text: session.output.clean(text, masked=True),
            remarks=self._remarks,
            switches=bool(self._token),
            closed=session.project.settings.calling_hours.closed_days,
            forbids=lambda: session.do_not_call.now(self.connection.ledger).forbids,
        )
        checks = Conditions(self.connection, lambda: self.checkout.error, lambda: self.report.state_fails)
        return Services(
            receiver=Receiver(
                self._secrets, self._accept_v1, self.events, self.follower.hear, time.time, self.report.not_stored
            ),
            access=Access(self.listen, self._token),
            board=board,
            health=Health(self._beats(dispatching), checks.asked(dispatching=dispatching)),
            metrics=self.metrics,
            log=self.log,
            switch=self._switch,
            stopping=session.stopping,
        )

    def _remarks(self) -> list[str]:
        if (error := self.checkout.error) is None:
            return []
        said = self.session.output.clean(first_error(error), masked=True)
        return [f"The manifests are in error, the last good ones are kept: {said}"]

    def _beats(self, dispatching: bool) -> dict[str, Callable[[], float]]:
        beats: dict[str, Callable[[], float]] = {"follower": lambda: self.follower.beat}
        return {**beats, "dispatcher": lambda: self.dispatcher.beat} if dispatching else beats

    def _switch(self, why: str) -> None:
        """Hold every call, or release."""
        hold_all(self.ledger, why, self.session.clock.now())
        self.log.say("every call is held" if why else "every call is released", why=storable(why), level="warning")
        self.wake.set()
