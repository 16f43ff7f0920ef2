"""The platform on a socket: connections, faults as they look there, and a clean end."""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import httpx
import pytest
from waiting import PATIENCE, until

from emulator.conftest import AUTHORIZED, RECEPTION
from reconciler.emulator import Fault, Platform, Scenario, Server, serve
from reconciler.schedule.clock import SystemClock

if TYPE_CHECKING:
    from collections.abc import Iterator


@pytest.fixture
def live() -> Iterator[Platform]:
    with Platform(":memory:", SystemClock(), Scenario(agents=(RECEPTION,))) as platform:
        yield platform


@pytest.fixture
def server(live: Platform) -> Iterator[Server]:
    with serve(live) as server:
        yield server


@pytest.fixture
def web(server: Server) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, headers=AUTHORIZED, timeout=PATIENCE) as client:
        yield client


def test_it_answers_with_the_time_and_keeps_the_connection(web: httpx.Client) -> None:
    asked = datetime.now(UTC).replace(microsecond=0)
    answered = web.get("/v1/agents", params={"any": "thing"})
    assert answered.http_version == "HTTP/1.1"
    assert asked <= parsedate_to_datetime(answered.headers["Date"]) <= datetime.now(UTC)
    stream = answered.extensions["network_stream"]
    port = stream.get_extra_info("client_addr")[1]
    again = web.patch(f"/v1/agents/{answered.json()[0]['id']}", json={"prompt": "Grüß Gott 👋"})
    assert again.extensions["network_stream"].get_extra_info("client_addr")[1] == port
    assert again.json()["draft_prompt"] == "Grüß Gott 👋"
    assert web.delete(f"/v1/agents/{answered.json()[0]['id']}").status_code == 204
    assert web.head("/v1/agents").content == b""


@pytest.mark.parametrize(("took_effect", "left"), [(False, 1), (True, 0)])
def test_a_dropped_connection_is_closed_without_an_answer(
    web: httpx.Client,
    live: Platform,
    took_effect: bool,  # noqa: FBT001 - a column of the table
    left: int,
) -> None:
    live.inject(Fault(method="DELETE", drop="read", took_effect=took_effect))
    with pytest.raises(httpx.RemoteProtocolError):
        web.delete("/v1/agents/1001")
    assert len(web.get("/v1/agents").json()) == left


def test_a_slow_answer_makes_a_hasty_client_give_up_and_harms_no_other(
    web: httpx.Client, live: Platform, capfd: pytest.CaptureFixture[str]
) -> None:
    live.inject(Fault(path="/v1/agents", delay=2 * PATIENCE))
    with pytest.raises(httpx.ReadTimeout):
        web.get("/v1/agents", timeout=0.05)
    assert web.get("/v1/agents").status_code == 200
    assert capfd.readouterr().err == ""


def test_a_chunked_body_is_refused(web: httpx.Client) -> None:
    assert web.post("/v1/agents", content=iter([b"{}"])).status_code == 411


def test_many_clients_are_served_at_once(web: httpx.Client, live: Platform) -> None:
    live.inject(Fault(path="/v1/agents", times=8, delay=2 * PATIENCE))
    server = serve(live).start()

    def ask() -> None:
        with suppress(httpx.RemoteProtocolError):  # the server stops before it answers
            httpx.get(f"{server.url}/v1/agents", headers=AUTHORIZED, timeout=PATIENCE)

    clients = [threading.Thread(target=ask) for _ in range(8)]
    for client in clients:
        client.start()
    until(lambda: len(live.requests()) == 8, "eight requests at once")
    assert web.get("/v1/healthz").status_code == 200
    server.stop()
    for client in clients:
        client.join()


def test_stopping_ends_idle_connections_and_frees_the_port(live: Platform) -> None:
    server = serve(live).start()
    address = urlsplit(server.url)
    assert address.hostname
    assert address.port
    with socket.create_connection((address.hostname, address.port)) as idle:
        idle.sendall(b"GET /v1/healthz HTTP/1.1\r\nHost: x\r\n\r\n")
        assert idle.recv(15) == b"HTTP/1.1 200 OK"
        server.stop()
        server.stop()
        while idle.recv(4096):
            pass
    with serve(live, port=address.port) as again:
        assert httpx.get(f"{again.url}/v1/healthz").json() == {"ok": True}


def test_it_serves_until_another_thread_stops_it(live: Platform) -> None:
    server = serve(live, "localhost")
    serving = threading.Thread(target=server.serve_forever)
    serving.start()
    assert httpx.get(f"{server.url}/v1/healthz").status_code == 200
    server.stop()
    serving.join(PATIENCE)
    assert not serving.is_alive()


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1"])  # noqa: S104 - refused, which is the point
def test_it_listens_on_loopback_only(live: Platform, host: str) -> None:
    with pytest.raises(ValueError, match="loopback"):
        serve(live, host)
