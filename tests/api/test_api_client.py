"""Show the client against a real server that behaves, and one that does not."""

from __future__ import annotations

import gzip
import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event
from typing import Any

import pytest
from waiting import PATIENCE

import reconciler
from api.conftest import KEY, NOON, once
from api.misbehaving import (
    Act,
    Handler,
    Received,
    Server,
    breaks_off,
    cuts,
    garbage,
    resets,
    says,
    sends,
    waits,
)
from reconciler.api import Api, connect, segment
from reconciler.api.forms import File, Form
from reconciler.errors import (
    AmbiguousWrite,
    ApiError,
    Denied,
    Rejected,
    Unintelligible,
    VendorFault,
)
from reconciler.schedule.clock import FixedClock, SystemClock


def test_a_read_asks_with_the_vendors_headers(server: Server, api: Api) -> None:
    server.script = [says({"id": 42})]
    assert api.get("/v1/whoami", {"a": "+1 é&", "b": 2}) == {"id": 42}
    (received,) = server.received
    assert (received.method, received.path) == ("GET", "/v1/whoami")
    assert received.query == {"a": "+1 é&", "b": "2"}
    assert received.headers["authorization"] == f"Bearer {KEY}"
    assert received.headers["accept"] == "application/json"
    product = f"reconciler/{reconciler.__version__}"
    assert received.headers["x-thunderphone-client"] == received.headers["user-agent"] == product
    assert "content-type" not in received.headers


def test_a_write_carries_json(server: Server, api: Api) -> None:
    server.script = [says({"id": 1}, 201)]
    body = {"name": "Ünïcode \ud83d", "voice": None, "steps": [1, 2.5, True]}
    assert api.post("/v1/agents", body) == {"id": 1}
    (received,) = server.received
    assert json.loads(received.body) == body
    assert received.headers["content-type"] == "application/json"


def test_a_write_without_a_body_sends_none(server: Server, api: Api) -> None:
    api.post("/v1/phone-numbers/3/verify-voip")
    assert server.received[0].body == b""
    assert "content-type" not in server.received[0].headers


def test_what_json_cannot_say_is_not_sent(server: Server, api: Api) -> None:
    with pytest.raises(ValueError, match="JSON"):
        api.post("/v1/agents", {"speed": float("nan")})
    assert not server.received


def test_patch_and_delete_are_what_they_say(server: Server, api: Api) -> None:
    server.script = [says({"id": 1}), sends(b"", 204), sends(b"", 200), says({"released": True})]
    assert api.patch("/v1/agents/1", {"name": "x"}) == {"id": 1}
    assert api.delete("/v1/agents/1") is None
    assert api.delete("/v1/agents/1") is None
    assert api.delete("/v1/phone-numbers/1", {"confirm": "true"}) == {"released": True}
    assert api.sent == {"PATCH": 1, "DELETE": 3}
    assert server.received[-1].query == {"confirm": "true"}


@pytest.mark.parametrize("status", [200, 201, 202])
def test_an_exchange_tells_successes_apart(server: Server, api: Api, status: int) -> None:
    server.script = [says({"call_id": 9}, status, X_Trace="abc")]
    reply = api.exchange("POST", "/v1/call", {}, attempts=1)
    assert (reply.status, reply.json, reply.headers["x-trace"]) == (status, {"call_id": 9}, "abc")


def test_a_conflict_keeps_its_code(server: Server, api: Api) -> None:
    body = {"detail": "Number cannot dial.", "code": "not_verified", "retryable": False}
    server.script = [says(body, 409)]
    with pytest.raises(Rejected) as caught:
        api.exchange("POST", "/v1/call", {}, attempts=1)
    assert (caught.value.status, caught.value.body) == (409, body)
    assert caught.value.message == "POST /v1/call: answered 409: Number cannot dial. (not_verified)"


def test_complaints_by_field_reach_the_caller(server: Server, api: Api) -> None:
    server.script = [says({"voice": ["Unknown voice."]}, 400)]
    with pytest.raises(Rejected) as caught:
        api.patch("/v1/agents/1", {})
    assert caught.value.fields == {"voice": ("Unknown voice.",)}


def test_a_revoked_key_is_denied(server: Server, api: Api) -> None:
    server.script = [says({"detail": "Invalid token."}, 401)]
    with pytest.raises(Denied, match="Invalid token"):
        api.get("/v1/whoami")


def test_a_list_is_read_across_pages_and_threads_share_its_client(server: Server, api: Api) -> None:
    def act(handler: Handler, received: Received) -> None:
        offset = int(received.query.get("offset", "0"))
        rows = [{"call_id": number} for number in range(offset, min(offset + 50, 120))]
        says({"results": rows, "total": 120, "limit": 50, "offset": offset})(handler, received)

    server.script = [act]
    with ThreadPoolExecutor(8) as threads:
        lists = list(threads.map(lambda _: api.items("/v1/calls", {"status": "failed"}), range(8)))
    assert all(len(calls) == 120 for calls in lists)
    assert api.sent == {"GET": 24}
    assert all(received.query["status"] == "failed" for received in server.received)


def test_as_many_requests_fly_at_once_as_there_are_threads(server: Server) -> None:
    together = Barrier(12, timeout=PATIENCE)

    def act(handler: Handler, received: Received) -> None:
        together.wait()
        says({})(handler, received)

    server.script = [act]
    with (
        connect(base_url=server.url, key=KEY, clock=SystemClock(), read_only=True) as api,
        ThreadPoolExecutor(12) as threads,
    ):
        assert list(threads.map(lambda _: api.get("/v1/agents"), range(12))) == [{}] * 12


def test_a_connection_is_used_again(server: Server, api: Api) -> None:
    ports = set()

    def act(handler: Handler, received: Received) -> None:
        ports.add(handler.client_address[1])
        says({"detail": "no"}, 404 if received.path.endswith("7") else 200)(handler, received)

    server.script = [act]
    for path in ("/v1/agents/7", "/v1/agents/8", "/v1/agents/7", "/v1/agents/8"):
        try:
            api.get(path)
        except Rejected:
            continue
    assert len(ports) == 1


def test_a_connection_that_one_thread_let_go_is_used_by_the_next(server: Server, api: Api) -> None:
    ports = set()

    def act(handler: Handler, received: Received) -> None:
        ports.add(handler.client_address[1])
        says({})(handler, received)

    server.script = [act]
    for _ in range(3):
        with ThreadPoolExecutor(1) as thread:
            thread.submit(api.get, "/v1/agents").result()
    assert len(ports) == 1


@pytest.mark.parametrize(
    ("act", "on_a_read", "on_a_write", "status"),
    [
        (cuts, VendorFault, AmbiguousWrite, None),
        (resets, VendorFault, AmbiguousWrite, None),
        (garbage, VendorFault, AmbiguousWrite, None),
        (breaks_off(200), VendorFault, AmbiguousWrite, 200),
        (breaks_off(201), VendorFault, AmbiguousWrite, 201),
        (breaks_off(502), VendorFault, AmbiguousWrite, 502),
        (breaks_off(404), Rejected, Rejected, 404),
        (breaks_off(401), Denied, Denied, 401),
        (says({}, 500), VendorFault, AmbiguousWrite, 500),
        (sends(b"<html>busy</html>", 502), VendorFault, AmbiguousWrite, 502),
        (sends(b"<html>hello</html>"), Unintelligible, AmbiguousWrite, 200),
        (sends(b""), Unintelligible, AmbiguousWrite, 200),
        (sends(b'{"id": NaN}'), Unintelligible, AmbiguousWrite, 200),
        (sends(b'{"id": 1'), Unintelligible, AmbiguousWrite, 200),
        (sends(b"\xff\xfe\xfd"), Unintelligible, AmbiguousWrite, 200),
        (sends(b"[" * 200_000), Unintelligible, AmbiguousWrite, 200),
        (sends(b"not gzip", Content_Encoding="gzip"), Unintelligible, AmbiguousWrite, 200),
        (sends(b"", 301, Location="https://elsewhere.example/"), Unintelligible, Unintelligible, 301),
        (sends(b"", 302, Location="/v1/agents"), Unintelligible, Unintelligible, 302),
    ],
)
def test_a_server_that_misbehaves_has_a_name_for_it(
    server: Server,
    api: Api,
    act: Act,
    on_a_read: type[ApiError],
    on_a_write: type[ApiError],
    status: int | None,
) -> None:
    server.script = [act]
    for method, expected in {"GET": on_a_read, "POST": on_a_write}.items():
        with pytest.raises(ApiError) as caught:
            once(api, method)
        assert (type(caught.value), caught.value.status) == (expected, status)
        assert caught.value.message.startswith(f"{method} /v1/agents/7: ")
    assert len(server.received) == 2


def test_a_redirect_is_not_followed(server: Server, api: Api) -> None:
    server.script = [sends(b"", 307, Location="/v1/elsewhere"), says({})]
    with pytest.raises(Unintelligible):
        api.get("/v1/agents")
    assert [received.path for received in server.received] == ["/v1/agents"]


@pytest.mark.parametrize(("method", "expected"), [("GET", VendorFault), ("POST", AmbiguousWrite)])
def test_silence_has_an_end(server: Server, method: str, expected: type[ApiError]) -> None:
    released = Event()
    server.script = [waits(released)]
    with connect(base_url=server.url, key=KEY, clock=FixedClock(NOON), read_only=False, timeout=0.1) as api:
        with pytest.raises(expected, match="timed out"):
            once(api, method)
        released.set()


def test_dripping_has_an_end(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.api.client._WHOLE_ANSWER", 0.3 / PATIENCE)
    released = Event()

    def act(handler: Handler, received: Received) -> None:
        handler.reply(200, b"[", {"Content-Length": "100000"})
        while not released.wait(0.02):
            handler.wfile.write(b" ")
            handler.wfile.flush()

    server.script = [act]
    with connect(base_url=server.url, key=KEY, clock=FixedClock(NOON), read_only=True, timeout=PATIENCE) as api:
        with pytest.raises(VendorFault, match="did not end"):
            once(api, "GET")
        released.set()


def test_an_answer_without_end_is_cut(server: Server, api: Api, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.api.client._LARGEST_ANSWER", 1000)
    server.script = [says("x" * 2000)]
    with pytest.raises(Unintelligible, match="longer than 1000 bytes"):
        once(api, "GET")


def test_a_long_refusal_is_read_only_as_far_as_needed(server: Server, api: Api) -> None:
    server.script = [sends(b"no! " * 10_000_000, 403)]
    with pytest.raises(Rejected, match="403: no! no!") as caught:
        once(api, "GET")
    assert len(caught.value.message) < 500


def test_ten_thousand_agents_come_in_one_answer(server: Server, api: Api) -> None:
    agents = [{"id": number, "prompt": "x" * 2000} for number in range(10_000)]
    server.script = [sends(gzip.compress(json.dumps(agents).encode(), 1), Content_Encoding="gzip")]
    assert api.items("/v1/agents") == agents


def test_a_quoted_id_arrives_as_it_was_quoted(server: Server, api: Api) -> None:
    server.script = [lambda handler, _: says({"path": handler.path})(handler, _)]
    assert api.get(f"/v1/agents/{segment('../a/b?c')}") == {"path": "/v1/agents/..%2Fa%2Fb%3Fc"}


def test_a_path_outside_the_api_is_a_bug_and_is_not_sent(server: Server, api: Api) -> None:
    with pytest.raises(ValueError, match="/v1"):
        api.get("/emulator/reset")
    assert not server.received


def test_cookies_are_not_kept(server: Server, api: Api) -> None:
    server.script = [says({}, Set_Cookie="sessionid=1; Path=/")]
    api.get("/v1/whoami")
    api.get("/v1/whoami")
    assert "cookie" not in server.received[1].headers


def test_the_servers_clock_is_compared_with_ours(server: Server, api: Api) -> None:
    def act(handler: Any, received: Received) -> None:
        handler.date_time_string = lambda: "Sat, 21 Nov 2026 12:01:30 GMT"
        says({}, 404)(handler, received)

    server.script = [act]
    assert api.server_offset() is None
    with pytest.raises(Rejected):
        api.get("/v1/whoami")
    assert api.server_offset() == 90.0


def test_an_unreadable_date_is_no_date(server: Server, api: Api) -> None:
    def act(handler: Any, received: Received) -> None:
        handler.date_time_string = lambda: "yesterday"
        says({})(handler, received)

    server.script = [act]
    api.get("/v1/whoami")
    assert api.server_offset() is None


def test_a_form_carries_texts_and_files(server: Server, api: Api) -> None:
    server.script = [says({"id": 1}, 201)]
    form = Form({"name": "Prices"}, {"file": File("prices.pdf", b"%PDF\x00\xff", "application/pdf")})
    assert api.post("/v1/knowledge/documents", form) == {"id": 1}
    (received,) = server.received
    assert received.headers["content-type"].startswith("multipart/form-data; boundary=")
    assert b'name="name"\r\n\r\nPrices\r\n' in received.body
    assert (
        b'name="file"; filename="prices.pdf"\r\nContent-Type: application/pdf\r\n\r\n%PDF\x00\xff\r\n' in received.body
    )
