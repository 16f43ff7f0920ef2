"""A receiver of webhooks on loopback that keeps what it was sent, and answers what it is told to."""

from __future__ import annotations

import hashlib
import hmac
import json
import threading
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from waiting import PATIENCE

if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True)
class Event:
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def name(self) -> str:
        return str(self.json["type"])

    @property
    def id(self) -> str:
        return str(self.json["event_id"])

    def times(self) -> dict[str, str]:
        items = self.headers["X-ThunderPhone-Signature-V2"].split(",")
        return dict(item.split("=", 1) for item in items)

    def signed_by(self, secret: str) -> bool:
        """Both signatures, worked out from the vendor's words and not from the platform's code."""
        key, items = secret.encode("utf-8"), self.times()
        text = items["t"] + "\n" + "POST" + "\n" + self.path + "\n" + self.body.decode("utf-8")
        second = hmac.HMAC(key, text.encode("utf-8"), hashlib.sha256).hexdigest()
        first = hmac.HMAC(key, self.body, hashlib.sha256).hexdigest()
        return (items["v1"], self.headers["X-ThunderPhone-Signature"]) == (second, first)


@dataclass
class Listener:
    status: int = 204
    events: list[Event] = field(default_factory=list)
    while_answering: Callable[[], object] = lambda: None
    arrival: threading.Condition = field(default_factory=threading.Condition)

    def __enter__(self) -> Self:
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with listener.arrival:
                    listener.events.append(Event(self.path, dict(self.headers.items()), body))
                    listener.arrival.notify_all()
                listener.while_answering()
                self.send_response(listener.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - http.server's signature
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,), daemon=True)
        self._thread.start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/hooks?from=emulator"
        return self

    def __exit__(self, *_error: object) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, count: int) -> bool:
        """Wait until so many events have come."""
        with self.arrival:
            return self.arrival.wait_for(lambda: len(self.events) >= count, PATIENCE)

    @property
    def names(self) -> list[str]:
        return [event.name for event in self.events]
