"""The lease by which one run at a time writes; that of a run that died ends by itself.

The lease is an ordinary entry whose every renewal is a compare-and-set, so being displaced is noticed at the
next heartbeat at the latest. Expiry is judged by each host's own clock: hosts that share a store need clocks
that agree to within a few seconds, as they do under NTP. A run that was killed on this very host need not be
waited for: its process is provably gone.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple, Self

from reconciler.errors import Conflict, Locked, StoreError
from reconciler.store.lease_process import current, is_dead

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import TracebackType

    from reconciler.store.interface import Entry, Store

LIFE_SECONDS = 60.0
POLL_SECONDS = 1.0
HINT = "wait for it, or if that run is dead: `reconciler state unlock`"


class Life(NamedTuple):
    """How long a lease counts without being renewed: by the clock, and for those who watch it."""

    seconds: float
    silence: float | None = None
    heartbeat: bool = True

    @property
    def held(self) -> float:
        """How long its holder may rely on it."""
        return min(self.seconds, self.silence or self.seconds)


def acquire(  # noqa: PLR0913 - the clock, the owner and the patience are all the caller's, all keyword-only
    store: Store,
    key: str,
    *,
    owner: str,
    now: Callable[[], datetime],
    seconds: float = LIFE_SECONDS,
    wait: float = 0.0,
    sleep: Callable[[float], None] = time.sleep,
    heartbeat: bool = True,
    announce: Callable[[Entry], None] = lambda _: None,
    silence: float | None = None,
    watch: Watch | None = None,
) -> Lease:
    """Take the lease, taking over a dead one; waits up to ``wait`` seconds for the holder to finish.

    Dead is a lease that expired, whose process on this host provably ended (``holder.gone``), or whose holder was
    silent while ``watch`` looked.

    ``owner`` is for people (host, process id, since when). With ``heartbeat`` a thread renews the lease every
    third of its life until it is released. ``announce`` is told whose lease it is before each wait. Where writes are
    quick, ``silence`` is a shorter life in seconds: those who watch need not wait for its end by the clock.

    Raises:
        Locked: somebody holds it; the message names the owner and until when.
        StoreError: the store cannot be read or written.
    """
    waited = 0.0
    while True:
        store.refresh()
        found = store.get(key)
        if found is None or _is_dead(found, now(), watch):
            with suppress(Conflict):  # another run was first: look who
                life = Life(seconds, silence, heartbeat=heartbeat)
                return Lease(store, key, owner=owner, now=now, life=life, over=found)
            found = store.get(key)
        if found is not None and waited >= wait:
            raise _held_by(found)
        if found is not None:
            announce(found)
        pause = min(POLL_SECONDS, max(wait - waited, 0.0))
        sleep(pause)
        waited += pause


class Watch:
    """Tells that a lease's holder is silent, by this process's own clock: those of other hosts may be off.

    Only of a lease that says how long its holder may be silent (``silence``); each renewal begins that time anew.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._version, self._since = "", 0.0

    def is_silent(self, found: Entry) -> bool:
        """Whether it was not renewed for all that time while this watched."""
        if found.version != self._version:
            self._version, self._since = found.version, self._clock()
        longest = found.value.get("silence")
        return isinstance(longest, int | float) and self._clock() - self._since > longest


class Lease:
    """The right to write, held until released, lost or expired; made by ``acquire``, a context manager."""

    def __init__(  # noqa: PLR0913 - as for acquire, which is the way in
        self, store: Store, key: str, *, owner: str, now: Callable[[], datetime], life: Life, over: Entry | None
    ) -> None:
        self.owner = owner
        self._store = store
        self._key = key
        self._now = now
        self._life = life
        self._since = now()
        self._process = current()
        self._expires = self._since
        self._lock = threading.Lock()
        self._lost = False
        self._released = threading.Event()
        self._version = over.version if over else None
        self._put()
        self._beat = threading.Thread(target=self._keep_alive, name=f"lease {key}", daemon=True)
        if life.heartbeat:
            self._beat.start()

    @property
    def held(self) -> bool:
        """Whether it is still ours: not released, not taken over, not expired."""
        return not (self._lost or self._released.is_set()) and self._now() < self._expires

    def check(self) -> None:
        """Locked when the lease is no longer held; ask before every step that must not happen twice."""
        if not self.held:
            raise Locked(f"the lease of {self.owner} was lost: another run may be writing", hint=HINT)

    def renew(self) -> None:
        """Extend the lease by its full life; Locked when it was taken over."""
        with self._lock:
            if self._lost or self._released.is_set():
                raise Locked(f"the lease of {self.owner} was lost: another run may be writing", hint=HINT)
            try:
                self._put()
            except Conflict:
                self._lost = True
                raise Locked(f"the lease of {self.owner} was taken over by another run", hint=HINT) from None

    def release(self) -> None:
        """Give the lease up: deleted when it is still ours, left alone when it is somebody else's."""
        self._released.set()
        if self._beat.ident is not None and self._beat is not threading.current_thread():
            self._beat.join()
        with self._lock:
            if self._version is None or self._lost:
                return
            version, self._version = self._version, None
            with suppress(Conflict):  # taken over: theirs to release
                self._store.delete(self._key, expected=version)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None:
            self.release()
            return
        with suppress(StoreError):  # the first error is the one to tell; the lease runs out by itself
            self.release()

    def _put(self) -> None:
        now = self._now()
        value = {
            "owner": self.owner,
            "since": self._since.isoformat(),
            "expires": (now + timedelta(seconds=self._life.seconds)).isoformat(),
            "process": self._process,
            **({"silence": self._life.silence} if self._life.silence else {}),
        }
        self._version = self._store.put(self._key, value, expected=self._version).version
        self._expires = now + timedelta(seconds=self._life.held)

    def _keep_alive(self) -> None:
        while not self._released.wait(self._life.held / 3):
            try:
                self.renew()
            except Locked:
                return
            except StoreError:  # unreachable for now: the next beat tries again, `held` ends by the clock
                continue


def _is_dead(found: Entry, now: datetime, watch: Watch | None) -> bool:
    silent = watch is not None and watch.is_silent(found)
    return silent or _expiry(found) <= now or is_dead(found.value.get("process"))


def _held_by(found: Entry) -> Locked:
    value: dict[str, Any] = found.value
    owner = value.get("owner", f"an unknown owner since {value.get('since', '?')}")
    until = f"{_expiry(found):%H:%M:%S} UTC" if "expires" in value else "?"
    return Locked(f"another run is writing: {owner}, until {until} unless it renews", hint=HINT)


def _expiry(found: Entry) -> datetime:
    """When the entry stops counting; at once for one that is no lease, or damage would lock permanently."""
    try:
        expires = datetime.fromisoformat(found.value["expires"])
    except (KeyError, TypeError, ValueError):
        return datetime.min.replace(tzinfo=UTC)
    return expires if expires.tzinfo else expires.replace(tzinfo=UTC)
