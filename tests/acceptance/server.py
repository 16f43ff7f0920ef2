"""Put the second platform on a loopback socket, with the faults it was told to have."""

from __future__ import annotations

import json
import socket
import struct
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, urlsplit

from acceptance.platform import KEY, Fault, Refused, Request, SecondPlatform

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    platform: SecondPlatform

    def do_GET(self) -> None:
        self._handle()

    do_POST = do_PATCH = do_PUT = do_DELETE = do_GET  # noqa: N815 - http.server asks for these names

    def log_message(self, *_: object) -> None: ...

    def date_time_string(self, timestamp: float | None = None) -> str:
        return format_datetime(datetime.now(UTC) + self.platform.clock_skew, usegmt=True)

    def _handle(self) -> None:
        parts = urlsplit(self.path)
        content = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        request = Request(self.command, parts.path, json.loads(content) if content else None)
        platform = self.platform
        with platform.lock:
            platform.requests.append(request)
            fault = _taken(platform.faults, request)
            status, body = (
                (0, None) if fault and not fault.acts else self._answer(request, dict(parse_qsl(parts.query)))
            )
            body = json.dumps(body).encode() if body is not None else b""
        if fault is None or fault.how == "pass":
            self._send(status, body, {})
        elif fault.how == "answer":
            self._send(fault.status, _encoded(fault.body), fault.headers)
        else:
            if fault.how == "hang":
                platform.over.wait()
            self._cut()

    def _answer(self, request: Request, query: dict[str, str]) -> tuple[int, Any]:
        if self.headers.get("Authorization") != f"Bearer {KEY}":
            return 401, {"detail": "Invalid API key."}
        try:
            return self.platform.answer(request, query)
        except Refused as refused:
            return refused.status, refused.body

    def _send(self, status: int, content: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)

    def _cut(self) -> None:
        """Reset the connection without a word."""
        self.close_connection = True
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()


def _encoded(body: Any) -> bytes:
    return body.encode() if isinstance(body, str) else json.dumps(body).encode()


def _taken(faults: list[Fault], request: Request) -> Fault | None:
    for fault in faults:
        if fault.times and (fault.method, fault.path) == (request.method, request.path):
            fault.times -= 1
            return fault
    return None


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False

    def handle_error(self, *_: object) -> None:
        """A client that went away is what some tests are about."""


@contextmanager
def serving() -> Iterator[SecondPlatform]:
    """A fresh account on a loopback port of its own."""
    platform = SecondPlatform()
    handler = type("Handler", (_Handler,), {"platform": platform})
    with _Server(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        platform.url = f"http://127.0.0.1:{server.server_address[1]}"
        try:
            yield platform
        finally:
            platform.over.set()
            server.shutdown()
