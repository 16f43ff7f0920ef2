"""Simulate everything outside of the code under test, one effect at a time.

Whoever acts pauses before each effect and is told how it turns out: ``ok``, or one of the faults of
``FAULTS``. What is told is decided elsewhere; here is only what each outcome means. A crash after an effect
is a crash before the next one, since nothing else happens in between, so each effect knows just the latter.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.api import Reply
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Denied,
    Rejected,
    StoreError,
    Throttled,
    Unreachable,
    VendorFault,
)
from reconciler.store.interface import Entry, Store, conflict

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from reconciler.store.interface import Write

OK, CRASH = "ok", "crash"
FAULTS: dict[str, tuple[str, ...]] = {
    "begin": (),
    "lease": (CRASH,),
    "look": (),
    "sleep": (CRASH,),
    "read": (CRASH, "fails"),
    "write": (CRASH, "fails before", "fails after"),
    "dial": (
        CRASH,
        "unreachable",
        "lost before",
        "lost after",
        "lost late",
        "402",
        "409 not final",
        "409 final",
        "429",
        "401",
    ),
    "list": (CRASH, "fails", "lags"),
    "follow": (CRASH, "fails"),
    "report": (CRASH,),
    "lock": (),
}
"""How each effect may fail. At this seam a 5xx is a lost answer: before the platform acted, or after."""

_REFUSALS: dict[str, tuple[type[ApiError], int | None, Any]] = {
    "unreachable": (Unreachable, None, None),
    "402": (Rejected, 402, {"detail": "balance"}),
    "409 not final": (Rejected, 409, {"detail": "in progress", "retryable": True}),
    "409 final": (Rejected, 409, {"detail": "caller id", "retryable": False}),
    "429": (Throttled, 429, None),
    "401": (Denied, 401, None),
}


@dataclass
class Actor:
    """One process: a dispatcher, an apply, a switch thrown by hand; ``skew`` is its clock's error."""

    name: str
    pause: Callable[[Actor, str], str]
    skew: float = 0.0
    rows: list[Any] = field(default_factory=list)
    error: Exception | None = None
    crashed: bool = False
    looked: datetime | None = None
    uncertain_write: bool = False
    blocked: Callable[[], bool] = lambda: False

    def at(self, effect: str) -> str:
        """Pause before an effect; how it turns out. Whatever lies between makes a look at the clock old."""
        outcome = self.pause(self, effect)
        if effect != "dial":
            self.looked = None
        return outcome


class Acting:
    """Whichever actor acts: what two workers of one process share acts as the one that uses it."""

    def __init__(self, world: World) -> None:
        self.__dict__["_world"] = world

    def __getattr__(self, name: str) -> Any:
        return getattr(self.__dict__["_world"].acting, name)

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.__dict__["_world"].acting, name, value)


class SimulatedLock:
    """A lock between workers: who finds it taken pauses, and goes on once it is free."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._taken = False

    def __enter__(self) -> None:
        if self._taken:
            self._world.acting.blocked = lambda: self._taken
            self._world.acting.at("lock")
        self._taken = True

    def __exit__(self, *_: object) -> None:
        self._taken = False


@dataclass(frozen=True)
class Ring:
    """A telephone that rang: the platform made a call. ``judged`` is when its sender last could know the time."""

    key: str
    to: str
    at: datetime
    judged: datetime
    sender: str
    read_at: int


@dataclass
class Claim:
    """A record's passage to ``claimed``: by whom, when in the order of events, and what was armed then."""

    actor: str
    sequence: int
    armed: Mapping[str, Any] | None


class World:
    """True time, what is stored, what the platform knows; ``watch`` is told of every ring as it happens."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.sequence = 0
        self.written = 0
        self.entries: dict[str, Entry] = {}
        self.calls: list[dict[str, Any]] = []
        self.keys: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {}
        self.rings: list[Ring] = []
        self.claims: dict[tuple[str, int], Claim] = {}
        self.last_claim: dict[str, tuple[str, int]] = {}
        self.forbidden: dict[str, int] = {}
        self.wires: list[tuple[Actor, dict[str, Any], datetime, int]] = []
        self.read_at: dict[str, int] = {}
        self.wrote: dict[tuple[str, int], str] = {}
        self.answered = False
        self.callee = ""
        self.acting: Actor = Actor("nobody", lambda *_: OK)
        self.crews: dict[str, Any] = {}
        self.watch: Callable[[Ring], None] = lambda _: None
        self.watch_record: Callable[[str | None, str], None] = lambda *_: None

    def step(self) -> int:
        """The next number in the order of events."""
        self.sequence += 1
        return self.sequence

    def steady(self) -> float:
        """Seconds of the clock that nobody sets: true time, never how long the simulation itself takes."""
        return self.now.timestamp()

    def lose_store(self) -> None:
        """Everything remembered is gone."""
        self.written += 1
        self.entries.clear()
        self.forbidden.clear()

    def deliver(self) -> None:
        """Requests whose answers were lost long ago reach the platform now."""
        wires, self.wires = self.wires, []
        for actor, request, judged, read_at in wires:
            with suppress(ApiError):
                self.place(actor, request, judged, read_at)

    def place(self, actor: Actor, request: Mapping[str, Any], judged: datetime, read_at: int) -> Reply:
        """The platform's side of ``POST /v1/call``: one key, one call (contract 2.12.3)."""
        key = str(request.get("idempotency_key"))
        body = {name: value for name, value in request.items() if name != "idempotency_key"}
        if key in self.keys:
            before, call = self.keys[key]
            if before != body:
                raise _error(Rejected, 409, {"detail": "another body with this key", "retryable": False})
            return Reply(200, {"call_id": call["call_id"], "status": "initiated", "idempotent_replay": True}, {})
        self.step()
        call = {
            "call_id": len(self.calls) + 1,
            "direction": "outbound",
            "from_number": request["from_number"],
            "to_number": request["to_number"],
            "start_time": self.now.isoformat(),
        }
        self.calls.append(call)
        self.keys[key] = (body, call)
        ring = Ring(key, str(request["to_number"]), self.now, judged, actor.name, read_at)
        self.rings.append(ring)
        self.watch(ring)
        return Reply(201, {"call_id": call["call_id"], "status": "initiated"}, {})

    def record_of(self, call_id: int) -> dict[str, Any]:
        """A call as its own record tells it: it rings for a minute, and then it is over."""
        call = self.calls[call_id - 1]
        ends = datetime.fromisoformat(call["start_time"]) + timedelta(minutes=1)
        if self.now < ends:
            return {**call, "status": "in_progress"}
        ended = {"status": "completed", "end_time": ends.isoformat(), "duration_seconds": 60}
        return {**call, **ended, "sip_answered_at": call["start_time"] if self.answered else None}


class SimulatedStore(Store):
    """Compare-and-set over the world's entries, as one actor reaches them."""

    description = "simulated"

    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor
        self._own = 0

    def refresh(self) -> str:
        """A mark that counts what others wrote."""
        self._reading()
        return f"{self._world.written - self._own}"

    def get(self, key: str) -> Entry | None:
        """The entry, or None."""
        self._reading()
        return self._world.entries.get(key)

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> list[Entry]:
        """Every entry below a prefix, as one snapshot."""
        self._reading()
        return [entry for key, entry in sorted(self._world.entries.items()) if key.startswith(prefix)]

    def _reading(self) -> None:
        if self._actor.at("read") == "fails":
            raise StoreError("cannot be read")
        self._world.read_at[self._actor.name] = self._world.step()

    def put_many(self, writes: Sequence[Write]) -> Any:
        """All the writes or none."""
        outcome = self._actor.at("write")
        if outcome == "fails before":
            raise StoreError("cannot be written")
        for write in writes:
            known = self._world.entries.get(write.key)
            if (known.version if known else None) != write.expected:
                raise conflict(write.key, expected=write.expected)
        made = [self._write(write) for write in writes]
        if outcome == "fails after":
            self._actor.uncertain_write = True
            raise StoreError("it is not known whether that was written")
        return [entry for entry in made if entry is not None]

    def _write(self, write: Write) -> Entry | None:
        world = self._world
        sequence = world.step()
        world.written += 1
        self._own += 1
        before = world.entries.get(write.key)
        if write.value is None:
            world.entries.pop(write.key, None)
            return None
        entry = Entry(write.key, dict(write.value), f"{sequence}")
        world.entries[write.key] = entry
        self._note(entry, before, sequence)
        return entry

    def _note(self, entry: Entry, before: Entry | None, sequence: int) -> None:
        """Keep for the judge what the entry means: a claim, or that a call is held or cancelled."""
        world, value = self._world, entry.value
        if entry.key.endswith("/armed") or entry.key.endswith("/hold"):
            stops = bool(value.get("held") or value.get("why")) or value.get("state") == "cancelled"
            name = str(value.get("name", "*"))
            if not stops:
                world.forbidden.pop(name, None)
            else:
                world.forbidden.setdefault(name, sequence)
            return
        attempt = (str(value["occurrence"]), int(value["attempt"]))
        world.wrote[attempt] = self._actor.name
        world.watch_record(str(before.value["state"]) if before else None, str(value["state"]))
        if value.get("state") == "cancelled":
            world.forbidden.setdefault(str(value["name"]), sequence)
        if value.get("state") == "claimed":
            world.last_claim[self._actor.name] = attempt
            if before is None or before.value.get("state") not in ("claimed", "unknown"):
                armed = world.entries.get(entry.key.rpartition("/")[0].rpartition("/")[0] + "/armed")
                # A claim in an emptied store cannot be sent; what was armed for an earlier one still tells its window.
                before_loss = world.claims[attempt].armed if attempt in world.claims else None
                world.claims[attempt] = Claim(self._actor.name, sequence, armed.value if armed else before_loss)

    def close(self) -> None:
        """Nothing is open."""


class SimulatedClock:
    """An actor's clock: true time plus its error; sleeping lets true time pass."""

    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor

    def now(self) -> datetime:
        """The time this actor believes."""
        self._actor.at("look")
        self._actor.looked = self._world.now
        return (self._world.now + timedelta(seconds=self._actor.skew)).astimezone(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait: true time is at least that much later afterwards."""
        wake = self._world.now + timedelta(seconds=seconds)
        self._actor.at("sleep")
        self._world.now = max(self._world.now, wake)


class SimulatedApi:
    """The client's face towards dispatch, and behind it the simulated platform."""

    def __init__(self, world: World, actor: Actor) -> None:
        self._world, self._actor = world, actor
        self._outcome: str = OK

    def server_offset(self) -> float:
        """How far the server's clock is ahead of this actor's."""
        return -self._actor.skew

    def exchange(
        self, method: str, path: str, body: Any = None, *, attempts: int | None = None, timeout: float | None = None
    ) -> Reply:
        """One request; only ``POST /v1/call`` is ever sent here."""
        if method == "GET":
            return Reply(200, self.get(path), {})
        if (method, path, attempts) != ("POST", "/v1/call", 1):
            raise AssertionError(f"{method} {path} must not be sent")
        world, actor = self._world, self._actor
        # The time of the last look counts when nothing but the sending lies between: no client can do better.
        outcome = actor.at("dial")
        judged = actor.looked or world.now
        actor.looked = None
        if outcome in _REFUSALS:
            raise _error(*_REFUSALS[outcome])
        if outcome == "lost late":
            world.wires.append((actor, dict(body), judged, world.read_at.get(actor.name, 0)))
        if outcome in ("lost before", "lost late"):
            raise _error(AmbiguousWrite, None, None)
        reply = world.place(actor, body, judged, world.read_at.get(actor.name, 0))
        if outcome == "lost after":
            raise _error(AmbiguousWrite, None, None)
        return reply

    def items(self, path: str, params: Mapping[str, Any]) -> list[dict[str, Any]]:
        """The platform's list of calls; when it lags, without those just made."""
        outcome = self._actor.at("list")
        if outcome == "fails":
            raise _error(VendorFault, 503, None)
        if outcome == "lags" or path != "/v1/calls":
            return []
        return [
            dict(call)
            for call in self._world.calls
            if all(call[name] == params[name] for name in ("from_number", "to_number") if name in params)
        ]

    def get(self, path: str, params: Any = None) -> Any:
        """One call's own record."""
        if self._actor.at("follow") == "fails":
            raise _error(VendorFault, 503, None)
        return self._world.record_of(int(path.rpartition("/")[2]))


def _error(kind: type[ApiError], status: int | None, body: Any) -> ApiError:
    return kind("simulated", method="POST", path="/v1/call", status=status, body=body)
