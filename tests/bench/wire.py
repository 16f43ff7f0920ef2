"""Serve HTTP/1.1 on loopback fast enough that the server is never what is measured.

One process, one thread, keep-alive, bodies with a length. An answer waits for its latency without keeping
any other waiting. What cannot be parsed ends the connection: the clients are ours.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping

_REASONS = {200: "OK", 201: "Created", 204: "No Content", 404: "Not Found", 409: "Conflict"}


class Answering(Protocol):
    """What answers requests: a stand-in's state."""

    def answer(self, method: str, target: str, body: Any) -> tuple[int, bytes]:
        """The status and the body; ``target`` is the path with its query."""
        ...

    def kind(self, method: str, path: str) -> str:
        """What a request counts as, e.g. ``GET /v1/agents/ID``."""
        ...


@dataclass
class Desk:
    """The server's settings and counts, changed and asked for over HTTP at ``/bench``.

    ``spans`` are when the first and the last request of each kind came, on the monotonic clock.
    """

    answering: Answering
    latency: float = 0.0
    counts: Counter[str] = field(default_factory=Counter)
    spans: dict[str, tuple[float, float]] = field(default_factory=dict)

    def reply(self, method: str, target: str, content: bytes) -> tuple[bytes, float]:
        """A whole response, and how long it has to wait."""
        path = target.partition("?")[0]
        body = json.loads(content) if content else None
        if path == "/bench":
            return _response(200, self._told(body)), 0.0
        if path == "/bench/spans":
            taken = {kind: last - first for kind, (first, last) in self.spans.items()}
            return _response(200, json.dumps(taken).encode()), 0.0
        kind, now = self.answering.kind(method, path), time.monotonic()
        self.counts[kind] += 1
        self.spans[kind] = (self.spans.get(kind, (now,))[0], now)
        return _response(*self.answering.answer(method, target, body)), self.latency

    def _told(self, settings: Mapping[str, Any] | None) -> bytes:
        """The counts so far; then, given settings, begin to count anew with them."""
        counted = json.dumps(self.counts).encode()
        if settings is not None:
            self.counts.clear()
            self.spans.clear()
            self.latency = float(settings.get("latency", self.latency))
        return counted


class _Connection(asyncio.Protocol):
    """One client; requests are answered in the order they come."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, separator, rest = self._buffer.partition(b"\r\n\r\n")
        if not separator:
            return
        length = _length(head)
        if len(rest) < length:
            return
        method, target, _ = head.split(b" ", 2)
        self._buffer = rest[length:]
        response, latency = self._desk.reply(method.decode(), target.decode(), rest[:length])
        if latency:
            asyncio.get_running_loop().call_later(latency, self._send, response)
        else:
            self._send(response)

    def _send(self, response: bytes) -> None:
        if self._transport is not None and not self._transport.is_closing():
            self._transport.write(response)


def _length(head: bytes) -> int:
    for line in head.split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.lower() == b"content-length":
            return int(value)
    return 0


def _response(status: int, body: bytes) -> bytes:
    head = f"HTTP/1.1 {status} {_REASONS[status]}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


async def serve(answering: Answering) -> None:
    """Serve until standard input ends, that is until whoever started this is gone; the port is printed."""
    loop = asyncio.get_running_loop()
    desk = Desk(answering)
    server = await loop.create_server(lambda: _Connection(desk), "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)  # noqa: T201 - how the port is told
    async with server:
        await loop.run_in_executor(None, sys.stdin.read)
