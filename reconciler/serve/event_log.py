"""The log of received events: stored before they are acknowledged, known when they come again.

Events are kept beside the ledger, under ``event/<organisation>/<id>``, until the platform cannot repeat them any more.
What arrives while one commit is under way shares the next, so a commit's cost does not bound the rate.
"""

from __future__ import annotations

from concurrent.futures import Future
from contextlib import suppress
from datetime import datetime, timedelta
from queue import Empty, SimpleQueue
from threading import Thread
from typing import TYPE_CHECKING, NamedTuple

from reconciler.errors import Conflict, StoreError
from reconciler.schedule.clock import parse_instant, stamp
from reconciler.store import Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.serve.event import Event
    from reconciler.store import Entry, Store

KEPT = timedelta(hours=36)  # the platform repeats an event for a day
_MOST = 500  # in one commit
_DELETED = 1_000  # in one commit


class _Arrival(NamedTuple):
    event: Event
    fresh: Future[bool]


class EventLog:
    """Stores events from any thread; ``started`` begins to, ``close`` stores what was handed over and ends."""

    def __init__(self, store: Store, organization: str, now: Callable[[], datetime]) -> None:
        self._store, self._prefix, self._now = store, f"event/{organization}/", now
        self._arrivals: SimpleQueue[_Arrival | None] = SimpleQueue()
        self._thread = Thread(target=self._run, name="event log", daemon=True)

    def start(self) -> None:
        """Begin to store."""
        self._thread.start()

    def close(self) -> None:
        """Store what was handed over, and end."""
        self._arrivals.put(None)
        self._thread.join()

    def add(self, event: Event) -> Future[bool]:
        """Whether it is new, once that is stored; the future raises StoreError where it cannot be stored."""
        arrival = _Arrival(event, Future())
        self._arrivals.put(arrival)
        return arrival.fresh

    def forget_old(self) -> int:
        """Delete what the platform cannot repeat any more; how many that were."""
        oldest = self._now() - KEPT
        old = [entry for entry in self._store.list(self._prefix) if _is_before(entry, oldest)]
        for start in range(0, len(old), _DELETED):
            with suppress(Conflict):  # another replica is at it
                self._store.put_many([Write(it.key, None, it.version) for it in old[start : start + _DELETED]])
        return len(old)

    def _run(self) -> None:
        open_ = True
        while open_:
            batch = list(self._waiting())
            open_ = None not in batch
            arrivals = [arrival for arrival in batch if arrival is not None]
            if arrivals:
                self._store_all(arrivals)

    def _waiting(self) -> Iterator[_Arrival | None]:
        """What waits, at least one."""
        yield self._arrivals.get()
        with suppress(Empty):
            for _ in range(_MOST - 1):
                yield self._arrivals.get_nowait()

    def _store_all(self, arrivals: Sequence[_Arrival]) -> None:
        first: dict[str, _Arrival] = {}
        for arrival in arrivals:
            first.setdefault(arrival.event.id, arrival)
        try:
            fresh = self._stored(list(first))
        except Exception as error:  # noqa: BLE001 - who waits must hear of it, whatever it is
            for arrival in arrivals:
                arrival.fresh.set_exception(StoreError(str(error)))
            return
        for arrival in arrivals:
            arrival.fresh.set_result(first[arrival.event.id] is arrival and arrival.event.id in fresh)

    def _stored(self, ids: list[str]) -> set[str]:
        """Which of these were not known, all of them stored now."""
        fresh, value = list(ids), {"at": stamp(self._now())}
        while fresh:
            try:
                self._store.put_many([Write(f"{self._prefix}{id_}", value) for id_ in fresh])
            except Conflict:
                self._store.refresh()
                fresh = [id_ for id_ in fresh if self._store.get(f"{self._prefix}{id_}") is None]
            else:
                break
        return set(fresh)


def _is_before(entry: Entry, instant: datetime) -> bool:
    try:
        return parse_instant(str(entry.value.get("at"))) < instant
    except ValueError:
        return True
