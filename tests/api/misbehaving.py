"""The server that no test of a client should be without: one that misbehaves.

It answers on loopback, each request with the next line of its script, and then for ever with the last one.
"""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from waiting import PATIENCE


@dataclass(frozen=True)
class Received:
    method: str
    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: bytes


Act = Callable[["Handler", Received], None]


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet: two small ones wait for each other (Nagle's algorithm)
    server: Listener

    def log_message(self, *_: object) -> None:
        """Tests say enough."""

    def handle(self) -> None:
        with suppress(ConnectionError):  # a client that went away mid-answer is what some tests are about
            super().handle()

    def perform(self) -> None:
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        received = Received(
            self.command,
            parts.path,
            dict(parse_qsl(parts.query)),
            {name.lower(): value for name, value in self.headers.items()},
            self.rfile.read(length),
        )
        self.server.next_act(received)(self, received)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = do_CONNECT = perform  # noqa: N815 - http.server's names

    def reply(self, status: int, content: bytes, headers: dict[str, str] | None = None) -> None:
        self.send_response(status)
        named = {"Content-Length": str(len(content)), **(headers or {})}
        for name, value in named.items():
            self.send_header(name, value)
        self.end_headers()
        if self.command != "HEAD" and status != 204:
            self.wfile.write(content)


class Listener(ThreadingHTTPServer):
    daemon_threads = True
    next_act: Callable[[Received], Act]

    def handle_error(self, *_: object) -> None:
        """A connection cut on purpose is no news."""


def says(body: Any, status: int = 200, **headers: str) -> Act:
    """Answer with JSON; header names are written with underscores."""
    return sends(json.dumps(body).encode(), status, **{"Content_Type": "application/json", **headers})


def sends(content: bytes, status: int = 200, **headers: str) -> Act:
    """Answer with these bytes."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}

    def act(handler: Handler, _: Received) -> None:
        handler.reply(status, content, named)

    return act


def echoes(status: int) -> Act:
    """Answer with the headers that were sent, credentials and all."""

    def act(handler: Handler, received: Received) -> None:
        sent = received.headers["authorization"]
        handler.reply(status, json.dumps({"detail": f"bad header {sent}", sent: [sent]}).encode(), {"X-Echo": sent})

    return act


def cuts(handler: Handler, _: Received) -> None:
    """Close the connection without a word."""
    handler.close_connection = True
    handler.connection.shutdown(socket.SHUT_RDWR)


def resets(handler: Handler, _: Received) -> None:
    """Reset the connection, as a load balancer that restarts does."""
    handler.close_connection = True
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    os.close(handler.connection.detach())


def breaks_off(status: int) -> Act:
    """Promise a body, send the start of it and close."""

    def act(handler: Handler, received: Received) -> None:
        handler.reply(status, b'{"detail": "the', {"Content-Length": "5000"})
        handler.wfile.flush()
        cuts(handler, received)

    return act


def garbage(handler: Handler, received: Received) -> None:
    """Answer with something that is no HTTP."""
    handler.wfile.write(b"\x15\x03\x01\x00\x02\x02\x46 what?\r\n\r\n")
    handler.wfile.flush()
    cuts(handler, received)


def waits(released: Event) -> Act:
    """Say nothing until released."""

    def act(handler: Handler, received: Received) -> None:
        released.wait(PATIENCE)
        cuts(handler, received)

    return act


@dataclass
class Server:
    """A loopback server; set ``script``, read ``received``."""

    script: list[Act] = field(default_factory=lambda: [says({})])
    received: list[Received] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._lock = Lock()
        self._listener = Listener(("127.0.0.1", 0), Handler)
        self._listener.next_act = self._next
        self._thread = Thread(target=lambda: self._listener.serve_forever(0.01), daemon=True)
        self.url = f"http://127.0.0.1:{self._listener.server_address[1]}"

    def _next(self, received: Received) -> Act:
        with self._lock:
            self.received.append(received)
            return self.script.pop(0) if len(self.script) > 1 else self.script[0]

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listener.shutdown()
        self._listener.server_close()
        self._thread.join()
