"""Network streams whose answers must come within a bound, whatever a server sends in between.

A read timeout starts anew with every byte, so a server that sends an interim answer (102) now and then would hold a
request, and the lease it was sent under, without end.
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Any

import httpcore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterable

_SHORT = 1 << 14  # bytes that wait to be sent
SECONDS = 60.0  # until an answer begins: twice the longest silence; a body may take longer


class BoundedStream(httpcore.NetworkStream):
    """A stream that reads for at most ``seconds`` after it was last written to; then it is a ReadTimeout.

    So long may an answer take to begin; how long its body may take its reader says, by ``allow``. The head of a request
    waits for its body, and a short one goes out with it when the answer is read: one packet instead of two, and a
    quarter of what sending costs.
    """

    def __init__(self, stream: httpcore.NetworkStream, seconds: float) -> None:
        self._stream, self._seconds = stream, seconds
        self._until = monotonic() + seconds
        self._unsent = b""
        self._patience: float | None = seconds

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Some bytes of the answer, once all that was written is sent."""
        if self._unsent:
            # Who refuses a request before it was sent whole may have answered: that is read, as httpcore does.
            with suppress(httpcore.WriteError):
                self._send()
        left = self._until - monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout("the answer did not end")
        return self._stream.read(max_bytes, left if timeout is None else min(timeout, left))

    @property
    def has_unsent(self) -> bool:
        """Whether something was written and not sent yet: no answer can be to that."""
        return bool(self._unsent)

    def allow(self, seconds: float) -> None:
        """Let reading go on for that long from now on."""
        self._until = monotonic() + seconds

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, at the latest before the next read; the bound starts anew."""
        self._until = monotonic() + self._seconds
        self._unsent, self._patience = self._unsent + buffer, timeout
        if len(self._unsent) > _SHORT:
            self._send()

    def _send(self) -> None:
        whole, self._unsent = self._unsent, b""
        self._stream.write(whole, self._patience)

    def close(self) -> None:
        """Close the stream."""
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore.NetworkStream:
        """The same stream, encrypted; httpcore has read an answer to all that was written before."""
        return BoundedStream(self._stream.start_tls(ssl_context, server_hostname, timeout), self._seconds)

    def get_extra_info(self, info: str) -> Any:
        """What the stream knows of its socket.

        A connection is readable, which is no more than closed to whoever would use it again, while what was written
        is unsent: a server that answered before it was asked is asked nothing, now or with the next request.
        """
        if info == "is_readable" and self._unsent:
            return True
        return self._stream.get_extra_info(info)


class BoundedBackend(httpcore.SyncBackend):
    """Connects as ``httpcore`` does, to streams that are bounded."""

    def __init__(self, seconds: float = SECONDS) -> None:
        self._bound = seconds

    def connect_tcp(  # the parameters are httpcore's
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """A connection to a host."""
        return BoundedStream(super().connect_tcp(host, port, timeout, local_address, socket_options), self._bound)
