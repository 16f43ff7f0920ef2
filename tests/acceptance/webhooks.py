"""The second platform's webhooks: signed and delivered as the contract says, by nobody's code but its own."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.client import HTTPConnection
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = dict[str, Any]
SECRET = "whsec_9f8e7d6c5b4a"


@dataclass(frozen=True)
class Answer:
    """What a server answered."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def ask(url: str, method: str, target: str, body: bytes = b"", headers: Mapping[str, str] | None = None) -> Answer:
    """One request over a connection of its own, with no header but those given and what HTTP needs."""
    parts = urlsplit(url)
    connection = HTTPConnection(str(parts.hostname), parts.port, timeout=20)
    try:
        connection.request(method, target, body or None, dict(headers or {}))
        answer = connection.getresponse()
        return Answer(answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read())
    finally:
        connection.close()


def signature(body: bytes, *, secret: str = SECRET, at: float | None = None, target: str = "/webhooks") -> JSON:
    """The headers of version 2: time, method, path with its query and raw body, one newline between each."""
    stamp = int(time.time() if at is None else at)
    text = b"\n".join([str(stamp).encode(), b"POST", target.encode(), body])
    return {"X-ThunderPhone-Signature-V2": f"t={stamp},v1={_hex(secret, text)}", "Content-Type": "application/json"}


def old_signature(body: bytes, *, secret: str = SECRET) -> JSON:
    """The header of version 1: over the raw body."""
    return {"X-ThunderPhone-Signature": _hex(secret, body), "Content-Type": "application/json"}


def _hex(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def event(type_: str, event_id: str, data: JSON) -> bytes:
    """A body as it is serialised: keys sorted, no spaces."""
    envelope = {"type": type_, "event_id": event_id, "data": data}
    return json.dumps(envelope, sort_keys=True, separators=(",", ":")).encode()


def completed(call: Mapping[str, Any]) -> bytes:
    """The event of a call that ended, which always has the same id."""
    data = {name: call[name] for name in ("call_id", "direction", "from_number", "to_number", "start_time", "end_time",
                                          "duration_seconds", "status", "end_reason", "recording_url")}  # fmt: skip
    data |= {"product": "spark", "voice": "olivia", "transfer_number": None, "billable_minutes": 1, "transcripts": []}
    return event("telephony.complete", f"ev-{call['call_id']}", data)


@dataclass
class Postman:
    """Delivers events to one endpoint, ``copies`` times each; when each was answered first is in ``delivered``."""

    url: str
    copies: int = 1
    delivered: dict[int, datetime] = field(default_factory=dict)

    def deliver(self, call: Mapping[str, Any]) -> None:
        """Tell of the end of a call."""
        body = completed(call)
        for _ in range(self.copies):
            answer = ask(self.url, "POST", "/webhooks", body, signature(body))
            assert 200 <= answer.status < 300, answer
            self.delivered.setdefault(call["call_id"], datetime.now(UTC))
