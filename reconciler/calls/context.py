"""The shared context of one dispatch run."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from threading import Lock
from typing import TYPE_CHECKING, Any

from reconciler.calls.gates import GateInputs, agent_id
from reconciler.calls.rate_limit import LONG, LONGEST_PAUSE, RateLimit, Throttle
from reconciler.calls.run_state import History, RunState
from reconciler.calls.sent_here import SentHere
from reconciler.calls.settle import listed
from reconciler.contract.fields import wire_id
from reconciler.left_out import error_of
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from threading import Event

    from reconciler.api import Api
    from reconciler.calls.due import Due
    from reconciler.contract.account import Account
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Address, Finding, Observed
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.clock import Clock
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger
    from reconciler.telephony.do_not_call import DoNotCall


@dataclass(frozen=True)
class DispatchContext:
    """What all workers of a run share; ``run_state``, ``throttle`` and the ledger change, under locks of their own."""

    api: Api
    ledger: Ledger
    resolver: Resolver
    account: Account
    orders: Mapping[str, PlannedCall]
    organization: str
    clock: Clock
    owner: str
    differs: Callable[[PlannedCall, Mapping[str, Any]], bool]
    check_lease: Callable[[], None]
    stopping: Event
    run_state: RunState = field(default_factory=RunState)
    throttle: Throttle = field(default_factory=Throttle)
    earliest: datetime | None = None
    do_not_call: Callable[[], DoNotCall] | None = None
    left_out: Mapping[Address, tuple[Finding, ...]] = field(default_factory=dict)
    reading: Lock = field(default_factory=Lock)
    sent: SentHere = field(default_factory=SentHere)
    happened: Callable[[CallRow], None] | None = None  # told of each attempt when it is over, and not only at the end

    @cached_property
    def callers(self) -> Mapping[str, Observed]:
        """The account's numbers as they were read."""
        return {item.identity: item for item in self.account.of("PhoneNumber")}

    def callee(self, due: Due) -> str:
        """Whom an attempt rings, as a digest."""
        order = self.orders.get(due.armed.name)
        return self.ledger.digests.number(order.to_number) if order else due.attempt.to

    def error(self, due: Due) -> Finding | None:
        """What leaves out the document of a call that the manifests tell nothing of; None where it is gone."""
        return error_of(due.armed.call.address, self.left_out) if due.armed.name not in self.orders else None

    def gate_inputs(self, due: Due, order: PlannedCall | None) -> GateInputs:
        """What the gates look at, as it is now."""
        error = self.error(due)
        attempts = self.ledger.attempts_to(self.ledger.digests.number(order.to_number)) if order else []
        held, caller = self.ledger.held_all(), self.callers.get(order.from_number) if order else None
        forbidden = self.do_not_call() if self.do_not_call else None
        # The clock is looked at last: between this and the request nothing may take time.
        return GateInputs(
            self.clock.now(), self.account, self.resolver, tuple(attempts), self.differs, held, caller, forbidden, error
        )

    def listed(self, opens: datetime, armed_at: datetime) -> History:
        """The platform's list of calls since the earliest open window, read once for all calls of a run.

        Raises ApiError.
        """
        with self.reading:
            known = self.run_state.history
            if known is None or not known.tells(opens, armed_at):
                known = self.history(min(opens, self.earliest or opens, *([known.since] if known else [])))
                self.run_state.history = known
            return known

    def history(self, since: datetime) -> History:
        """The platform's list of calls since an instant, as it is now. Raises ApiError."""
        read_at = self.clock.now()
        return History(since, read_at, tuple(listed(self.api, since=since)))

    def request(self, attempt: Attempt, order: PlannedCall) -> dict[str, Any]:
        """The body of the request that dials."""
        found = agent_id(order, self.resolver)
        return order.request(agent_id=wire_id(found) if found else None, key=attempt.key)

    def pause_is_over(self) -> bool:
        """Wait for the end of the platform's pause; False when it is a long one, or the run was asked to stop."""
        while (seconds := self.throttle.paused_for(self.clock.now)) > 0:
            if seconds > LONGEST_PAUSE or not self.paused(seconds):
                return False
        return True

    def acquire(self, pace: RateLimit) -> bool:
        """Wait for one's turn, outside of any pause; False when there is none in this run, as ``rested`` says.

        Whoever waited long reads the ledger again: calls are held and cancelled meanwhile.
        """
        began = self.clock.now()
        while self.pause_is_over():
            if (seconds := pace.acquire(self.clock.now)) <= 0:
                if (self.clock.now() - began).total_seconds() > LONG:
                    self.ledger.refresh()
                return True
            if not self.paused(seconds):
                return False
        return False

    def paused(self, seconds: float) -> bool:
        """Wait; False as soon as the run is asked to stop."""
        if isinstance(self.clock, SystemClock):
            return not self.stopping.wait(seconds)
        self.clock.sleep(seconds)
        return not self.stopping.is_set()
