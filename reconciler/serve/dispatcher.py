"""The dispatcher that is always on: rounds, each begun a little before something is due.

What costs time (the lease, the manifests, a look at the account) is done before an instant, so that the instant is met;
what is still under way from an earlier instant delays no later one. Replicas take the lease in turn: while one is at it
the others look again twice a second, and go on when it is killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from time import monotonic
from typing import TYPE_CHECKING

from reconciler.errors import Locked, ReconcilerError
from reconciler.serve.due_calls import DueCalls
from reconciler.serve.looker import Looker
from reconciler.serve.turn import Desk, Turn

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from datetime import datetime
    from threading import Event

    from reconciler.calls.context import DispatchContext
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.clock import Clock
    from reconciler.serve.wake import Wake
    from reconciler.state.ledger import Ledger
    from reconciler.store.lease import Lease

_AGAIN = timedelta(seconds=0.5)  # between two tries to get the lease
_APART = timedelta(seconds=1.5)  # in which another replica takes the lease of one that is cut off
_MOST_TRIES = 10  # for the lease alone, before it is looked again whether anything is due
_FAILED, _FAILED_MOST = timedelta(seconds=0.5), timedelta(seconds=2)  # after an error; twice as long after each more


@dataclass(frozen=True)
class Surroundings:
    """What a dispatcher works with.

    ``context`` looks at the account, ``lease`` is the right to dispatch (Locked where another has it), ``period`` is
    the time in which ``limits.calls_per_run`` counts, ``told`` hears of every row, ``failed`` of errors,
    ``looked`` how many calls are due.
    """

    ledger: Ledger
    clock: Clock
    stopping: Event
    wake: Wake
    context: Callable[[], DispatchContext]
    lease: Callable[[], AbstractContextManager[Lease]]
    period: Callable[[], timedelta]
    every: timedelta
    told: Callable[[list[CallRow]], None]
    failed: Callable[[ReconcilerError], None]
    looked: Callable[[int], None]


class Dispatcher:
    """Places what is due until it is asked to stop; what is in flight then is finished."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._with = surroundings
        self.beat = monotonic()
        self._tries = 0
        self._cut_off = False
        self._pause = _FAILED
        self.looker = Looker(surroundings.context, surroundings.ledger.switches, surroundings.failed)
        self._due_calls = DueCalls(surroundings.ledger, surroundings.clock, surroundings.looked)
        self._desk = Desk(
            ledger=surroundings.ledger,
            clock=surroundings.clock,
            stopping=surroundings.stopping,
            wake=surroundings.wake,
            due_calls=self._due_calls,
            looker=self.looker,
            period=surroundings.period,
            told=surroundings.told,
            beat=self._alive,
        )

    def run(self) -> None:
        """Go on until the run is asked to stop; an error ends a turn, not the service."""
        self.looker.ask()
        while not self._with.stopping.is_set():
            self._alive()
            try:
                until = self.step()
                self._pause = _FAILED
            except Locked:
                self._tries = (self._tries + 1) % _MOST_TRIES
                until = self._with.clock.now() + _AGAIN
            except ReconcilerError as error:
                self._with.failed(error)
                until = self._with.clock.now() + self._pause
                self._pause = min(2 * self._pause, _FAILED_MOST)
            self._with.wake.wait(until)

    def step(self) -> datetime:
        """Do what is to be done now or very soon; when to look again."""
        if self._cut_off:
            self._with.context()  # raises as long as this replica reaches nothing: another one may
            self._cut_off = False
        if self._tries or self._is_wanted():
            with self._with.lease() as lease:
                self._tries = 0
                turn = Turn(self._desk, lease.check)
                turn.run()
            if turn.is_cut_off:
                self._cut_off = True
                return self._with.clock.now() + _APART
        return self._due_calls.next_look(self._due_calls.agenda(), self._desk.ahead, self._with.every)

    def _is_wanted(self) -> bool:
        """Whether there is anything to take the lease for; asked seldom while another replica has it."""
        found = self._due_calls.agenda()
        return bool(self._due_calls.ready(found) or self._due_calls.coming(found, self._desk.ahead))

    def _alive(self) -> None:
        self.beat = monotonic()
