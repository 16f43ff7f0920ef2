"""Client of the vendor's HTTP API: one for each run, shared by its threads.

Paths are the vendor's (``/v1/...``), bodies are decoded JSON in the vendor's own shape, failures are
``reconciler.errors``. Waiting goes through the clock.
"""

from __future__ import annotations

import logging
import random
import time
from collections import Counter
from contextlib import closing
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Protocol, Self
from urllib.parse import urlsplit

import httpx

import reconciler
from reconciler.api.address import base_url as checked_base_url
from reconciler.api.address import check_path
from reconciler.api.bounded_stream import BoundedStream
from reconciler.api.error_body import Censor, decode
from reconciler.api.error_mapping import FOREIGN, ErrorMapping, RequestLine, http_date
from reconciler.api.forms import encoded
from reconciler.api.pages import read_items
from reconciler.api.read_only import ReadOnlyTransport
from reconciler.api.retry import RetryPolicy, WaitBudget
from reconciler.api.transport import CountingTransport, TracingTransport, network
from reconciler.errors import ApiError, InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

_CONNECT_SECONDS = 10.0
_WHOLE_ANSWER = 10  # times the read timeout: a server that drips a byte now and then must end some day
_LARGEST_ANSWER = 256 * 2**20
_LARGEST_REFUSAL = 64 * 2**10
# These log whole URLs and headers, and a query may hold a callee's number (promise P8).
_TALKATIVE_LOGGERS = ("httpx", "httpcore")
_EMPTY_STATUSES = frozenset({204, 205})


class Clock(Protocol):
    """What the client needs of a clock; ``reconciler.clock`` is a neighbour, and its clocks fit."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


@dataclass(frozen=True, slots=True)
class Reply:
    """A success: its status (2xx), the decoded body (None when there is none), headers by lower-case name."""

    status: int
    json: Any
    headers: Mapping[str, str]


class Api:
    """The vendor's API with one key; safe to share between threads.

    Every method raises a class of ``errors.ApiError``, named by what happens next; retries that are safe have
    been made by then. ``sent`` counts the requests handed to the network by method, retries included.
    """

    def __init__(  # noqa: PLR0913 - the composition of a client; `connect` makes one
        self,
        carrier: httpx.BaseTransport,
        *,
        address: str,
        headers: Mapping[str, str],
        timeout: httpx.Timeout,
        errors: ErrorMapping,
        patience: RetryPolicy,
        clock: Clock,
        sent: Counter[str],
        budget: WaitBudget,
        announce: Callable[[ApiError, float], None],
    ) -> None:
        self.address = address
        self.sent = sent
        # The transport itself: what a client of httpx adds (cookies, redirects, the environment's credentials)
        # is what must not happen here, and a quarter of what a request costs.
        self._carrier = carrier
        self._headers = headers
        self._made: dict[str, httpx.Headers] = {}
        self._timeout = timeout
        self._errors = errors
        self._patience = patience
        self._clock = clock
        self._budget = budget
        self._announce = announce
        self._offset: float | None = None

    def __repr__(self) -> str:
        return f"Api({self.address!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Close every connection."""
        self._carrier.close()

    def get(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The decoded body of a read."""
        return self.exchange("GET", path, params=params).json

    def items(
        self, path: str, params: Mapping[str, str | int] | None = None, *, key: str | None = None
    ) -> list[dict[str, Any]]:
        """Every object of a list endpoint, pages read to the end (contract 1.4).

        ``key`` names the list inside an envelope where there are several (``voices`` beside ``languages``).
        Unintelligible when it is no list of objects, or cannot be read to its end.
        """
        headers: dict[str, str] = {}

        def fetch(asked: dict[str, str | int]) -> Any:
            reply = self.exchange("GET", path, params=asked)
            headers.clear()
            headers.update(reply.headers)
            return reply.json

        return read_items(fetch, path=path, params=params or {}, key=key, headers=lambda: headers)

    def post(self, path: str, body: Any = None) -> Any:
        """The decoded body of the answer to a POST; without ``body`` the request has none."""
        return self.exchange("POST", path, body).json

    def patch(self, path: str, body: Any) -> Any:
        """The decoded body of the answer to a PATCH."""
        return self.exchange("PATCH", path, body).json

    def delete(self, path: str, params: Mapping[str, str | int] | None = None) -> Any:
        """The decoded body of the answer to a DELETE, or None: most answer 204 (contract 1.6)."""
        return self.exchange("DELETE", path, params=params).json

    def exchange(  # noqa: PLR0913 - a request, and how patient to be with it
        self,
        method: str,
        path: str,
        body: Any = None,
        params: Mapping[str, str | int] | None = None,
        *,
        attempts: int | None = None,
        timeout: float | None = None,
    ) -> Reply:
        """One request and its success, so that 200, 201 and 202 can be told apart; other statuses raise.

        A 409 is ``Rejected`` with ``status`` 409 and the vendor's ``body``. ``attempts=1`` switches retries
        off; ``timeout`` is the longest silence of this one, in seconds. ValueError for a path that is not below
        ``/v1``.
        """
        check_path(path)
        line = RequestLine(method.upper(), path)
        content, own = encoded(body)
        patience = self._timeout if timeout is None else httpx.Timeout(timeout)
        attempt, waited = 1, 0.0
        while True:
            begun = time.monotonic()
            outcome = self._once(line, content, own, params, patience)
            if isinstance(outcome, Reply):
                return outcome
            # For a server that is silent a run waits as for one that asks for a pause.
            waited += int(time.monotonic() - begun)
            pause = self._patience.pause(outcome, writes=line.writes, attempt=attempt, attempts=attempts, waited=waited)
            if pause is None or not self._budget.allows(self._clock.now(), pause):
                # Outside any `except`: the error carries no httpx exception, whose request holds the key.
                raise outcome
            self._announce(outcome, pause)
            self._clock.sleep(pause)
            attempt, waited = attempt + 1, waited + pause

    def server_offset(self) -> float | None:
        """Seconds the server's clock is ahead of ours, by the last ``Date`` seen; None before one was.

        Right to about a second: that header has no fractions.
        """
        return self._offset

    def _once(
        self,
        line: RequestLine,
        content: bytes | None,
        own: Mapping[str, str],
        params: Mapping[str, str | int] | None,
        patience: httpx.Timeout,
    ) -> Reply | ApiError:
        """Send one request; the reply, or the error it amounts to."""
        try:
            request = httpx.Request(
                line.method,
                _parsed(self.address + line.path),
                content=content,
                params=params or None,
                headers=self._all_headers(own),
                extensions={"timeout": patience.as_dict()},
            )
            response = self._carrier.handle_request(request)
        except FOREIGN as problem:
            return self._errors.failure(line, problem)
        self._note_time(response)
        try:
            answered = self._read(response, patience)
        except FOREIGN as problem:
            if response.is_success:
                return self._errors.failure(line, problem, status=response.status_code)
            # A status that says no stands, even when its explanation was cut off.
            answered = bytearray()
        return self._verdict(line, response, answered)

    def _all_headers(self, own: Mapping[str, str]) -> httpx.Headers:
        """What every request carries and ``own``; made once for each kind of body, and copied into each request."""
        key = own.get("Content-Type", "")
        if (known := self._made.get(key)) is None:
            known = httpx.Headers({**self._headers, **own})
            if len(own) <= 1 and ";" not in key:  # but not for a form, whose boundary is its own
                self._made[key] = known
        return known

    def _verdict(self, line: RequestLine, response: httpx.Response, content: bytearray) -> Reply | ApiError:
        """What a whole answer amounts to."""
        status = response.status_code
        headers = {name: self._errors.censor.hide(value) for name, value in response.headers.items()}
        if not response.is_success:
            return self._errors.refusal(line, status, headers, bytes(content), now=self._clock.now())
        if status in _EMPTY_STATUSES or (not content and line.method in {"DELETE", "HEAD"}):
            return Reply(status, None, headers)
        try:
            return Reply(status, decode(content), headers)
        except (ValueError, RecursionError):
            return self._errors.unreadable(line, status, "the body is not JSON" if content else "the body is empty")

    def _read(self, response: httpx.Response, patience: httpx.Timeout) -> bytearray:
        """The body, bounded in size and in time; what follows the start of a refusal is left unread."""
        largest = _LARGEST_ANSWER if response.is_success else _LARGEST_REFUSAL
        seconds = _WHOLE_ANSWER * (patience.read or _CONNECT_SECONDS)
        deadline = time.monotonic() + seconds
        content = bytearray()
        with closing(response):
            if isinstance(stream := response.extensions.get("network_stream"), BoundedStream):
                if stream.has_unsent:
                    raise httpx.RemoteProtocolError("an answer came before the request was sent")
                stream.allow(2 * seconds)  # its reader ends it first
            for chunk in response.iter_bytes():
                content += chunk
                if len(content) > largest:
                    break
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer did not end")
        if len(content) > largest and response.is_success:
            raise httpx.DecodingError(f"longer than {largest} bytes")
        return content

    def _note_time(self, response: httpx.Response) -> None:
        """Remember how far the server's clock is from ours."""
        told = http_date(response.headers.get("date", ""))
        if told is not None:
            self._offset = (told - self._clock.now()).total_seconds()


@lru_cache(maxsize=256)
def _parsed(url: str) -> httpx.URL:
    """An address, read once: a burst of calls asks at one, and reading it costs a tenth of a request."""
    return httpx.URL(url)


def connect(  # noqa: PLR0913 - each is one setting of the client, all keyword-only
    *,
    base_url: str,
    key: str,
    clock: Clock,
    read_only: bool,
    transport: httpx.BaseTransport | None = None,
    timeout: float = 30.0,
    attempts: int = 4,
    jitter: Callable[[], float] = random.random,
    budget: WaitBudget | None = None,
    announce: Callable[[ApiError, float], None] = lambda *_: None,
    trace: Callable[[str], None] | None = None,
) -> Api:
    """A client for one address and one key; nothing is sent yet.

    With ``read_only`` everything but GET and HEAD raises WriteForbidden in the HTTP layer, whichever
    ``transport`` carries the requests. ``timeout`` is the longest silence while reading or writing, in seconds;
    connecting takes at most 10. ``budget`` is what all requests may wait together, and ``announce`` is told why and
    for how many seconds before each wait; ``trace`` is told each request. InputError for an address (RC120), a key
    (RC121) or a proxy (RC127) that cannot be used.
    """
    _check_key(key)
    address = checked_base_url(base_url)
    for name in _TALKATIVE_LOGGERS:
        logging.getLogger(name).setLevel(logging.WARNING)
    sent: Counter[str] = Counter()
    carrier: httpx.BaseTransport = CountingTransport(transport or network(address), sent)
    if trace is not None:
        carrier = TracingTransport(carrier, trace)
    errors = ErrorMapping(urlsplit(address).netloc, Censor(key))
    patience = RetryPolicy(attempts=attempts, jitter=jitter)
    return Api(
        ReadOnlyTransport(carrier) if read_only else carrier,
        address=address,
        headers=_headers(key),
        timeout=httpx.Timeout(timeout, connect=min(timeout, _CONNECT_SECONDS)),
        errors=errors,
        patience=patience,
        clock=clock,
        sent=sent,
        budget=budget or WaitBudget(),
        announce=announce,
    )


def _headers(key: str) -> dict[str, str]:
    """What every request carries (contract 1.2)."""
    product = f"reconciler/{reconciler.__version__}"
    return {
        "Authorization": f"Bearer {key}",
        "X-ThunderPhone-Client": product,
        "User-Agent": product,
        "Accept": "application/json",
        "Accept-Encoding": "gzip, deflate",
    }


def _check_key(key: str) -> None:
    """InputError (RC121) for a key that no header can carry; it is never repeated."""
    if not key or not key.isascii() or not key.isprintable() or " " in key:
        raise InputError(
            "the API key is empty, or has blanks or characters that no key has",
            code="RC121",
            hint="set THUNDERPHONE_API_KEY, or pass `--api-key-file`, with the key and nothing else",
        )
