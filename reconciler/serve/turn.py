"""One replica's turn at dispatching: what is due is begun at its instant, whatever is still under way."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import TYPE_CHECKING

from reconciler.calls.rolling import RollingDispatch
from reconciler.calls.run_state import RunState
from reconciler.errors import ReconcilerError
from reconciler.schedule.clock import parse_instant
from reconciler.serve.looker import FRESH, LONGEST, PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from reconciler.calls.context import DispatchContext
    from reconciler.calls.due import Agenda, Due
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.clock import Clock
    from reconciler.serve.due_calls import DueCalls
    from reconciler.serve.looker import Looker
    from reconciler.serve.wake import Wake
    from reconciler.state.ledger import Ledger

_TURN = timedelta(seconds=FRESH)  # after which the lease is given back as soon as nothing is under way
_SLICE = timedelta(seconds=0.2)  # between two looks at what came of the calls that are under way
_SHARE = 4  # times as long as a look takes, between two of them: the workers need the processor
_CUT_OFF = 2.0  # seconds in which requests to dial failed and none was answered
_SELDOM = timedelta(seconds=2)  # between two looks at the state where nothing wakes
_SHORTEST_AHEAD, _LONGEST_AHEAD = timedelta(seconds=3), timedelta(seconds=60)


@dataclass(frozen=True)
class Desk:
    """What every turn works with; ``period`` is the time in which ``limits.calls_per_run`` counts."""

    ledger: Ledger
    clock: Clock
    stopping: Event
    wake: Wake
    due_calls: DueCalls
    looker: Looker[DispatchContext]
    period: Callable[[], timedelta]
    told: Callable[[list[CallRow]], None]
    beat: Callable[[], None]

    @property
    def ahead(self) -> timedelta:
        """How long before an instant a turn begins: twice what it takes to look at the account."""
        return min(max(timedelta(seconds=2 * self.looker.took), _SHORTEST_AHEAD), _LONGEST_AHEAD)

    def placed(self, since: datetime) -> set[str]:
        """What was placed since then, whichever replica or run placed it."""
        rang = (it for it in self.ledger.attempts() if it.state.rang and it.claimed_at)
        return {it.key for it in rang if parse_instant(it.claimed_at) >= since}

    def period_began(self) -> datetime:
        """When the period began in which calls count now."""
        seconds = self.period().total_seconds()
        return datetime.fromtimestamp(self.clock.now().timestamp() // seconds * seconds, UTC)


class Turn:
    """A turn under a lease that ``check_lease`` asks for; ``run`` ends when there is nothing to do for a while."""

    def __init__(self, desk: Desk, check_lease: Callable[[], None]) -> None:
        self._desk, self._check_lease = desk, check_lease
        self._rolling = RollingDispatch(desk.stopping)
        self._counts_since = desk.period_began()
        self._state = RunState(
            quota=desk.placed(self._counts_since), tried=desk.due_calls.tried, halted=self._rolling.halted
        )
        self._reading = False

    @property
    def is_cut_off(self) -> bool:
        """Whether requests of this replica get no answer: another one's may."""
        return self._state.cut_off_for >= _CUT_OFF

    def run(self) -> None:
        """Dispatch while something is under way, due, or will be before the next turn could begin."""
        try:
            with self._rolling:
                self._roll()
        finally:
            self._tell()

    def _roll(self) -> None:
        desk, coming, gap = self._desk, None, _SLICE
        looked = look = desk.clock.now()
        over = looked + _TURN + desk.ahead
        while not desk.stopping.is_set():
            desk.beat()
            self._tell()
            self._rolling.check()
            if (now := desk.clock.now()) >= look:
                coming, looked = self._looked(), now
                gap = max(_SHARE * (desk.clock.now() - now), _SLICE)  # ends come by the hundred, and each wakes
                look = min([now + max(gap, _SELDOM), *([coming] if coming else [])])
            under_way = self._rolling.under_way
            if not under_way and (coming is None or desk.clock.now() >= over):
                return
            if self.is_cut_off:
                return  # what is in flight is waited for
            if desk.wake.wait(min(look, desk.clock.now() + _SLICE) if under_way else look):
                look = min(look, looked + gap)

    def _looked(self) -> datetime | None:
        """Begin what is due; when the next is, where that is soon."""
        desk = self._desk
        found = desk.due_calls.agenda(self._rolling.names)
        ready = desk.due_calls.ready(found)
        if ready:
            self._count()
            self._rolling.begin(self._line(ready), ready)
        coming = desk.due_calls.coming(found, desk.ahead)
        if coming is not None:
            desk.looker.ask()
            self._read_ahead(coming)
        return coming

    def _line(self, ready: Agenda) -> DispatchContext:
        """What to take them with: a look that knows them all, unless it is too long in coming."""
        last = self._desk.looker.last
        known = last is not None and all(_is_known(last, due) for due in ready.place)
        return self._with_state(self._desk.looker.newest(PATIENCE if known else LONGEST))

    def _with_state(self, seen: DispatchContext) -> DispatchContext:
        return replace(seen, run_state=self._state, check_lease=self._check_lease)

    def _count(self) -> None:
        """Count anew where another period has begun."""
        began = self._desk.period_began()
        if began != self._counts_since:
            self._counts_since = began
            self._state.count_anew(self._desk.placed(began), self._rolling.under_way)

    def _read_ahead(self, opens: datetime) -> None:
        """Read the platform's list of calls before the instant; under the lease nobody else adds to it."""
        if self._state.history is not None or self._reading:
            return
        self._reading = True
        Thread(target=self._read, args=(opens,), name="list of calls", daemon=True).start()

    def _read(self, opens: datetime) -> None:
        with suppress(ReconcilerError):  # who is due reads it himself, and says why he cannot
            found = self._with_state(self._desk.looker.newest(LONGEST)).history(opens)
            self._state.history = self._state.history or found

    def _tell(self) -> None:
        if rows := self._rolling.rows():
            self._desk.told(rows)


def _is_known(seen: DispatchContext, due: Due) -> bool:
    """Whether an older look knows a call as it is armed now."""
    order = seen.orders.get(due.armed.name)
    return order is not None and not seen.differs(order, due.armed.spec)
