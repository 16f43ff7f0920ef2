"""The board of the day: the calls as the page shows them, made once for all who look."""

from __future__ import annotations

from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from reconciler.calls.follow import rows
from reconciler.calls.reports import damaged
from reconciler.render import html_day
from reconciler.render.html_page import asset, served_policy
from reconciler.render.html_parts import rendered
from reconciler.schedule.call_report import CallList
from reconciler.schedule.closed_days import NO_DAY

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.planning.survey import Connection
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.clock import Clock
    from reconciler.schedule.closed_days import ClosedDays
    from reconciler.schedule.planned_call import PlannedCall

_SERVES = 1.0  # seconds for which one look at the ledger serves all readers


class Page(NamedTuple):
    """A page and what it may load."""

    html: str
    policy: str


class Board:
    """``clean`` hides what must not be shown in a finished page, ``shown`` the callee in a row.

    ``forbids`` tells, as it is known at that moment, of which numbers nobody must be called.
    """

    script = asset("live.js")

    def __init__(  # noqa: PLR0913 - what it shows and how, all keyword-only
        self,
        *,
        connection: Connection,
        clock: Clock,
        orders: Callable[[], Mapping[str, PlannedCall]],
        shown: Callable[[CallRow], CallRow],
        clean: Callable[[str], str],
        remarks: Callable[[], Sequence[str]],
        switches: bool,
        closed: ClosedDays = NO_DAY,
        forbids: Callable[[], Callable[[str], bool]] = lambda: lambda _: False,
    ) -> None:
        self._target, self._ledger = connection.target, connection.ledger
        self._clock, self._orders = clock, orders
        self._shown, self._clean, self._remarks, self._switches = shown, clean, remarks, switches
        self._closed, self._forbids = closed, forbids
        self._lock = Lock()
        self._part, self._made = "", -_SERVES

    def page(self) -> Page:
        """The whole page as it is now."""
        made = html_day.page(self._list(), self._clock.now(), switches=self._switches, remarks=self._remarks())
        return Page(self._clean(made), served_policy())

    def part(self) -> str:
        """The changing part; made at most once a second."""
        with self._lock:
            if monotonic() - self._made >= _SERVES:
                self._part = self._clean(
                    rendered(html_day.part(self._list(), self._clock.now(), remarks=self._remarks()))
                )
                self._made = monotonic()
            return self._part

    def _list(self) -> CallList:
        ledger, now = self._ledger, self._clock.now()
        ledger.refresh()
        found = rows(
            ledger.armed(),
            ledger.attempts(),
            self._orders(),
            now=now,
            everything=ledger.held_all(now),
            closed=self._closed,
            forbids=self._forbids(),
        )
        return CallList(self._target, tuple(map(self._shown, [*damaged(ledger), *found])), hold=ledger.held_all(now))
