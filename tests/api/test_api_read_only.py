"""Show that a read-only client cannot write, whatever is tried (promise P1)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

import httpx
import pytest

from api.misbehaving import Server
from reconciler.api import Api, connect
from reconciler.api.read_only import ReadOnlyTransport
from reconciler.errors import WriteForbidden
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

METHODS = [
    "POST",
    "PUT",
    "PATCH",
    "DELETE",
    "OPTIONS",
    "TRACE",
    "CONNECT",
    "post",
    "Patch",
    "QUERY",
    "GETX",
    "",
]


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def api(server: Server) -> Iterator[Api]:
    clock = FixedClock(datetime(2026, 11, 21, tzinfo=UTC))
    with connect(base_url=server.url, key="sk_live_x", clock=clock, read_only=True) as opened:
        yield opened


@pytest.mark.parametrize("method", METHODS)
def test_a_method_that_is_not_a_read_never_leaves(server: Server, api: Api, method: str) -> None:
    with pytest.raises(WriteForbidden, match="read-only command tried to write") as caught:
        api.exchange(method, "/v1/call", {"to_number": "+14155550199"})
    assert (caught.value.method, caught.value.path, caught.value.status) == (method.upper(), "/v1/call", None)
    assert "0199" not in str(caught.value)
    assert not server.received
    assert not api.sent


@pytest.mark.parametrize(
    "write",
    [
        lambda api: api.post("/v1/agents", {}),
        lambda api: api.patch("/v1/agents/1", {}),
        lambda api: api.delete("/v1/agents/1"),
    ],
)
def test_no_shorthand_gets_around_it(server: Server, api: Api, write: Callable[[Api], object]) -> None:
    with pytest.raises(WriteForbidden):
        write(api)
    assert not server.received


@pytest.mark.parametrize("method", ["GET", "HEAD", "get"])
def test_reads_pass(server: Server, api: Api, method: str) -> None:
    assert api.exchange(method, "/v1/agents").status == 200
    assert api.sent == {method.upper(): 1}


def test_a_given_transport_is_guarded_too() -> None:
    reached = []

    def answer(request: httpx.Request) -> httpx.Response:
        reached.append(request.method)
        return httpx.Response(200, json={})

    clock = FixedClock(datetime(2026, 11, 21, tzinfo=UTC))
    transport = httpx.MockTransport(answer)
    with connect(
        base_url="https://api.thunderphone.com", key="k", clock=clock, read_only=True, transport=transport
    ) as api:
        with pytest.raises(WriteForbidden):
            api.post("/v1/agents", {})
        api.get("/v1/agents")
    assert reached == ["GET"]


def test_it_closes_what_it_guards() -> None:
    class Closing(httpx.BaseTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

    inner = Closing()
    ReadOnlyTransport(inner).close()
    assert inner.closed
