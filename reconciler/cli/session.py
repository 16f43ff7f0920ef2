"""The composition root: it alone sees every part, and wires one run from its options."""

from __future__ import annotations

import os
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from functools import cached_property
from threading import Event
from typing import TYPE_CHECKING, Any, Self

from reconciler.cli.account_connection import api_of
from reconciler.cli.account_identity import target_of
from reconciler.cli.chosen_project import chosen_project, undecided
from reconciler.cli.delivery import SecretDelivery
from reconciler.cli.do_not_call import DoNotCallFile, warned
from reconciler.cli.lint_findings import Lint
from reconciler.cli.progress import waiting
from reconciler.cli.project_identity import project_name
from reconciler.cli.run_identity import commit, owner
from reconciler.cli.scope import parts_read
from reconciler.cli.signals import StoppableClock, signals
from reconciler.cli.state_unread import unread, without_state
from reconciler.cli.waits import Waits
from reconciler.contract.account import Context
from reconciler.documents import own_folder
from reconciler.errors import StoreError
from reconciler.kinds import KINDS
from reconciler.load import reader
from reconciler.load.contents import ProjectContents
from reconciler.load.partial import LeftOut, complete, leave_out
from reconciler.planning import guard
from reconciler.planning.survey import Connection, Survey, survey
from reconciler.schedule.clock import Clock, FixedClock, SystemClock, parse_duration
from reconciler.state.ledger import Ledger
from reconciler.state_key import StateKey

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from types import TracebackType

    from reconciler.api import Api
    from reconciler.calls.sent_here import SentHere
    from reconciler.cli.options import Options
    from reconciler.contract.account import Account
    from reconciler.emulator import Platform
    from reconciler.load.reader import Loaded
    from reconciler.model import Address, Finding, Target
    from reconciler.planning.scope import Scope
    from reconciler.store import Store

_LEASE_WAIT = parse_duration("60s").total_seconds()


class Session:
    """One run: the project, the account, the state, the clock. A context manager that closes what it opened."""

    def __init__(self, options: Options, *, read_only: bool) -> None:
        """Find the project; nothing is opened yet. ``read_only`` decides what the transport can send (P1)."""
        self.options, self.read_only = options, read_only
        self.output = options.output
        self.project = chosen_project(options).with_variables(options.variables)
        if options.account and not options.emulator and self.project.undecided:
            raise undecided(self.project)
        self.output.root = self.project.root
        self.clock: Clock = FixedClock(options.now) if options.now else SystemClock()
        self.stopping = Event()
        self._waiting: Clock = self.clock if options.now else StoppableClock(self.stopping)
        self.lint = Lint()
        self.waits = Waits(self.output.talk)
        self._closing = ExitStack()
        self.notes: list[Finding] = []
        self.looked: Account | None = None
        self._left_out = LeftOut()
        self.do_not_call = DoNotCallFile(self.project)

    def __enter__(self) -> Self:
        self._closing.enter_context(signals(self.stopping, at_once=self.read_only))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @property
    def waits_by(self) -> Clock:
        """The clock to wait by: its waits end with Interrupted when the run is asked to stop."""
        return self._waiting

    def load(self) -> Loaded:
        """The manifests; raises InputError with every finding when one of them is an error."""
        now = self.clock.now()
        loaded = reader.load(self.options.paths, self.project, KINDS, now=now, process=os.environ)
        for secret in loaded.secrets:
            self.output.hide_secret(secret)
        self.output.hide_numbers(loaded.callees)
        self.output.hide_cells({**loaded.number_files, **self.do_not_call.number_files})
        loaded.findings += self.do_not_call.findings()
        self.lint.offline(loaded, now, self.project.settings, self.output)
        loaded.findings = self.output.redacted(loaded.findings)
        return loaded

    def checked(self) -> Loaded:
        """The manifests, when nothing is wrong with them."""
        return complete(self.load())

    def usable(self, *, skip_rows: bool = False) -> Loaded:
        """The manifests without what stands alone and is in error; raises InputError for any other error."""
        loaded = self.load()
        self._left_out = leave_out(loaded, KINDS, skip_rows=skip_rows)
        return loaded

    @property
    def left_out(self) -> Mapping[Address, tuple[Finding, ...]]:
        """What errors leave out of this run, and which."""
        return self._left_out.errors

    def connect(self) -> tuple[Api, Target]:
        """The account's API and who it belongs to; raises WrongAccount when that is not who was meant."""
        api, url = api_of(
            self.options,
            self.project.settings,
            clock=self._waiting,
            read_only=self.read_only,
            announce=self.waits.request,
            platform=self.platform,
        )
        self._closing.callback(api.close)
        target = target_of(url, api.get("/v1/whoami"))
        if not self.options.emulator:
            guard.right_account(target, self.project.settings)
        return api, target

    def platform(self) -> Platform:
        """The embedded platform, kept in the project's ``.reconciler/``."""
        from reconciler.emulator import Platform  # noqa: PLC0415 - only for --emulator

        folder = self.project.root / own_folder.NAME
        own_folder.make(folder)
        return self._closing.enter_context(Platform(folder / "emulator.db", self.clock))

    def ledger(self, target: Target, *, optional: bool = False) -> Ledger:
        """What is remembered of the account; raises StoreError where the store cannot be read.

        Where it is ``optional``, a run that only reads goes on without it and says so first: a plan in a fork's
        pull request may not read the state. An unreadable store is never taken for an empty one.
        """
        from reconciler.store import open_store  # noqa: PLC0415 - each engine loads only when named

        url = self.options.state or self.project.settings.state
        try:
            store: Store = open_store(url, root=self.project.root, read_only=self.read_only)
            key = StateKey.of(os.environ)
            ledger = Ledger(
                self._closing.enter_context(store), target.organization_id, project_name(self.project), key=key
            )
            ledger.read()
            if optional:
                ledger.check_key()
            self.output.trace(f"state: {store.description}")
        except StoreError as error:
            if not self.read_only:
                raise
            if not optional:
                raise unread(error) from None
            self.notes.append(without_state(error))
            nothing = open_store("sqlite:.reconciler/none", root=self.project.root, read_only=True)
            ledger = Ledger(
                self._closing.enter_context(nothing), target.organization_id, project_name(self.project), unread=True
            )
        return ledger

    def connected(self, *, optional: bool = False) -> Connection:
        """The account with what is remembered of it; see ``connect`` and ``ledger``."""
        api, target = self.connect()
        return Connection(api, target, self.ledger(target, optional=optional))

    def look(self, loaded: Loaded, connection: Connection, scope: Scope) -> Survey:
        """Observe the account and plan."""
        stopped = self.do_not_call.now(connection.ledger)
        with waiting(self.output, "reading the account"):
            found = survey(
                connection,
                loaded,
                replace(
                    scope,
                    paths=parts_read(self.project, self.options.paths),
                    left_out=self.left_out,
                    incomplete=self._left_out.incomplete,
                    skip_rows=self._left_out.skip_rows,
                ),
                self.project.settings,
                self.clock.now(),
                lint=lambda account: [*self.lint.online(account), *warned(stopped, account)],
                notes=self.notes,
                forbids=stopped.forbids,
            )
        self.looked = found.account
        for change in found.plan.changes if self.output.debug else ():
            self.output.trace(f"{change.address}: {change.verb} ({change.reason}) {change.sentence}")
        return found

    @cached_property
    def sent_here(self) -> SentHere:
        """What was sent from this machine, which a state that is put back may not know."""
        from reconciler.calls.sent_here import SentHere  # noqa: PLC0415 - only a dispatch sends

        return SentHere(self.project.root / own_folder.NAME)

    def context(self, found: Survey, connection: Connection) -> Context:
        """What writes need."""
        return Context(
            api=connection.api,
            ledger=connection.ledger,
            resolver=found.resolver,
            account=found.account,
            now=self.clock.now,
            commit=commit(self.project),
            sleep=self._waiting.sleep,
            content=ProjectContents(self.project, os.environ),
            do_not_call=lambda: self.do_not_call.now(connection.ledger),
            deliver=SecretDelivery(self.project, connection.ledger, self.clock.now, self.output.hide_secret),
        )

    @contextmanager
    def lease(self, ledger: Ledger, what: str) -> Iterator[Any]:
        """The right to write, one run at a time; waits a minute for another run to finish."""
        from reconciler.store.lease import acquire  # noqa: PLC0415 - only for runs that write

        with acquire(
            ledger.store,
            f"{ledger.organization}/lease/{what}",
            owner=owner(),
            now=lambda: datetime.now(UTC),
            wait=_LEASE_WAIT,
            sleep=StoppableClock(self.stopping).sleep,
            announce=self.waits.lease,
        ) as held:
            ledger.refresh()
            yield held
