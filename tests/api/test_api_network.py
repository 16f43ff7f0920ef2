"""Show which proxy and which certificates a connection uses."""

from __future__ import annotations

import itertools
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from threading import Event
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE

from api.misbehaving import Received, Server, says, sends
from reconciler.api import bounded_stream, client, connect, transport
from reconciler.api.bounded_stream import BoundedBackend
from reconciler.api.transport import proxy_for
from reconciler.errors import AmbiguousWrite, InputError, Unreachable, VendorFault
from reconciler.schedule.clock import FixedClock, SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

API = "https://api.thunderphone.com"
START = datetime(2026, 11, 21, 12, tzinfo=UTC)
NAMES = ("http_proxy", "https_proxy", "all_proxy", "no_proxy", "ssl_cert_file", "ssl_cert_dir")


@pytest.fixture(autouse=True)
def _no_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in NAMES:
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.mark.parametrize(
    ("environment", "address", "proxy"),
    [
        ({}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128"}, API, "http://proxy:3128"),
        ({"https_proxy": "proxy:3128"}, API, "http://proxy:3128"),
        ({"ALL_PROXY": "http://proxy:3128"}, API, "http://proxy:3128"),
        ({"HTTP_PROXY": "http://proxy:3128"}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": ".thunderphone.com"}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "*"}, API, None),
        ({"HTTPS_PROXY": "http://proxy:3128", "NO_PROXY": "example.com"}, API, "http://proxy:3128"),
        ({"HTTPS_PROXY": "http://proxy:3128"}, "https://localhost:8443", None),
        ({"ALL_PROXY": "http://proxy:3128"}, "https://127.0.0.1", None),
        ({"ALL_PROXY": "http://proxy:3128"}, "https://[::1]:1", None),
    ],
)
def test_the_environments_proxy_is_obeyed_but_never_towards_loopback(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], address: str, proxy: str | None
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert proxy_for(address) == proxy


def test_a_proxy_gets_a_tunnel_and_never_the_key(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    server.script = [sends(b"", 407)]
    monkeypatch.setenv("HTTPS_PROXY", server.url)
    with (
        connect(base_url=API, key="sk_live_hunter2", clock=SystemClock(), read_only=False) as api,
        pytest.raises(Unreachable, match="407"),
    ):
        api.exchange("POST", "/v1/call", {}, attempts=1)
    (received,) = server.received
    assert received.method == "CONNECT"
    assert "hunter2" not in repr(received)


def test_the_emulator_is_reached_past_a_proxy(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with connect(base_url=server.url, key="k", clock=SystemClock(), read_only=True) as api:
        assert api.get("/v1/whoami") == {}


@pytest.mark.parametrize("proxy", ["ftp://me:hunter2@proxy", "http://me:hunter2@proxy:port", "socks5://me:hunter2@p"])
def test_a_proxy_that_cannot_be_used_is_the_users_mistake(monkeypatch: pytest.MonkeyPatch, proxy: str) -> None:
    monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(InputError) as caught:
        connect(base_url=API, key="k", clock=SystemClock(), read_only=True)
    assert caught.value.code == "RC127"
    assert caught.value.__context__ is None
    assert "hunter2" not in str(caught.value)


def test_certificates_that_cannot_be_read_are_the_users_mistake(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "roots.pem").write_text("nothing")
    for name in ("roots.pem", "missing.pem"):
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / name))
        with pytest.raises(InputError) as caught:
            connect(base_url=API, key="k", clock=SystemClock(), read_only=True)
        assert caught.value.code == "RC128"


def test_a_server_without_a_trusted_certificate_gets_nothing(server: Server) -> None:
    address = server.url.replace("http://", "https://")
    with (
        connect(base_url=address, key="k", clock=SystemClock(), read_only=False) as api,
        pytest.raises(Unreachable, match="nothing was sent"),
    ):
        api.exchange("POST", "/v1/call", {}, attempts=1)
    assert not server.received


def test_the_time_that_failed_answers_took_counts_as_waited(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    ticks = itertools.count(0.0, 70.0)
    monkeypatch.setattr(client, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    server.script = [says({}, 503)]
    with connect(base_url=server.url, key="k", clock=FixedClock(START), read_only=True) as api:
        with pytest.raises(VendorFault):
            api.get("/v1/agents")
        assert api.sent.total() == 1


def stopwatch(monkeypatch: pytest.MonkeyPatch) -> FixedClock:
    """The time by which answers are bounded: it passes only when told to."""
    clock = FixedClock(START)
    monkeypatch.setattr(bounded_stream, "monotonic", lambda: clock.now().timestamp())
    return clock


def test_a_body_may_take_longer_than_an_answer_may_take_to_begin(
    monkeypatch: pytest.MonkeyPatch, server: Server
) -> None:
    clock = stopwatch(monkeypatch)

    def drips(handler: Any, received: Received) -> None:
        handler.send_response(200)
        handler.send_header("Content-Length", "9")
        handler.end_headers()
        handler.wfile.flush()
        for letter in b'{"id": 1}':
            handler.wfile.write(bytes([letter]))
            handler.wfile.flush()
            clock.sleep(0.2 * PATIENCE)

    server.script = [drips]
    monkeypatch.setattr(transport, "BoundedBackend", partial(BoundedBackend, PATIENCE))
    with connect(base_url=server.url, key="k", clock=SystemClock(), read_only=True) as api:
        assert api.get("/v1/whoami") == {"id": 1}


def test_interim_answers_do_not_hold_a_request_without_end(monkeypatch: pytest.MonkeyPatch, server: Server) -> None:
    clock, ended = stopwatch(monkeypatch), Event()

    def goes_on(handler: Any, received: Received) -> None:
        with suppress(OSError):
            while not ended.wait(0.01):
                handler.wfile.write(b"HTTP/1.1 102 Processing\r\n\r\n")
                clock.sleep(0.2 * PATIENCE)

    server.script = [goes_on]
    monkeypatch.setattr(transport, "BoundedBackend", partial(BoundedBackend, PATIENCE))
    with connect(base_url=server.url, key="k", clock=SystemClock(), read_only=False) as api:
        with pytest.raises(AmbiguousWrite):
            api.exchange("POST", "/v1/call", {}, attempts=1)
        ended.set()
        server.script = [says({"id": 1})]
        assert api.get("/v1/whoami") == {"id": 1}


def test_a_surplus_answer_is_not_taken_for_that_of_the_next_request(server: Server) -> None:
    """It was there before the request was sent: the request is not done, and nobody is told that it was."""

    def answers_twice(handler: Any, _: Received) -> None:
        handler.wfile.write(2 * b'HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"id": 1}')
        handler.wfile.flush()

    server.script = [answers_twice, says({"id": 2}), says({"id": 3})]
    with connect(base_url=server.url, key="k", clock=SystemClock(), read_only=False) as api:
        assert api.post("/v1/call", {}) == {"id": 1}
        with pytest.raises(AmbiguousWrite):
            api.exchange("POST", "/v1/call", {}, attempts=1)
        assert api.post("/v1/call", {}) == {"id": 2}
    assert len(server.received) == 2
