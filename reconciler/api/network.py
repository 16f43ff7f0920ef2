"""This file exists to build the transport that carries requests to one address.

Proxies are normal in CI, so HTTPS_PROXY, ALL_PROXY and NO_PROXY are obeyed, but never towards loopback: the
emulator is not on the proxy's machine. Nothing else of the environment is: no netrc, no cookies. Certificates
are always verified, against SSL_CERT_FILE or SSL_CERT_DIR where set.
"""

from __future__ import annotations

import ssl
from threading import Lock
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from reconciler.api.address import loopback
from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections import Counter


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


def network(address: str, *, parallelism: int) -> httpx.BaseTransport:
    """A transport to one base URL with a connection for each of ``parallelism`` threads.

    InputError when the proxy (RC127) or the certificates (RC128) that the environment names cannot be used.
    """
    limits = httpx.Limits(max_connections=parallelism, max_keepalive_connections=parallelism)
    if urlsplit(address).scheme == "http":
        # Loopback speaks no TLS: a context that trusts nobody spares the 60 ms of loading the real roots.
        trusts_nobody = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        return httpx.HTTPTransport(verify=trusts_nobody, limits=limits)
    try:
        return httpx.HTTPTransport(limits=limits, proxy=proxy_for(address))
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


def proxy_for(address: str) -> str | None:
    """The proxy the environment names for an https address; None on loopback or where NO_PROXY says so."""
    host = urlsplit(address).hostname or ""
    if loopback(host) or proxy_bypass(host):
        return None
    proxies = getproxies()
    named = proxies.get("https") or proxies.get("all")
    return named if not named or "://" in named else f"http://{named}"
