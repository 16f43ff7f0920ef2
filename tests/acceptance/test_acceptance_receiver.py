"""Every answer of the service's HTTP side, asked for as any client can."""

from __future__ import annotations

import socket
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from acceptance.projects import Project
from acceptance.server import serving
from acceptance.service import service
from acceptance.webhooks import SECRET, ask, event, old_signature, signature

if TYPE_CHECKING:
    from collections.abc import Iterator

TOKEN = "a-token-of-some-length"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
PROTECTED = {
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
}


@pytest.fixture(scope="module")
def url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with serving() as platform:
        project = Project(tmp_path_factory.mktemp("served"), platform)
        project.write("reconciler.yaml", "organization: 42\n")
        project.write("token", TOKEN)
        project.write("manifests/none.yaml", "")
        project.write("next.secret", "whsec_next")
        more = ("--token-file", "token", "--webhook-secret-file", "next.secret")
        with service(project, "--no-dispatch", *more) as found:
            yield found.url


@pytest.mark.parametrize(
    ("method", "target", "headers", "body", "status"),
    [
        ("GET", "/", {}, b"", 200),
        ("HEAD", "/", {}, b"", 200),
        ("GET", "/healthz", {}, b"", 200),
        ("GET", "/readyz", {}, b"", 200),
        ("GET", "/metrics", {}, b"", 200),
        ("GET", "/live.js", {}, b"", 200),
        ("GET", "/", {"Host": "rebound.example"}, b"", 401),
        ("GET", "/live", {"Host": "rebound.example"}, b"", 401),
        ("GET", "/", {"Host": "rebound.example", **BEARER}, b"", 200),
        ("POST", "/hold", {}, b"", (401, 403)),
        ("POST", "/hold", {"Authorization": "Bearer wrong"}, b"", (401, 403)),
        ("POST", "/release", {}, b"token=wrong", (401, 403)),
        ("GET", "/hold", {}, b"", 405),
        ("DELETE", "/", {}, b"", 405),
        ("PUT", "/webhooks", {}, b"{}", 405),
        ("GET", "/webhooks", {}, b"", 405),
        ("GET", "/", {"Host": "LOCALHOST"}, b"", 200),
        ("OPTIONS", "/webhooks", {}, b"", 405),
        ("GET", "/healthz/", {"Host": "elsewhere.example"}, b"", 404),
        ("GET", "/nowhere", {}, b"", 404),
        ("GET", "/../etc/passwd", {}, b"", 404),
        ("POST", "/webhooks", {}, b"{}", 401),
        ("POST", "/webhooks", signature(b"{}", at=0), b"{}", 401),
        ("POST", "/webhooks", old_signature(b"{}"), b"{}", 401),
    ],
)
def test_every_path_answers_as_documented_and_with_protective_headers(
    url: str, method: str, target: str, headers: dict[str, str], body: bytes, status: Any
) -> None:
    answer = ask(url, method, target, body, headers)
    assert answer.status in (status if isinstance(status, tuple) else (status,)), answer
    assert b"Traceback" not in answer.body
    assert {name: answer.headers.get(name) for name in PROTECTED} == PROTECTED
    assert "server" not in answer.headers


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"[]", 400), (b"{", 400), (b"\xff\xfe", 400), (b"x" * ((1 << 20) + 1), 413)]
)
def test_a_signed_body_that_is_no_event_is_refused_by_what_it_is(url: str, body: bytes, status: int) -> None:
    assert ask(url, "POST", "/webhooks", body, signature(body)).status == status


@pytest.mark.parametrize(("skew", "status"), [(-290, 200), (290, 200), (-310, 401), (310, 401)])
def test_a_clock_may_be_off_by_five_minutes_either_way(url: str, skew: int, status: int) -> None:
    body = event("call.graded", f"skew-{skew}", {"call_id": 1})
    assert ask(url, "POST", "/webhooks", body, signature(body, at=time.time() + skew)).status == status


def test_either_secret_counts_and_no_other(url: str) -> None:
    body = event("call.graded", "rotation", {"call_id": 1})
    found = [ask(url, "POST", "/webhooks", body, signature(body, secret=it)) for it in (SECRET, "whsec_next", "x")]
    assert [it.status for it in found] == [200, 200, 401]


def test_the_query_is_part_of_what_is_signed(url: str) -> None:
    body = event("call.graded", "query", {"call_id": 1})
    target = "/webhooks?tenant=a%20b&x"
    assert ask(url, "POST", target, body, signature(body, target=target)).status == 200
    assert ask(url, "POST", target, body, signature(body)).status == 401


def test_of_an_event_that_comes_twenty_times_at_once_one_is_new(url: str) -> None:
    body = event("twenty.times", "all-at-once", {"call_id": None})
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: ask(url, "POST", "/webhooks", body, signature(body)).status, range(20)))
    assert found == [200] * 20
    counted = ask(url, "GET", "/metrics").body.decode()
    assert 'reconciler_events_total{type="twenty.times",verdict="accepted"} 1.0' in counted
    assert 'reconciler_events_total{type="twenty.times",verdict="duplicate"} 19.0' in counted


def test_a_body_in_chunks_is_an_event_too(url: str) -> None:
    body = event("in.chunks", "chunked", {"call_id": 1})
    signed = "".join(f"{name}: {value}\r\n" for name, value in signature(body).items())
    head = f"POST /webhooks HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n{signed}\r\n".encode()
    parts = [body[:7], body[7:]]
    chunks = b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"
    assert spoken(url, head + chunks).startswith(b"HTTP/1.1 200 ")


def test_a_body_that_does_not_come_is_given_up_while_others_are_answered(url: str) -> None:
    head = b"POST /webhooks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\n{"
    with ThreadPoolExecutor(1) as pool:
        slow = pool.submit(spoken, url, head)
        assert ask(url, "GET", "/healthz").status == 200
        assert slow.result().startswith(b"HTTP/1.1 408 ")


@pytest.mark.parametrize(
    "said", [b"", b"GET / HTTP/1.1\r\nHost: loc", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\nGET /he"]
)
def test_a_request_that_does_not_come_ends_its_connection(url: str, said: bytes) -> None:
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=60) as connection:
        connection.sendall(said)
        answered = b""
        while part := connection.recv(65_536):
            answered += part
    assert answered.startswith(b"HTTP/1.1 200 ") == (said.count(b"GET") == 2)


@pytest.mark.parametrize("nonsense", [b"\x16\x03\x01\x02\x00", b"GET / HTTP/9.9\r\n\r\n", b"POST /webhooks\r\n\r\n"])
def test_what_is_no_request_ends_its_connection_and_nothing_else(url: str, nonsense: bytes) -> None:
    assert spoken(url, nonsense + b"\r\n\r\n")[:12] in (b"", b"HTTP/1.1 400", b"HTTP/1.1 401")
    assert ask(url, "GET", "/healthz").status == 200


def spoken(url: str, said: bytes) -> bytes:
    """What a server says to raw bytes, until it is silent or closes."""
    parts = urlsplit(url)
    with socket.create_connection((str(parts.hostname), int(parts.port or 80)), timeout=30) as connection:
        connection.sendall(said)
        try:
            return connection.recv(65_536)
        except ConnectionResetError:
            return b""
