"""HTTP server on a loopback socket: HTTP/1.1 with keep-alive."""

from __future__ import annotations

import contextlib
import ipaddress
import sys
import threading
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socket import SHUT_RDWR
from typing import TYPE_CHECKING, Any, Self, cast
from urllib.parse import parse_qsl, unquote, urlsplit

from reconciler.emulator.exchange import Reply, Request, answer

if TYPE_CHECKING:
    import socket

    from reconciler.emulator.platform import Platform
    from reconciler.emulator.webhook_sender import SenderThreads

LOCALHOST = "localhost"
IDLE_SECONDS = 60.0
POLL_SECONDS = 0.05
FAREWELL_SECONDS = 5.0


class Handler(BaseHTTPRequestHandler):
    """One connection; each request on it is handed to the platform."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    timeout = IDLE_SECONDS
    wbufsize = -1

    def handle_any(self) -> None:
        """Read one request, answer it, or break the connection when a fault says so."""
        listener = cast("Listener", self.server)
        reply = self._reply(listener.platform)
        if reply.delay:
            # A socket lives in real time whatever the platform's clock; stopping the server cuts it short.
            listener.stopping.wait(reply.delay)
        if reply.drop is not None or listener.stopping.is_set():
            self.close_connection = True
            return
        self._send(reply)

    do_GET = do_HEAD = do_POST = do_PUT = do_PATCH = do_DELETE = handle_any  # noqa: N815 - http.server's names

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
        """Say nothing: the journal remembers."""

    def _reply(self, platform: Platform) -> Reply:
        if self.headers.get("Transfer-Encoding"):
            self.close_connection = True
            return answer({"detail": "Length required."}, HTTPStatus.LENGTH_REQUIRED)
        length = int(self.headers.get("Content-Length") or 0)
        parts = urlsplit(self.path)
        return platform.handle(
            Request(
                self.command,
                unquote(parts.path),
                dict(parse_qsl(parts.query, keep_blank_values=True)),
                dict(self.headers.items()),
                self.rfile.read(length),
            )
        )

    def _send(self, reply: Reply) -> None:
        self.send_response_only(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        if reply.status != HTTPStatus.NO_CONTENT:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(reply.body)
        self.wfile.flush()


class Listener(ThreadingHTTPServer):
    """The listening socket and the connections it has accepted."""

    daemon_threads = True
    request_queue_size = 128

    def __init__(self, address: tuple[str, int], platform: Platform) -> None:
        self.platform = platform
        self.stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._guard = threading.Condition()
        super().__init__(address, Handler)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Remember the connection before a thread takes it."""
        with self._guard:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close a connection that is done."""
        with self._guard:
            self._connections.discard(request)
            self._guard.notify_all()
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A client that hung up is no error of ours; anything else is shown."""
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def hang_up(self) -> None:
        """End every connection, idle ones included, and wait for their threads to let go of them."""
        self.stopping.set()
        with self._guard:
            for connection in self._connections:
                # The client may have hung up first.
                with contextlib.suppress(OSError):
                    connection.shutdown(SHUT_RDWR)
            self._guard.wait_for(lambda: not self._connections, FAREWELL_SECONDS)


class Server:
    """A platform on a socket; the platform stays the caller's to close."""

    def __init__(self, platform: Platform, host: str, port: int) -> None:
        self._listener = Listener((host, port), platform)
        self._platform = platform
        self._sender: SenderThreads | None = None
        self._serving = False
        bound_host, bound_port = self._listener.server_address[:2]
        self.url = f"http://{bound_host!s}:{bound_port}"

    def start(self) -> Self:
        """Serve from a thread and come back at once."""
        self._serving = True
        self._sender = self._platform.start_sender()
        threading.Thread(target=self._listener.serve_forever, args=(POLL_SECONDS,), daemon=True).start()
        return self

    def serve_forever(self) -> None:
        """Serve until interrupted, or until another thread stops it."""
        self._serving = True
        self._sender = self._platform.start_sender()
        self._listener.serve_forever(POLL_SECONDS)

    def stop(self) -> None:
        """Stop listening and end every connection; stopping twice is harmless."""
        if self._serving:
            self._listener.shutdown()
        if self._sender is not None:
            self._platform.stop_sender(self._sender)
            self._sender = None
        self._listener.hang_up()
        self._listener.server_close()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_error: object) -> None:
        self.stop()


def serve(platform: Platform, host: str = "127.0.0.1", port: int = 0) -> Server:
    """A server for a platform, bound but not yet answering; port 0 takes a free one.

    ValueError for a host that is not loopback: it knows any key and must not be reachable.
    """
    if host != LOCALHOST and not ipaddress.ip_address(host).is_loopback:
        raise ValueError(f"the emulator listens on loopback only, not on `{host}`")
    return Server(platform, host, port)
