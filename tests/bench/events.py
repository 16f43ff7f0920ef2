"""Send signed events to a receiver as fast as it takes them.

    python -m bench.events URL SECRET FIRST COUNT

Prints as JSON how many were accepted, and in how many seconds. Every event is another, of a call that nobody placed.
"""

from __future__ import annotations

import asyncio
import json
import sys
import time
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from thunderphone.webhooks import compute_signature

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECTIONS = 64
_OK = b"HTTP/1.1 200 "


def requests(host: str, secret: str, first: int, count: int) -> Iterator[bytes]:
    """Whole requests, each signed when it is asked for."""
    for number in range(first, first + count):
        data: dict[str, Any] = {"call_id": 900_000_000 + number, "status": "completed"}
        body = json.dumps({"data": data, "event_id": f"e-{number}", "type": "telephony.complete"}).encode()
        stamp = int(time.time())
        digest = compute_signature(secret, timestamp=stamp, method="POST", path="/webhooks", body=body)
        head = (
            f"POST /webhooks HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\n"
            f"X-ThunderPhone-Signature-V2: t={stamp},v1={digest}\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        yield head.encode() + body


async def _sender(host: str, port: int, waiting: Iterator[bytes]) -> int:
    """Send one after the other over one connection; how many were accepted."""
    reader, writer = await asyncio.open_connection(host, port)
    accepted = 0
    for request in waiting:
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(it for it in head.lower().split(b"\r\n") if it.startswith(b"content-length:"))
        await reader.readexactly(int(length.partition(b":")[2]))
        accepted += head.startswith(_OK)
    writer.close()
    return accepted


async def send(url: str, secret: str, first: int, count: int) -> dict[str, float]:
    """Send them all over as many connections as the platform may open."""
    parts = urlsplit(url)
    waiting = requests(parts.netloc, secret, first, count)
    began = time.perf_counter()
    accepted = await asyncio.gather(
        *(_sender(str(parts.hostname), int(parts.port or 80), waiting) for _ in range(CONNECTIONS))
    )
    return {"accepted": sum(accepted), "seconds": time.perf_counter() - began}


if __name__ == "__main__":
    told = asyncio.run(send(sys.argv[1], sys.argv[2], int(sys.argv[3]), int(sys.argv[4])))
    print(json.dumps(told))  # noqa: T201 - a script
