"""Show when a request is sent again, and how long the wait is."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE

from api.misbehaving import Act, Server, cuts, says
from reconciler.api import Api, connect
from reconciler.api.retry import RetryPolicy
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Denied,
    Rejected,
    Throttled,
    Unintelligible,
    Unreachable,
    VendorFault,
    WriteForbidden,
)
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator

START = datetime(2026, 11, 21, 12, tzinfo=UTC)
BUSY = says({"detail": "Request was throttled."}, 429)


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as running:
        yield running


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def api(server: Server, clock: FixedClock) -> Iterator[Api]:
    with connect(
        base_url=server.url, key="sk_live_x", clock=clock, read_only=False, jitter=lambda: 1.0, timeout=PATIENCE
    ) as opened:
        yield opened


def waited(clock: FixedClock) -> float:
    return (clock.instant - START).total_seconds()


@pytest.mark.parametrize("stumble", [says({}, 500), says({}, 502), says({}, 503), BUSY, cuts])
def test_a_read_is_tried_again_until_it_works(server: Server, api: Api, clock: FixedClock, stumble: Act) -> None:
    server.script = [stumble, stumble, says([1])]
    assert api.get("/v1/agents") == [1]
    assert api.sent == {"GET": 3}
    assert waited(clock) == 0.5 + 1.0


@pytest.mark.parametrize("answer", [says({}, 400), says({}, 401), says({}, 404), says({}, 302)])
def test_a_clear_no_is_not_asked_again(server: Server, api: Api, answer: Act) -> None:
    server.script = [answer]
    with pytest.raises(ApiError):
        api.get("/v1/agents")
    assert api.sent == {"GET": 1}


def test_a_read_gives_up_after_its_attempts(server: Server, api: Api, clock: FixedClock) -> None:
    server.script = [says({"detail": "down"}, 503)]
    with pytest.raises(VendorFault, match="503: down"):
        api.get("/v1/agents")
    assert api.sent == {"GET": 4}
    assert waited(clock) == 0.5 + 1.0 + 2.0


@pytest.mark.parametrize("stumble", [says({}, 500), says({}, 502), says({}, 503), cuts])
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_a_write_without_a_clear_answer_is_never_sent_again(
    server: Server, api: Api, clock: FixedClock, stumble: Act, method: str
) -> None:
    server.script = [stumble, says({})]
    with pytest.raises(AmbiguousWrite):
        api.exchange(method, "/v1/call", {})
    assert len(server.received) == 1
    assert waited(clock) == 0


def test_a_throttled_write_is_sent_again(server: Server, api: Api) -> None:
    server.script = [BUSY, says({"id": 1}, 201)]
    assert api.post("/v1/agents", {}) == {"id": 1}
    assert [received.body for received in server.received] == [b"{}", b"{}"]


def test_retries_can_be_switched_off(server: Server, api: Api, clock: FixedClock) -> None:
    server.script = [BUSY]
    with pytest.raises(Throttled):
        api.exchange("POST", "/v1/call", {}, attempts=1)
    assert len(server.received) == 1
    assert waited(clock) == 0


@pytest.mark.parametrize("read_only", [True, False])
def test_what_never_arrived_is_sent_again(clock: FixedClock, *, read_only: bool) -> None:
    with Server() as gone:
        pass
    api = connect(base_url=gone.url, key="k", clock=clock, read_only=read_only, jitter=lambda: 1.0)
    with api, pytest.raises(Unreachable, match="nothing was sent"):
        api.exchange("GET" if read_only else "POST", "/v1/agents")
    assert api.sent.total() == 4
    assert waited(clock) == 3.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("0", 0.5), ("7", 7.0), ("Sat, 21 Nov 2026 12:00:09 GMT", 9.0), ("90", 90.0), ("soon", 0.5)],
)
def test_retry_after_is_the_least_to_wait(
    server: Server, api: Api, clock: FixedClock, header: str, seconds: float
) -> None:
    def act(handler: Any, received: Any) -> None:
        handler.date_time_string = lambda: "Sat, 21 Nov 2026 12:00:00 GMT"
        says({}, 429, Retry_After=header)(handler, received)

    server.script = [act, says([])]
    api.get("/v1/agents")
    assert waited(clock) == seconds


@pytest.mark.parametrize("header", ["3600", "999999999", "Fri, 31 Dec 9999 23:59:59 GMT"])
def test_a_pause_longer_than_a_request_may_wait_is_not_begun_and_is_told(
    server: Server, api: Api, clock: FixedClock, header: str
) -> None:
    server.script = [says({}, 429, Retry_After=header)]
    with pytest.raises(Throttled) as caught:
        api.get("/v1/agents")
    assert waited(clock) == 0
    assert "it asks for a pause of" in caught.value.hint


def test_a_server_that_always_asks_for_a_minute_does_not_hold_a_run_for_ever(server: Server, clock: FixedClock) -> None:
    server.script = [says({}, 429, Retry_After="60")]
    with (
        connect(base_url=server.url, key="k", clock=clock, read_only=True, attempts=1000) as api,
        pytest.raises(Throttled) as caught,
    ):
        api.get("/v1/agents")
    assert caught.value.retry_after == 60
    assert waited(clock) == 120


ERRORS = [
    Unreachable,
    Throttled,
    Denied,
    Rejected,
    VendorFault,
    AmbiguousWrite,
    Unintelligible,
    WriteForbidden,
]


@pytest.mark.parametrize("kind", ERRORS)
def test_the_table_of_what_is_repeated(kind: type[ApiError]) -> None:
    problem = kind("x", method="GET", path="/v1")
    pauses = {
        writes: RetryPolicy().pause(problem, writes=writes, attempt=1, attempts=None, waited=0)
        for writes in (False, True)
    }
    assert (pauses[False] is not None) == (kind in {Unreachable, Throttled, VendorFault})
    assert (pauses[True] is not None) == (kind in {Unreachable, Throttled})


def test_pauses_grow_to_a_ceiling_and_are_a_random_share() -> None:
    problem = Unreachable("x", method="GET", path="/v1")

    def pauses(share: float) -> list[float | None]:
        patience = RetryPolicy(jitter=lambda: share, attempts=10**6)
        return [
            patience.pause(problem, writes=False, attempt=attempt, attempts=None, waited=0)
            for attempt in (1, 2, 3, 4, 5, 6, 100_000)
        ]

    assert pauses(1.0) == [0.5, 1, 2, 4, 8, 8, 8]
    assert pauses(0.5) == [0.25, 0.5, 1, 2, 4, 4, 4]
    assert pauses(0.0) == [0, 0, 0, 0, 0, 0, 0]
