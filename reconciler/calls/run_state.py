"""What one run has done so far, over all the rounds of a lookahead."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from threading import Event, Lock
from time import monotonic
from typing import TYPE_CHECKING, Any

from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.state.call_records import Attempt

REST = timedelta(seconds=30)
MOMENT = timedelta(seconds=2)  # the least between two questions about one request


@dataclass(frozen=True)
class History:
    """The platform's list of calls as it was read once: since when it tells, and when it was read."""

    since: datetime
    read_at: datetime
    calls: tuple[dict[str, Any], ...]

    def tells(self, opens: datetime, armed_at: datetime) -> bool:
        """Whether it says all of a window: later than it was read, only this run places calls."""
        return self.since <= opens and armed_at <= self.read_at

    def to(self, number: str) -> list[dict[str, Any]]:
        """The calls to one number: each of very many that are due asks, and the list may be as long."""
        return self._by_callee.get(number, [])

    @cached_property
    def _by_callee(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = {}
        for call in self.calls:
            found.setdefault(str(call.get("to_number")), []).append(call)
        return found


@dataclass(slots=True)
class RunState:
    """Attempts by idempotency key: whose request was sent, when each was tried last, and its result.

    ``quota`` holds those that count towards the run's limit: each takes its place before it may be sent, and
    gives it back when nothing was sent, or it was refused and nothing rang. ``known`` is told even when it
    cannot be stored. ``ids`` says whose each call of the platform's is, ``history`` what its list told.
    ``halted`` is set by the first worker that something stopped, for all the others. ``unanswered`` is since when
    (monotonic seconds) requests to dial failed without an answer.
    """

    quota: set[str] = field(default_factory=set)
    sent: set[str] = field(default_factory=set)
    tried: dict[str, datetime] = field(default_factory=dict)
    known: dict[str, Attempt] = field(default_factory=dict)
    halted: Event = field(default_factory=Event)
    ids: dict[str, str] = field(default_factory=dict)
    history: History | None = None
    lock: Lock = field(default_factory=Lock)
    unanswered: float | None = None

    @contextmanager
    def listening(self, *silence: type[Exception]) -> Iterator[None]:
        """A request to dial; it is answered unless it raises one of ``silence``."""
        try:
            yield
        except silence:
            self.unanswered = monotonic() if self.unanswered is None else self.unanswered
            raise
        except Exception:
            self.unanswered = None
            raise
        else:
            self.unanswered = None

    @property
    def cut_off_for(self) -> float:
        """For how many seconds requests have failed without an answer; 0 where the last one was answered."""
        began = self.unanswered
        return 0.0 if began is None else monotonic() - began

    def ready(self, key: str, now: datetime) -> datetime:
        """When an attempt may be tried, again or at all: not more often than every ``REST``."""
        return self.tried[key] + REST if key in self.tried else now

    def forget(self, key: str) -> None:
        """An attempt of which nothing arrived may be tried again at once."""
        self.tried.pop(key, None)

    def reserve(self, key: str, limit: int) -> bool:
        """Take one of the run's places, or keep the one it has; False when others have them all."""
        with self.lock:
            if key not in self.quota and len(self.quota) >= limit:
                return False
            self.quota.add(key)
            return True

    def count_anew(self, placed: set[str], under_way: frozenset[str]) -> None:
        """Begin another period: what was placed in it has a place, and what is under way keeps its own."""
        with self.lock:
            self.quota = placed | (self.quota & under_way)

    def release(self, key: str) -> None:
        """Give the place back, unless a request was sent that may have rung."""
        with self.lock:
            if key not in self.sent:
                self.quota.discard(key)

    def holder(self, call_id: str, occurrence: str) -> str:
        """Which occurrence of this run the platform's call is; it is ``occurrence`` unless another was first."""
        with self.lock:
            return self.ids.setdefault(call_id, occurrence)

    def note(self, attempt: Attempt) -> None:
        """Keep the result of an attempt."""
        self.known[attempt.key] = attempt
        if attempt.state == CallState.REFUSED:
            self.sent.discard(attempt.key)
