"""A transport that cannot write, for commands that only read (promise P1).

It sits around the transport, the one place every request passes, so it holds whatever a kind forgets.
"""

from __future__ import annotations

import httpx

from reconciler.errors import WriteForbidden

READS = frozenset({"GET", "HEAD"})


class ReadOnlyTransport(httpx.BaseTransport):
    """Passes GET and HEAD on; raises WriteForbidden for everything else before a byte is sent."""

    def __init__(self, inner: httpx.BaseTransport) -> None:
        self._inner = inner

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The inner transport's answer to a read; WriteForbidden for anything that is not one."""
        if request.method not in READS:
            raise WriteForbidden(
                f"{request.method} {request.url.path}: a read-only command tried to write; nothing was sent",
                method=request.method,
                path=request.url.path,
                hint="this is a fault of the tool, not of your manifests: please report it",
            )
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()
