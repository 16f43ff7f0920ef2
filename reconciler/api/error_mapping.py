"""Mapping of failures of httpx, and of statuses, to ``reconciler.errors``.

Reading and writing differ in one thing: a read that failed did nothing, a write that may have been sent may
have happened. So a broken connection, a 5xx or an answer that cannot be read is VendorFault or Unintelligible
on a read and AmbiguousWrite on a write; only what provably never left is Unreachable.

A redirect is Unintelligible on both: none is followed, and the contract has none on what we ask (1.1, 1.6).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import Enum
from typing import TYPE_CHECKING

import httpx

from reconciler.api.error_body import Censor, ErrorBody, read_error_body
from reconciler.api.read_only import READS
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Denied,
    Rejected,
    Throttled,
    Unintelligible,
    Unreachable,
    VendorFault,
)

if TYPE_CHECKING:
    from collections.abc import Mapping


class RequestOutcome(Enum):
    """What an exception says about the request; values end the sentence of the message."""

    NEVER_SENT = "nothing was sent"
    NO_ANSWER = "no answer came"
    UNREADABLE = "the answer cannot be read"
    REDIRECTED = "the answer is a redirect"


# Looked up along the class's ancestors, so a class that a later httpx adds falls to its family, and the
# families' rows are the careful ones.
OUTCOMES: dict[type[Exception], RequestOutcome] = {
    httpx.ConnectError: RequestOutcome.NEVER_SENT,
    httpx.ConnectTimeout: RequestOutcome.NEVER_SENT,
    httpx.PoolTimeout: RequestOutcome.NEVER_SENT,
    httpx.ProxyError: RequestOutcome.NEVER_SENT,  # the proxy refused the tunnel
    httpx.UnsupportedProtocol: RequestOutcome.NEVER_SENT,
    httpx.InvalidURL: RequestOutcome.NEVER_SENT,
    httpx.ReadError: RequestOutcome.NO_ANSWER,
    httpx.ReadTimeout: RequestOutcome.NO_ANSWER,
    httpx.WriteError: RequestOutcome.NO_ANSWER,  # part of it may have arrived
    httpx.WriteTimeout: RequestOutcome.NO_ANSWER,
    httpx.CloseError: RequestOutcome.NO_ANSWER,
    httpx.LocalProtocolError: RequestOutcome.NO_ANSWER,  # also raised after the head was sent
    httpx.RemoteProtocolError: RequestOutcome.NO_ANSWER,
    httpx.DecodingError: RequestOutcome.UNREADABLE,
    httpx.HTTPStatusError: RequestOutcome.UNREADABLE,
    httpx.TooManyRedirects: RequestOutcome.REDIRECTED,
    httpx.CookieConflict: RequestOutcome.UNREADABLE,
    httpx.StreamConsumed: RequestOutcome.UNREADABLE,
    httpx.StreamClosed: RequestOutcome.UNREADABLE,
    httpx.ResponseNotRead: RequestOutcome.UNREADABLE,
    httpx.RequestNotRead: RequestOutcome.UNREADABLE,
    httpx.StreamError: RequestOutcome.UNREADABLE,
    httpx.TimeoutException: RequestOutcome.NO_ANSWER,
    httpx.NetworkError: RequestOutcome.NO_ANSWER,
    httpx.ProtocolError: RequestOutcome.NO_ANSWER,
    httpx.TransportError: RequestOutcome.NO_ANSWER,
    httpx.RequestError: RequestOutcome.NO_ANSWER,
    httpx.HTTPError: RequestOutcome.NO_ANSWER,
}

FOREIGN = (httpx.HTTPError, httpx.InvalidURL, httpx.CookieConflict, httpx.StreamError)

_ON_A_READ = {
    RequestOutcome.NEVER_SENT: Unreachable,
    RequestOutcome.NO_ANSWER: VendorFault,
    RequestOutcome.UNREADABLE: Unintelligible,
    RequestOutcome.REDIRECTED: Unintelligible,
}
_ON_A_WRITE = _ON_A_READ | {RequestOutcome.NO_ANSWER: AmbiguousWrite, RequestOutcome.UNREADABLE: AmbiguousWrite}

_BY_STATUS: dict[int, type[ApiError]] = {401: Denied, 429: Throttled}
_BY_CLASS_ON_A_READ: dict[int, type[ApiError]] = {3: Unintelligible, 4: Rejected, 5: VendorFault}
_BY_CLASS_ON_A_WRITE = _BY_CLASS_ON_A_READ | {5: AmbiguousWrite}

_HINTS: dict[type[ApiError], str] = {
    Unreachable: "check the network, HTTPS_PROXY and `--api-url`, then run `reconciler doctor`",
    Throttled: "wait, then run it again; apply and dispatch ask less at once with a smaller `--parallelism`",
    Denied: "the key in THUNDERPHONE_API_KEY (or `--api-key-file`) is none, or was revoked or replaced: put in a new "
    "one; keys are made in the dashboard",
    VendorFault: "nothing was changed; run it again",
    AmbiguousWrite: "it may or may not have happened: run `reconciler plan` to see what is there",
    Unintelligible: "check `--api-url`; `reconciler doctor` shows what answers there",
}
_STATUS_HINTS = {
    402: "the balance is exhausted: top it up, or turn on auto-reload",
    403: "the key's organisation or role does not allow this; the text above says why",
    404: "it is not in this organisation, or does not exist; run `reconciler plan` to look again",
}
_CERTIFICATE_HINT = "the server's certificate is not trusted: set SSL_CERT_FILE to your organisation's roots"
_SECONDS = re.compile(r"\d{1,9}(\.\d+)?")


@dataclass(frozen=True, slots=True)
class RequestLine:
    """What was asked: method in capitals, and path without its query."""

    method: str
    path: str

    @property
    def writes(self) -> bool:
        """Whether it may change something at the vendor."""
        return self.method not in READS


@dataclass(frozen=True, slots=True)
class ErrorMapping:
    """Builds the errors of one server; ``host`` is for messages, ``censor`` keeps the key out of them."""

    host: str
    censor: Censor

    def failure(self, line: RequestLine, problem: Exception, *, status: int | None = None) -> ApiError:
        """The error for an exception of httpx; ``status`` when it broke off an answer that had begun."""
        outcome = outcome_of(problem)
        reason = self.censor.line(str(problem)) or type(problem).__name__
        begun = f"answered {status}, but then " if status else ""
        meaning = (_ON_A_WRITE if line.writes else _ON_A_READ)[outcome]
        hint = _CERTIFICATE_HINT if "CERTIFICATE_VERIFY_FAILED" in str(problem) else _HINTS[meaning]
        return self._error(meaning, line, f"{begun}{outcome.value} ({self.host}: {reason})", status=status, hint=hint)

    def unreadable(self, line: RequestLine, status: int, reason: str) -> ApiError:
        """The error for a success whose body cannot be read: the write it answers may well have happened."""
        meaning = (_ON_A_WRITE if line.writes else _ON_A_READ)[RequestOutcome.UNREADABLE]
        said = f"answered {status}, but {self.censor.line(reason)}"
        return self._error(meaning, line, said, status=status, hint=_HINTS[meaning])

    def refusal(
        self, line: RequestLine, status: int, headers: Mapping[str, str], content: bytes, *, now: datetime
    ) -> ApiError:
        """The error for a status that is no success, with the vendor's words."""
        words = read_error_body(content, self.censor)
        meaning = meaning_of(status, writes=line.writes)
        target = self.censor.line(headers.get("location", "")) if 300 <= status < 400 else ""  # noqa: PLR2004 - 3xx
        explained = f"a redirect to {target}" if target else words.detail
        return self._error(
            meaning,
            line,
            f"answered {status}: {explained}" if explained else f"answered {status} without a word",
            status=status,
            words=words,
            retry_after=(pause := retry_after(headers, now)),
            hint=_patience(pause) if meaning is Throttled else _HINTS.get(meaning) or _STATUS_HINTS.get(status, ""),
        )

    def _error(  # noqa: PLR0913 - each is one fact of the exchange, as in ApiError
        self,
        meaning: type[ApiError],
        line: RequestLine,
        said: str,
        *,
        status: int | None = None,
        words: ErrorBody | None = None,
        retry_after: float | None = None,
        hint: str = "",
    ) -> ApiError:
        path = self.censor.line(line.path)
        words = words or ErrorBody()
        return meaning(
            f"{line.method} {path}: {said}",
            method=line.method,
            path=path,
            status=status,
            detail=words.detail,
            fields=words.fields,
            body=words.body,
            retry_after=retry_after,
            hint=hint,
        )


def _patience(pause: float | None) -> str:
    """What helps against a rate limit, with how long the server wants to be left alone."""
    asked = f"it asks for a pause of {pause:,.0f} s: " if pause else ""
    return f"{asked}{_HINTS[Throttled]}"


def outcome_of(problem: Exception) -> RequestOutcome:
    """What an exception of httpx says about the request; no answer, the careful reading, when unknown."""
    return next(
        (OUTCOMES[ancestor] for ancestor in type(problem).__mro__ if ancestor in OUTCOMES), RequestOutcome.NO_ANSWER
    )


def meaning_of(status: int, *, writes: bool) -> type[ApiError]:
    """The error class of a status that is no success."""
    by_class = _BY_CLASS_ON_A_WRITE if writes else _BY_CLASS_ON_A_READ
    outside = AmbiguousWrite if writes else Unintelligible
    return _BY_STATUS.get(status) or by_class.get(status // 100, outside)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Seconds until the server wants to be asked again; None when it does not say.

    ``Retry-After`` in seconds or as a date; a date is read against the server's own ``Date`` where there is
    one, else against ``now``.
    """
    written = headers.get("retry-after", "").strip()
    if _SECONDS.fullmatch(written):
        return float(written)
    until = http_date(written)
    if until is None:
        return None
    return max(0.0, (until - (http_date(headers.get("date", "")) or now)).total_seconds())


def http_date(text: str) -> datetime | None:
    """An HTTP-date as an aware instant; None when it is none."""
    try:
        instant = parsedate_to_datetime(text)
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)
