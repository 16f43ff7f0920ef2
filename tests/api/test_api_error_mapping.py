"""Show that every failure of httpx and every status has its place in the tree."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from reconciler.api.error_body import Censor
from reconciler.api.error_mapping import (
    FOREIGN,
    OUTCOMES,
    ErrorMapping,
    RequestLine,
    RequestOutcome,
    http_date,
    meaning_of,
    outcome_of,
    retry_after,
)
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
    from collections.abc import Iterator

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
SEAM = ErrorMapping("127.0.0.1:8080", Censor("sk_live_hunter2"))
READ = RequestLine("GET", "/v1/agents")
WRITE = RequestLine("POST", "/v1/call")


def descendants(family: type[Exception]) -> Iterator[type[Exception]]:
    yield family
    for child in family.__subclasses__():
        yield from descendants(child)


def test_every_exception_that_httpx_exports_is_translated_on_purpose() -> None:
    exported = {value for value in vars(httpx).values() if isinstance(value, type) and issubclass(value, Exception)}
    known = {exception for family in FOREIGN for exception in descendants(family)}
    ours = {exception for exception in known if exception.__module__.startswith("httpx")}
    assert exported | ours == set(OUTCOMES)


def test_every_exception_that_httpx_exports_is_caught() -> None:
    exported = {value for value in vars(httpx).values() if isinstance(value, type) and issubclass(value, Exception)}
    assert all(issubclass(exception, FOREIGN) for exception in exported)


def test_an_exception_that_a_later_httpx_adds_is_read_with_care() -> None:
    class NewlyInvented(httpx.NetworkError):
        pass

    assert outcome_of(NewlyInvented("?")) is RequestOutcome.NO_ANSWER


@pytest.mark.parametrize(
    ("problem", "on_a_read", "on_a_write"),
    [
        (httpx.ConnectError("refused"), Unreachable, Unreachable),
        (httpx.ConnectTimeout("slow"), Unreachable, Unreachable),
        (httpx.PoolTimeout("busy"), Unreachable, Unreachable),
        (httpx.ProxyError("407"), Unreachable, Unreachable),
        (httpx.UnsupportedProtocol("gopher"), Unreachable, Unreachable),
        (httpx.InvalidURL("?"), Unreachable, Unreachable),
        (httpx.ReadError("reset"), VendorFault, AmbiguousWrite),
        (httpx.ReadTimeout("slow"), VendorFault, AmbiguousWrite),
        (httpx.WriteError("reset"), VendorFault, AmbiguousWrite),
        (httpx.WriteTimeout("slow"), VendorFault, AmbiguousWrite),
        (httpx.CloseError("?"), VendorFault, AmbiguousWrite),
        (httpx.LocalProtocolError("?"), VendorFault, AmbiguousWrite),
        (httpx.RemoteProtocolError("?"), VendorFault, AmbiguousWrite),
        (httpx.DecodingError("?"), Unintelligible, AmbiguousWrite),
        (httpx.TooManyRedirects("?"), Unintelligible, Unintelligible),
        (httpx.StreamClosed(), Unintelligible, AmbiguousWrite),
    ],
)
def test_a_failure_means_more_on_a_write_than_on_a_read(
    problem: Exception, on_a_read: type[ApiError], on_a_write: type[ApiError]
) -> None:
    assert type(SEAM.failure(READ, problem)) is on_a_read
    assert type(SEAM.failure(WRITE, problem)) is on_a_write


@pytest.mark.parametrize(
    ("status", "on_a_read", "on_a_write"),
    [
        (101, Unintelligible, AmbiguousWrite),
        (301, Unintelligible, Unintelligible),
        (302, Unintelligible, Unintelligible),
        (307, Unintelligible, Unintelligible),
        (400, Rejected, Rejected),
        (401, Denied, Denied),
        (402, Rejected, Rejected),
        (403, Rejected, Rejected),
        (404, Rejected, Rejected),
        (409, Rejected, Rejected),
        (412, Rejected, Rejected),
        (422, Rejected, Rejected),
        (429, Throttled, Throttled),
        (500, VendorFault, AmbiguousWrite),
        (502, VendorFault, AmbiguousWrite),
        (503, VendorFault, AmbiguousWrite),
        (599, VendorFault, AmbiguousWrite),
        (999, Unintelligible, AmbiguousWrite),
    ],
)
def test_a_status_means_more_on_a_write_than_on_a_read(
    status: int, on_a_read: type[ApiError], on_a_write: type[ApiError]
) -> None:
    assert meaning_of(status, writes=False) is on_a_read
    assert meaning_of(status, writes=True) is on_a_write


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7.0),
        ({"retry-after": " 0.5 "}, 0.5),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT"}, 30.0),
        ({"retry-after": "Sat, 21 Nov 2026 11:00:00 GMT"}, 0.0),
        ({"retry-after": "Sat, 21 Nov 2026 12:00:30 GMT", "date": "Sat, 21 Nov 2026 12:00:20 GMT"}, 10.0),
        ({"retry-after": "Saturday, 21-Nov-26 12:00:30 GMT"}, 30.0),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"retry-after": "nan"}, None),
        ({"retry-after": "9" * 400}, None),
        ({"retry-after": "Sat, 99 Nov 9999 12:00:30 GMT"}, None),
    ],
)
def test_retry_after_is_read_in_both_of_its_forms(headers: dict[str, str], seconds: float | None) -> None:
    assert retry_after(headers, NOW) == seconds


def test_a_date_without_a_zone_is_utc() -> None:
    assert http_date("Sat, 21 Nov 2026 12:00:00 -0000") == NOW


def test_a_redirect_says_where_to() -> None:
    error = SEAM.refusal(READ, 301, {"location": "https://elsewhere.example/v1/agents"}, b"", now=NOW)
    assert error.message == "GET /v1/agents: answered 301: a redirect to https://elsewhere.example/v1/agents"


def test_an_untrusted_certificate_has_its_own_way_out() -> None:
    error = SEAM.failure(READ, httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] self-signed certificate"))
    assert "SSL_CERT_FILE" in error.hint


def test_every_failure_has_a_hint_unless_the_vendor_says_why() -> None:
    problems = [problem("?") for problem in (httpx.ConnectError, httpx.ReadError, httpx.DecodingError)]
    failures = [SEAM.failure(line, problem) for line in (READ, WRITE) for problem in problems]
    refusals = [SEAM.refusal(READ, status, {}, b"", now=NOW) for status in (302, 401, 402, 403, 404, 429, 500)]
    assert all(error.hint for error in failures + refusals)
