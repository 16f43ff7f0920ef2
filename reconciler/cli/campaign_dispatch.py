"""Campaigns that a dispatch starts, once each, when the state says that they are due."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.calls.campaign_starts import StartContext, due, start
from reconciler.calls.campaign_switches import paused_by_hold, resume_all
from reconciler.cli.run_identity import owner
from reconciler.kinds import KINDS, campaign_gates
from reconciler.left_out import error_of, spoken_error
from reconciler.model import Address
from reconciler.planning.scope import Scope
from reconciler.schedule.clock import parse_instant
from reconciler.telephony.eligibility import Obstacle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from contextlib import AbstractContextManager
    from datetime import datetime

    from reconciler.cli.session import Session
    from reconciler.load.reader import Loaded
    from reconciler.planning.survey import Connection, Survey
    from reconciler.schedule.call_report import CallRow
    from reconciler.state.campaign_records import CampaignRecord
    from reconciler.store.lease import Lease

KIND = "Campaign"
LEASE = "campaigns"  # apart from that of calls, which wait for nobody


@dataclass(frozen=True)
class Start:
    """How to start campaigns: ``lease`` is the right to, and ``ahead`` how long before an instant to prepare for it."""

    session: Session
    connection: Connection
    read: Callable[[], Loaded]
    lease: Callable[[], AbstractContextManager[Lease]]
    ahead: timedelta = timedelta(0)

    def run(self, rows: list[CallRow]) -> None:
        """Start what is due, each at most once; its rows go into ``rows``. What a hold paused goes on after it."""
        ledger, clock = self.connection.ledger, self.session.clock
        self._resume(clock.now())
        if not due(ledger, clock.now() + self.ahead):
            return
        with self.lease() as lease:
            ledger.refresh()
            if coming := due(ledger, clock.now() + self.ahead):
                found = self.session.look(self.read(), self.connection, Scope())
                self._wait(min(parse_instant(it.opens) for it in coming))
                _each(self.session, self.connection, found, rows, lease.check, dry_run=False)

    def _resume(self, now: datetime) -> None:
        """Let go on what a hold over all calls paused that has ended by itself."""
        ledger = self.connection.ledger
        if not ledger.held_all() or ledger.held_all(now) or not paused_by_hold(ledger):
            return
        with self.lease():
            for name in resume_all(self.connection.api, ledger):
                self.session.output.talk(f"Campaign/{name}: resumed, the hold over all calls has ended")

    def _wait(self, instant: datetime) -> None:
        left = (instant - self.session.clock.now()).total_seconds()
        if left > 0:
            self.session.stopping.wait(left)
        self.connection.ledger.refresh()


def starts(
    session: Session, connection: Connection, read: Callable[[], Loaded], rows: list[CallRow], *, dry_run: bool
) -> None:
    """Start what is due, each at most once; its rows go into ``rows``."""
    if not dry_run:
        Start(session, connection, read, lambda: session.lease(connection.ledger, LEASE)).run(rows)
    elif due(connection.ledger, session.clock.now()):
        _each(session, connection, session.look(read(), connection, Scope()), rows, lambda: None, dry_run=True)


def _each(
    session: Session,
    connection: Connection,
    found: Survey,
    rows: list[CallRow],
    check: Callable[[], None],
    *,
    dry_run: bool,
) -> None:
    context = StartContext(
        api=connection.api,
        ledger=connection.ledger,
        clock=session.clock,
        owner=owner(),
        blocked=lambda record, body: (
            blocked(session, connection, found, record, body)
            or campaign_gates.forbidden(
                found.account.resources.get(str(Address(KIND, record.name))),
                record,
                session.do_not_call.now(connection.ledger),
            )
        ),
        check_lease=check,
    )
    for record in due(connection.ledger, session.clock.now()):
        row = None if session.stopping.is_set() else start(context, record, dry_run=dry_run)
        rows += [row] if row is not None else []


def blocked(
    session: Session, connection: Connection, found: Survey, record: CampaignRecord, body: Mapping[str, Any]
) -> Obstacle | None:
    """Why it must not be started now: who held it, and then what keeps it from calling."""
    if hold := connection.ledger.held_all(found.account.now):
        return Obstacle("RC603", f"every call is held: {hold.why}", "reconciler calls release --all", lasting=False)
    if record.pause is not None:
        return Obstacle(
            "RC603", f"held: {record.pause.why}", f"reconciler campaigns resume {record.name}", lasting=False
        )
    address = Address(KIND, record.name)
    resource = found.account.resources.get(str(address))
    if resource is None and (error := error_of(address, session.left_out)) is not None:
        return Obstacle(error.code, spoken_error(error), error.hint, lasting=False)
    observed = found.account.find(KIND, record.campaign)
    if observed is None:
        return Obstacle("RC601", "it is not on the account", "run apply", lasting=False)
    kind = KINDS[KIND]
    differs = resource is not None and bool(kind.diff(resource, body, found.resolver))
    return campaign_gates.closed(resource, observed, record, found.account, differs=differs)
