"""Transports of requests to one address: a pool of connections, tracing, counting.

Proxies are normal in CI, so HTTPS_PROXY, ALL_PROXY and NO_PROXY are obeyed, but never towards loopback: the
emulator is not on the proxy's machine. Nothing else of the environment is: no netrc, no cookies. Certificates
are always verified, against SSL_CERT_FILE or SSL_CERT_DIR where set.
"""

from __future__ import annotations

import ssl
import time
from collections import deque
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from reconciler.api.address import loopback
from reconciler.api.bounded_stream import BoundedBackend
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Callable, Iterator

_ONE = httpx.Limits(max_connections=1, max_keepalive_connections=1)


class ConnectionPool(httpx.BaseTransport):
    """Gives each request in flight a connection of its own: one that lies idle, or else a new one.

    So there are as many as threads that ask at once. One pool for all of them costs more the more there are:
    every request walks through all connections of its pool under one lock.
    """

    def __init__(self, connect: Callable[[], httpx.BaseTransport]) -> None:
        """``connect`` makes a transport of one connection; the first is made at once, so that it may fail here."""
        self._connect = connect
        self._all = [connect()]
        self._idle = deque(self._all)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The answer of one connection, which is free again once the answer is closed."""
        connection = self._take()
        try:
            response = connection.handle_request(request)
        except BaseException:
            self._idle.append(connection)
            raise
        response.stream = _PooledStream(response.stream, lambda: self._idle.append(connection))
        return response

    def close(self) -> None:
        """Close every connection."""
        for connection in self._all:
            connection.close()

    def _take(self) -> httpx.BaseTransport:
        try:
            return self._idle.pop()
        except IndexError:
            self._all.append(connection := self._connect())
            return connection


class _PooledStream(httpx.SyncByteStream):
    """A body that gives its connection back when it is closed."""

    def __init__(self, body: httpx.SyncByteStream | httpx.AsyncByteStream, give_back: Callable[[], None]) -> None:
        if not isinstance(body, httpx.SyncByteStream):
            raise TypeError("a synchronous transport answered with an asynchronous body")
        self._body, self._give_back = body, give_back

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._body)

    def close(self) -> None:
        try:
            self._body.close()
        finally:
            self._give_back()


class TracingTransport(httpx.BaseTransport):
    """Tells each request with its status and how long the head of its answer took; of a query only the names."""

    def __init__(self, inner: httpx.BaseTransport, trace: Callable[[str], None]) -> None:
        self._inner, self._trace = inner, trace

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Pass the request on."""
        asked = ", ".join(request.url.params.keys())
        told = f"{request.method} {request.url.host}{request.url.path}{f' ({asked})' if asked else ''}"
        begun = time.monotonic()
        try:
            response = self._inner.handle_request(request)
        except Exception as problem:
            self._trace(f"{told}: {type(problem).__name__} after {_milliseconds(begun)}")
            raise
        self._trace(f"{told}: {response.status_code} in {_milliseconds(begun)}")
        return response

    def close(self) -> None:
        """Close the transport that this one wraps."""
        self._inner.close()


def _milliseconds(begun: float) -> str:
    return f"{(time.monotonic() - begun) * 1000:.0f} ms"


class CountingTransport(httpx.BaseTransport):
    """Counts, by method, the requests that were handed to the inner transport, retries included."""

    def __init__(self, inner: httpx.BaseTransport, sent: Counter[str]) -> None:
        self._inner = inner
        self._sent = sent
        self._lock = Lock()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """The inner transport's answer, counted before it is asked for."""
        with self._lock:
            self._sent[request.method] += 1
        return self._inner.handle_request(request)

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()


def network(address: str) -> httpx.BaseTransport:
    """A transport to one base URL, with a connection for each thread that asks at the same time.

    InputError when the proxy (RC127) or the certificates (RC128) that the environment names cannot be used.
    """
    try:
        return ConnectionPool(partial(_connection, verify=_trusted(address), proxy=proxy_for(address)))
    except (ValueError, ImportError, httpx.InvalidURL):
        refusal = InputError(
            "the proxy named by the environment cannot be used",
            code="RC127",
            hint="set HTTPS_PROXY to an http:// or https:// address, or exempt the API's host with NO_PROXY",
        )
    except OSError:
        refusal = InputError(
            "the certificates named by SSL_CERT_FILE or SSL_CERT_DIR cannot be read",
            code="RC128",
            hint="point SSL_CERT_FILE at a file of PEM certificates, or unset it",
        )
    # Outside the blocks above: what they caught repeats the proxy's URL, password and all.
    raise refusal


def _connection(*, verify: ssl.SSLContext, proxy: str | None) -> httpx.HTTPTransport:
    """A transport of a single connection, with a bound on every answer.

    httpx hands no network backend on to httpcore, so it is put into the pool that it made; a test holds a server's
    endless interim answers against it.
    """
    transport = httpx.HTTPTransport(verify=verify, limits=_ONE, proxy=proxy)
    transport._pool._network_backend = BoundedBackend()  # noqa: SLF001 - there is no public way
    return transport


def _trusted(address: str) -> ssl.SSLContext:
    """Whom to trust, loaded once for all connections; nobody on loopback, which speaks no TLS: that spares 60 ms."""
    if urlsplit(address).scheme == "http":
        return ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    return httpx.create_ssl_context()


def proxy_for(address: str) -> str | None:
    """The proxy the environment names for an https address; None on loopback or where NO_PROXY says so."""
    host = urlsplit(address).hostname or ""
    if loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    named = proxies.get("https") or proxies.get("all")
    return named if not named or "://" in named else f"http://{named}"
