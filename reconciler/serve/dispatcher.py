"""The dispatcher that is always on: rounds, each begun a little before something is due.

What costs time (the lease, the manifests, a look at the account) is done before an instant, so that the instant is met.
Replicas take the lease in turn: while one is at it the others look again twice a second, and go on when it is killed.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import TYPE_CHECKING

from reconciler.calls.dispatch import dispatch
from reconciler.calls.due import todo
from reconciler.calls.run_state import REST, RunState
from reconciler.errors import Locked, ReconcilerError
from reconciler.schedule.clock import parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager
    from threading import Event

    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Agenda, Due
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.clock import Clock
    from reconciler.serve.wake import Wake
    from reconciler.state.ledger import Ledger
    from reconciler.store.lease import Lease

_AGAIN = timedelta(seconds=0.5)  # between two tries to get the lease
_SHORTEST_AHEAD, _LONGEST_AHEAD = timedelta(seconds=3), timedelta(seconds=60)
_FRESH = timedelta(seconds=15)  # how long one look at the account serves
_FAILED = timedelta(seconds=5)


@dataclass(frozen=True)
class Surroundings:
    """What a dispatcher works with.

    ``context`` looks at the account for a run state, ``lease`` is the right to dispatch (Locked where another has it),
    ``period`` is the time in which ``limits.calls_per_run`` counts, ``told`` hears of every row, ``failed`` of errors.
    """

    ledger: Ledger
    clock: Clock
    stopping: Event
    wake: Wake
    context: Callable[[RunState, Callable[[], None]], DispatchContext]
    lease: Callable[[], AbstractContextManager[Lease]]
    period: Callable[[], timedelta]
    every: timedelta
    told: Callable[[list[CallRow]], None]
    failed: Callable[[ReconcilerError], None]
    looked: Callable[[Agenda], None]


class Dispatcher:
    """Places what is due until it is asked to stop; what is in flight then is finished."""

    def __init__(self, surroundings: Surroundings) -> None:
        self._with = surroundings
        self._tried: dict[str, datetime] = {}
        self._switches = -1
        self._ahead = _SHORTEST_AHEAD
        self.beat = monotonic()

    def run(self) -> None:
        """Go on until the run is asked to stop; an error ends a round, not the service."""
        while not self._with.stopping.is_set():
            self.beat = monotonic()
            try:
                until = self.step()
            except Locked:
                until = self._now() + _AGAIN
            except ReconcilerError as error:
                self._with.failed(error)
                until = self._now() + _FAILED
            self._with.wake.wait(until)

    def step(self) -> datetime:
        """Do what is to be done now or very soon; when to look again."""
        self._with.ledger.refresh()
        self._forget_tries()
        found = self._agenda()
        if self._is_due(found) or self._is_near(found):
            self._round()
            found = self._agenda()
        now = self._now()
        again = [self._ready(due, now) for due in (*found.settle, *found.place)]
        near = [found.next_opening - self._ahead] if found.next_opening else []
        return min([now + self._with.every, *again, *near])

    def _now(self) -> datetime:
        return self._with.clock.now()

    def _agenda(self) -> Agenda:
        found = todo(self._with.ledger, now=self._now())
        self._with.looked(found)
        return found

    def _forget_tries(self) -> None:
        """What could not be placed may be, once a person armed, held, released or cancelled something."""
        switches = self._with.ledger.switches()
        if switches != self._switches:
            self._switches = switches
            self._tried.clear()
        now = self._now()
        for key in [key for key, at in self._tried.items() if now - at > REST]:
            del self._tried[key]

    def _ready(self, due: Due, now: datetime) -> datetime:
        return RunState(tried=self._tried).ready(due.attempt.key, now)

    def _is_due(self, found: Agenda) -> bool:
        now = self._now()
        return bool(found.missed) or any(self._ready(it, now) <= now for it in (*found.settle, *found.place))

    def _is_near(self, found: Agenda) -> bool:
        return found.next_opening is not None and found.next_opening <= self._now() + self._ahead

    def _round(self) -> None:
        """Dispatch under the lease while something is due, or will be before the next round could begin."""
        with self._with.lease() as lease:
            self._with.ledger.refresh()
            began = self._now()
            state = self._state()
            context = self._with.context(state, lease.check)
            self._ahead = min(max(2 * (self._now() - began), _SHORTEST_AHEAD), _LONGEST_AHEAD)
            while not self._with.stopping.is_set() and self._now() < began + _FRESH + self._ahead:
                self.beat = monotonic()
                found = self._agenda()
                if self._is_due(found):
                    self._dispatch(context)
                elif self._is_near(found) and found.next_opening is not None:
                    self._with.wake.wait(found.next_opening)
                    self._forget_tries()
                else:
                    return
                self._with.ledger.refresh()

    def _dispatch(self, context: DispatchContext) -> None:
        rows: list[CallRow] = []
        try:
            dispatch(context, told=rows)
        finally:
            if rows:
                self._with.told(rows)

    def _state(self) -> RunState:
        """What was placed in this period so far counts, whichever replica or run placed it."""
        period = self._with.period().total_seconds()
        start = datetime.fromtimestamp(self._now().timestamp() // period * period, UTC)
        placed = (it for it in self._with.ledger.attempts() if it.state.rang and it.claimed_at)
        return RunState(
            places={it.key for it in placed if parse_instant(it.claimed_at) >= start},
            tried=self._tried,
        )
