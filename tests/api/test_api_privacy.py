"""See that no key and no callee's number leaves the client, whatever the server echoes."""

from __future__ import annotations

import logging
import traceback

import httpx
import pytest

from api.conftest import KEY, NOON, once
from api.misbehaving import (
    Act,
    Server,
    breaks_off,
    cuts,
    echoes,
    garbage,
    says,
    sends,
)
from reconciler.api import Api, connect
from reconciler.errors import (
    ApiError,
    InputError,
    Rejected,
)
from reconciler.schedule.clock import FixedClock, SystemClock


@pytest.mark.parametrize("status", [302, 400, 401, 403, 429, 500])
def test_a_key_that_is_echoed_is_never_shown(server: Server, api: Api, status: int) -> None:
    server.script = [echoes(status)]
    with pytest.raises(ApiError) as caught:
        once(api, "GET")
    said = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert "[hidden]" in said
    assert "hunter2" not in said


def test_a_header_that_echoes_the_key_is_censored(server: Server, api: Api) -> None:
    server.script = [echoes(200)]
    reply = once(api, "GET")
    assert reply.headers["x-echo"] == "Bearer [hidden]"
    assert "hunter2" not in repr(api)


@pytest.mark.parametrize("act", [cuts, garbage, breaks_off(200), sends(b"?")])
def test_a_failure_carries_no_request_whose_headers_hold_the_key(server: Server, api: Api, act: Act) -> None:
    server.script = [act]
    with pytest.raises(ApiError) as caught:
        once(api, "POST")
    assert caught.value.__cause__ is None
    assert caught.value.__context__ is None
    assert "hunter2" not in "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))


@pytest.mark.parametrize("key", ["", " ", "sk_live_hunter2\n", "sk live hunter2", "sk_live_hünter2", "hunter2\x00"])
def test_a_key_that_no_header_can_carry_is_refused_and_not_repeated(key: str) -> None:
    with pytest.raises(InputError) as caught:
        connect(base_url="https://api.thunderphone.com", key=key, clock=SystemClock(), read_only=True)
    assert caught.value.code == "RC121"
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_callees_number_in_the_vendors_words_is_masked(server: Server, api: Api) -> None:
    server.script = [says({"to_number": ["+14155550199 is not a number."]}, 400)]
    with pytest.raises(Rejected) as caught:
        api.get("/v1/calls", {"to_number": "+14155550199"})
    assert "415555" not in f"{caught.value} {caught.value.detail} {caught.value.fields} {caught.value.path}"
    assert "+1•••••••0199" in str(caught.value)


def test_a_given_transport_carries_the_requests() -> None:
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(200, json={"url": str(request.url)})

    with connect(
        base_url="https://api.thunderphone.com/v1",
        key=KEY,
        clock=FixedClock(NOON),
        read_only=False,
        transport=httpx.MockTransport(answer),
    ) as api:
        assert api.get("/v1/whoami") == {"url": "https://api.thunderphone.com/v1/whoami"}


@pytest.mark.parametrize(("timeout", "connecting"), [(30.0, 10.0), (3.0, 3.0)])
def test_every_wait_has_a_limit(timeout: float, connecting: float) -> None:
    limits = []

    def answer(request: httpx.Request) -> httpx.Response:
        limits.append(request.extensions["timeout"])
        return httpx.Response(200, json={})

    with connect(
        base_url="https://api.thunderphone.com",
        key=KEY,
        clock=FixedClock(NOON),
        read_only=True,
        transport=httpx.MockTransport(answer),
        timeout=timeout,
    ) as api:
        api.get("/v1/whoami")
    assert limits == [{"connect": connecting, "read": timeout, "write": timeout, "pool": timeout}]


def test_closing_closes_the_transport() -> None:
    class Closing(httpx.BaseTransport):
        closed = False

        def close(self) -> None:
            self.closed = True

    inner = Closing()
    for read_only in (True, False):
        inner.closed = False
        connect(base_url="http://localhost", key=KEY, clock=SystemClock(), read_only=read_only, transport=inner).close()
        assert inner.closed


def test_no_log_holds_a_callees_number_or_the_key(server: Server, api: Api, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        server.script = [echoes(200)]
        api.get("/v1/calls", {"to_number": "+14155550199"})
    assert "4155550199" not in caplog.text
    assert "hunter2" not in caplog.text
