"""The due calls of a dispatcher: what is due, what may be tried again, what comes next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.calls.due import Agenda, todo
from reconciler.calls.run_state import MOMENT, REST, RunState

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime, timedelta

    from reconciler.calls.due import Due
    from reconciler.schedule.clock import Clock
    from reconciler.state.ledger import Ledger


class DueCalls:
    """What the ledger asks for, and what this replica tried of it; ``looked`` hears how many are due."""

    def __init__(self, ledger: Ledger, clock: Clock, looked: Callable[[int], None]) -> None:
        self._ledger, self._clock, self._looked = ledger, clock, looked
        self._switches = -1
        self.tried: dict[str, datetime] = {}

    def agenda(self, under_way: frozenset[str] = frozenset()) -> Agenda:
        """What there is to do, by what the state says now; calls that are under way cost nothing."""
        self._ledger.refresh()
        self._forget_tries()
        found = todo(self._ledger, now=self._clock.now(), without=under_way)
        self._looked(len(found.place) + len(under_way))
        return found

    def ready(self, found: Agenda) -> Agenda:
        """What of it may be begun now."""
        now = self._clock.now()
        settle, place = ([it for it in group if self._again(it, now) <= now] for group in (found.settle, found.place))
        return Agenda(place, settle, found.missed)

    def coming(self, found: Agenda, ahead: timedelta) -> datetime | None:
        """The next opening, where it is near."""
        opening = found.next_opening
        return opening if opening is not None and opening <= self._clock.now() + ahead else None

    def next_look(self, found: Agenda, ahead: timedelta, every: timedelta) -> datetime:
        """When to look again: before the next opening, and when what could not be placed may be tried again."""
        now = self._clock.now()
        again = [self._again(due, now) for due in (*found.settle, *found.place)]
        near = [found.next_opening - ahead] if found.next_opening else []
        return min([now + every, *again, *near])

    def _forget_tries(self) -> None:
        """What could not be placed may be, once a person armed, held, released or cancelled something."""
        switches = self._ledger.switches()
        if switches != self._switches:
            self._switches = switches
            self.tried.clear()
        now = self._clock.now()
        for key in [key for key, at in list(self.tried.items()) if now - at > REST]:
            self.tried.pop(key, None)

    def _again(self, due: Due, now: datetime) -> datetime:
        """When an attempt may be tried, again or at all."""
        key = due.attempt.key
        if due.rests_until is None:
            return RunState(tried=self.tried).ready(key, now)
        return max(due.rests_until, self.tried[key] + MOMENT if key in self.tried else now)
