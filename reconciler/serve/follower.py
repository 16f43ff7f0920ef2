"""The follower of placed calls: asks how each ended when an event says so, else now and then."""

from __future__ import annotations

from collections import OrderedDict
from queue import Empty, SimpleQueue
from time import monotonic
from typing import TYPE_CHECKING

from reconciler.calls.follow import follow, remember
from reconciler.errors import ReconcilerError
from reconciler.schedule.call_states import CallState
from reconciler.serve.asked_again import AskedAgain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from threading import Event

    from reconciler.api import Api
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger

_GATHERING = 0.02  # seconds in which events are answered together
_SLICE = 0.2
_PATIENCE = 60.0  # seconds in which a call may become known whose event came first
_MOST_WAITING = 10_000
_SELDOM = 20  # times as long as a look at the state takes, between two of them


class Follower:
    """Follows calls until it is asked to stop; ``hear`` may be called from any thread.

    Never trusts an event: it only makes it look. ``ended`` hears of every call whose end was recorded.
    """

    def __init__(  # noqa: PLR0913 - what it works with, all keyword-only
        self,
        *,
        api: Api,
        ledger: Ledger,
        stopping: Event,
        every: float,
        ended: Callable[[list[Attempt]], None],
        failed: Callable[[ReconcilerError], None],
    ) -> None:
        self._api, self._ledger, self._stopping, self._every = api, ledger, stopping, every
        self._ended, self._failed = ended, failed
        self._heard: SimpleQueue[str] = SimpleQueue()
        self._again = AskedAgain()
        self._untold: set[str] = set()  # heard of, and kept where the state cannot be read now
        self._waiting: OrderedDict[str, float] = OrderedDict()
        self._next_look = monotonic()
        self._next_refresh = monotonic()
        self.beat = monotonic()

    def hear(self, call_id: str) -> None:
        """An event says something of this call."""
        self._heard.put(call_id)

    def run(self) -> None:
        """Go on until the run is asked to stop."""
        while not self._stopping.is_set():
            self.beat = monotonic()
            try:
                self.step(_SLICE)
            except ReconcilerError as error:
                self._failed(error)
                self._stopping.wait(1.0)

    def step(self, patience: float) -> None:
        """Follow what was heard of, waiting for it up to ``patience`` seconds; all that is placed when it is time."""
        self._untold |= self._gathered(patience)
        everything = monotonic() >= self._next_look
        self._untold |= self._again.due()
        if not (self._untold or everything or (self._waiting and monotonic() >= self._next_refresh)):
            return
        self._refresh()
        self._look(self._untold, everything=everything)
        self._untold = set()
        if everything:
            self._next_look = monotonic() + self._every

    def _look(self, fresh: set[str], *, everything: bool) -> None:
        placed = self._ledger.attempts(CallState.PLACED)
        known = {attempt.call_id for attempt in placed}
        heard = fresh | (self._waiting.keys() & known)
        self._wait_for(fresh - known)
        ended = self._follow([it for it in placed if everything or it.call_id in heard])
        self._again.note(heard, ended | (heard - known))
        self._forget(known)

    def _refresh(self) -> None:
        """Know what other replicas placed; where that costs much it is not done often for those waited for."""
        began = monotonic()
        self._ledger.refresh()
        self._next_refresh = monotonic() + max(_SLICE, _SELDOM * (monotonic() - began))

    def _gathered(self, patience: float) -> set[str]:
        found = set()
        try:
            found.add(self._heard.get(timeout=patience))
            self._stopping.wait(_GATHERING)
            while True:
                found.add(self._heard.get_nowait())
        except Empty:
            return found

    def _wait_for(self, unknown: Iterable[str]) -> None:
        """An event may overtake the answer to the request that dialled; calls of others are waited for in vain."""
        for call_id in unknown:
            self._waiting[call_id] = monotonic() + _PATIENCE
        while len(self._waiting) > _MOST_WAITING:
            self._waiting.popitem(last=False)

    def _forget(self, known: Iterable[str]) -> None:
        for call_id in [it for it in known if it in self._waiting]:
            del self._waiting[call_id]
        now = monotonic()
        while self._waiting and next(iter(self._waiting.values())) < now:
            self._waiting.popitem(last=False)

    def _follow(self, placed: list[Attempt]) -> set[str]:
        """Ask about these; which of them have ended."""
        if not placed:
            return set()
        found = follow(self._api, placed, self._ledger.digests, stopping=self._stopping)
        remember(self._ledger, placed, found)
        if over := [it for it in found if it.state.ended]:
            self._ended(over)
        return {it.call_id for it in over}
