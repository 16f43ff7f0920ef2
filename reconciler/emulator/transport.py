"""Transport of the real HTTP client to the platform, without a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import httpx

from reconciler.emulator.exchange import Drop, Request

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Reply
    from reconciler.emulator.platform import Platform


class EmulatorTransport(httpx.BaseTransport):
    """Hands each request to a platform, which stays the caller's to close. Safe for threads.

    A delay is waited out on the platform's clock (a fixed clock just moves), and one longer than the
    client's read timeout ends in ``ReadTimeout``. A connection that a fault does not let open is a
    ``ConnectError``, one that breaks after the request was sent a ``ReadError``.
    """

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer as the platform would over the network."""
        body = request.read()
        reply = self._platform.handle(
            Request(request.method, request.url.path, dict(request.url.params), dict(request.headers), body)
        )
        self._wait(request, reply)
        if reply.drop is Drop.CONNECT:
            raise httpx.ConnectError("connection refused by an injected fault", request=request)
        if reply.drop is Drop.READ:
            raise httpx.ReadError("connection dropped by an injected fault", request=request)
        return httpx.Response(reply.status, headers=dict(reply.headers), content=reply.body, request=request)

    def _wait(self, request: httpx.Request, reply: Reply) -> None:
        if not reply.delay:
            return
        patience = request.extensions.get("timeout", {}).get("read")
        if patience is not None and reply.delay > patience:
            self._platform.clock.sleep(patience)
            raise httpx.ReadTimeout("no answer in time, by an injected fault", request=request)
        self._platform.clock.sleep(reply.delay)
