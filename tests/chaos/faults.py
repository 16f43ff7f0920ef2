"""Name what can go wrong with one request or one write of the state, and to do it.

It runs inside the process under test, around the transport and around the store, so nothing in the tool
knows of it.
"""

from __future__ import annotations

import mmap
import os
import signal
import struct
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import TYPE_CHECKING, Any

import httpx

from reconciler.emulator import EmulatorTransport
from reconciler.errors import StoreError
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.store import Entry, Write

Send = Callable[[], Any]
Trouble = Callable[[Send, Any], Any]
_TALLY = struct.Struct("iii")
_MOST_REQUESTS = 500


@dataclass(frozen=True, slots=True)
class Fault:
    """``trouble`` is handed the real thing to do, and decides whether and how it ends.

    A ``lasting`` fault strikes everything from its cut point on, as an outage does.
    """

    trouble: Trouble
    lasting: bool = False


def _killed(send: Send, request: Any, *, acts: bool) -> Any:
    if acts:
        send()
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("a killed process went on")


def _signalled(number: signal.Signals) -> Trouble:
    def trouble(send: Send, request: Any) -> Any:
        os.kill(os.getpid(), number)
        return send()

    return trouble


def _broken(kind: type[httpx.TransportError], *, acts: bool) -> Trouble:
    def trouble(send: Send, request: httpx.Request) -> httpx.Response:
        if acts:
            send()
        raise kind("injected", request=request)

    return trouble


def _answered(status: int, *, acts: bool, **headers: str) -> Trouble:
    def trouble(send: Send, request: httpx.Request) -> httpx.Response:
        if acts:
            send()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(status, json={"detail": "Injected."}, headers=named, request=request)

    return trouble


def _garbled(send: Send, request: httpx.Request) -> httpx.Response:
    """Acted, but a gateway's page comes instead of the answer."""
    send()
    return httpx.Response(200, html="<html>upstream</html>", request=request)


def _unstored(send: Send, writes: Any, *, acts: bool) -> Any:
    if acts:
        send()
    raise StoreError("injected: the state cannot be written")


KILLS: dict[str, Fault] = {
    "killed-before": Fault(lambda send, request: _killed(send, request, acts=False)),
    "killed-after": Fault(lambda send, request: _killed(send, request, acts=True)),
}
SIGNALS: dict[str, Fault] = {
    "sigint": Fault(_signalled(signal.SIGINT)),
    "sigterm": Fault(_signalled(signal.SIGTERM)),
}
ANSWERS: dict[str, Fault] = {
    "refused": Fault(_broken(httpx.ConnectError, acts=False)),
    "reset-before": Fault(_broken(httpx.ReadError, acts=False)),
    "reset-after": Fault(_broken(httpx.ReadError, acts=True)),
    "hang-before": Fault(_broken(httpx.ReadTimeout, acts=False)),
    "hang-after": Fault(_broken(httpx.ReadTimeout, acts=True)),
    "429": Fault(_answered(429, acts=False, retry_after="1")),
    "garbled-after": Fault(_garbled),
    **{f"{status}-before": Fault(_answered(status, acts=False)) for status in (500, 502, 503, 504)},
    **{f"{status}-after": Fault(_answered(status, acts=True)) for status in (500, 502, 503, 504)},
}
OUTAGES: dict[str, Fault] = {
    "outage-refused": Fault(_broken(httpx.ConnectError, acts=False), lasting=True),
    "outage-503-before": Fault(_answered(503, acts=False), lasting=True),
    "outage-reset-after": Fault(_broken(httpx.ReadError, acts=True), lasting=True),
    "outage-429": Fault(_answered(429, acts=False, retry_after="1"), lasting=True),
}
STORE: dict[str, Fault] = {
    **KILLS,
    "store-fails-before": Fault(lambda send, writes: _unstored(send, writes, acts=False)),
    "store-fails-after": Fault(lambda send, writes: _unstored(send, writes, acts=True)),
}
FAULTS = {**KILLS, **SIGNALS, **ANSWERS, **OUTAGES, **STORE}


@dataclass(frozen=True, slots=True)
class Cut:
    """Which fault strikes: the ``index``-th (from 0) ``request`` or ``store`` write of the run."""

    place: str
    index: int
    fault: str


class Tally:
    """What a run did, in memory that outlives it: requests sent, writes stored, faults struck, methods."""

    def __init__(self) -> None:
        self._memory = mmap.mmap(-1, _TALLY.size + _MOST_REQUESTS)
        self._lock = Lock()

    def count(self, place: str, method: str = " ") -> int:
        """Count one more of a place; how many there were before it."""
        with self._lock:
            numbers: list[int] = list(_TALLY.unpack_from(self._memory))
            column = ("request", "store").index(place)
            before = numbers[column]
            numbers[column] += 1
            _TALLY.pack_into(self._memory, 0, *numbers)
            if place == "request":
                self._memory[_TALLY.size + before] = ord(method[0])
            return before

    def strike(self) -> None:
        """A fault was done."""
        with self._lock:
            requests, writes, struck = _TALLY.unpack_from(self._memory)
            _TALLY.pack_into(self._memory, 0, requests, writes, struck + 1)

    def read(self) -> dict[str, Any]:
        """The numbers, and by request whether it could change something."""
        requests, writes, struck = _TALLY.unpack_from(self._memory)
        initials = self._memory[_TALLY.size : _TALLY.size + requests]
        return {
            "requests": requests,
            "writes": writes,
            "struck": struck,
            "changing": [index for index, letter in enumerate(initials) if letter != ord("G")],
        }

    def clear(self) -> None:
        """Start again from nothing."""
        self._memory[:] = bytes(len(self._memory))


def install(tally: Tally, cut: Cut | None) -> None:
    """Count every request and every write of this process from now on, and let the cut strike."""
    carry, store = EmulatorTransport.handle_request, SqliteStore.put_many

    def handle_request(self: EmulatorTransport, request: httpx.Request) -> httpx.Response:
        index = tally.count("request", request.method)
        answer: httpx.Response = _struck(tally, cut, "request", index, lambda: carry(self, request), request)
        return answer

    def put_many(self: SqliteStore, writes: Sequence[Write]) -> list[Entry]:
        index = tally.count("store")
        entries: list[Entry] = _struck(tally, cut, "store", index, lambda: store(self, writes), writes)
        return entries

    EmulatorTransport.handle_request = handle_request  # type: ignore[method-assign] # this process is the subject
    SqliteStore.put_many = put_many  # type: ignore[method-assign] # as above


def _struck(tally: Tally, cut: Cut | None, place: str, index: int, send: Send, what: Any) -> Any:
    if cut is None or cut.place != place:
        return send()
    fault = FAULTS[cut.fault]
    if index == cut.index or (fault.lasting and index > cut.index):
        tally.strike()
        return fault.trouble(send, what)
    return send()
