"""Events from the platform to a receiver: signed, tried again, doubled, late, and never off this machine."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import thunderphone
from thunderphone.generated.api.developer import (
    developer_webhook_deliveries_list,
    developer_webhook_endpoints_create,
    developer_webhook_endpoints_delete,
    developer_webhook_endpoints_list,
    developer_webhook_endpoints_partial_update,
)
from thunderphone.generated.api.webhooks import developer_webhook_endpoints_test
from thunderphone.generated.models.developer_webhook_endpoint_create_update_request import (
    DeveloperWebhookEndpointCreateUpdateRequest,
)
from thunderphone.generated.models.developer_webhook_endpoints_test_body import DeveloperWebhookEndpointsTestBody
from thunderphone.generated.models.events_enum import EventsEnum
from thunderphone.generated.models.patched_developer_webhook_endpoint_create_update_request import (
    PatchedDeveloperWebhookEndpointCreateUpdateRequest,
)
from waiting import PATIENCE

from emulator.conftest import AUTHORIZED, NOON, RECEPTION, connect
from emulator.listener import Listener
from emulator.sdk import done, parsed
from reconciler.emulator import EMULATED_KEY, Fault, Platform, Scenario, serve
from reconciler.emulator.administration import catch_up
from reconciler.emulator.database import Database
from reconciler.emulator.deliveries import claim
from reconciler.emulator.exchange import Scene
from reconciler.schedule.clock import FixedClock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from thunderphone import ThunderPhone

ENDPOINTS = "/v1/developer/webhook-endpoints"
DELIVERIES = "/v1/developer/webhook-deliveries"
CALL = {"from_number": "+15551230001", "to_number": "+14155550199"}


@pytest.fixture
def listener() -> Iterator[Listener]:
    with Listener() as listener:
        yield listener


@pytest.fixture
def endpoint(http: httpx.Client, listener: Listener) -> dict[str, Any]:
    """An endpoint that hears of ends and nothing else."""
    return listen(http, listener.url, events=["telephony.complete"])


def listen(http: httpx.Client, url: str, **more: Any) -> dict[str, Any]:
    made = http.post(ENDPOINTS, json={"label": "Calls", "url": url, **more})
    assert made.status_code == 201
    return dict(made.json())


def ring(http: httpx.Client, agent: int, number: str = "+14155550199") -> int:
    return int(http.post("/v1/call", json={**CALL, "to_number": number, "agent_id": agent}).json()["call_id"])


def deliveries(http: httpx.Client, **query: Any) -> list[dict[str, Any]]:
    return list(http.get(DELIVERIES, params=query).json()["results"])


def test_the_end_of_a_call_is_told_once_and_signed_twice(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    call = ring(http, agent)
    platform.advance(60)
    (event,) = listener.events
    assert event.signed_by(endpoint["secret"])
    assert not event.signed_by(endpoint["secret"] + "x")
    header = event.headers["X-ThunderPhone-Signature-V2"]
    assert thunderphone.verify_signature(
        header,
        secret=endpoint["secret"],
        method="POST",
        path=event.path,
        body=event.body,
        now=platform.clock.now().timestamp(),
    )
    assert event.body.startswith(b'{"data":{')
    assert set(event.json) == {"data", "event_id", "type"}
    data = event.json["data"]
    assert (data["call_id"], data["status"], data["agent_name"]) == (call, "completed", "Reception")
    assert [turn["role"] for turn in data["transcripts"]] == ["assistant", "user"]
    assert not {"idempotency_key", "variables", "agent_id"} & set(data)
    (row,) = deliveries(http)
    assert (row["status"], row["http_status"], row["attempt_count"], row["call_id"]) == ("delivered", 204, 1, call)


def test_an_endpoint_for_everything_hears_of_the_grade_twice(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener
) -> None:
    listen(http, listener.url)
    call = ring(http, agent)
    platform.advance(43)
    assert http.get(f"/v1/calls/{call}/grade").status_code == 404
    assert http.get(f"/v1/calls/{call}").json()["grade_status"] == "pending"
    platform.advance(60)
    assert listener.names == ["telephony.complete", "call.graded", "call.graded"]
    assert [event.json["data"]["grade"]["summary"] for event in listener.events[1:]] == ["", "An emulated call."]
    assert len({event.id for event in listener.events}) == 3
    graded = http.get(f"/v1/calls/{call}").json()
    assert (graded["grade_score"], graded["goal_achievement"]) == (92, "achieved")


@pytest.mark.parametrize("more", [{"status": "disabled"}, {"events": ["sms.sent"]}])
def test_who_did_not_ask_is_not_told(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, more: dict[str, Any]
) -> None:
    listen(http, listener.url, **more)
    ring(http, agent)
    platform.advance(60)
    assert listener.events == []


def test_an_endpoint_of_one_agent_hears_of_its_calls_alone(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener
) -> None:
    other = http.post("/v1/agents", json={"name": "B", "prompt": "C", "voice": "maya"}).json()["id"]
    made = listen(http, listener.url, events=["telephony.complete"], agent_id=other)
    assert made["agent_name"] == "B"
    ring(http, agent)
    mine = ring(http, other, "+14155550142")
    platform.advance(60)
    assert [event.json["data"]["call_id"] for event in listener.events] == [mine]


def test_a_refused_event_is_tried_again_with_its_id_and_given_up_after_a_day(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    listener.status = 500
    ring(http, agent)
    platform.advance(60)
    assert [row["status"] for row in deliveries(http)] == ["retrying"]
    platform.advance(61)
    assert len(listener.events) == 2
    assert len({event.id for event in listener.events}) == 1
    for _ in range(12):
        platform.advance(4 * 3600)
    (row,) = deliveries(http, status="failed")
    assert (row["failure_category"], row["http_status"], row["next_retry_at"]) == ("http_error", 500, None)
    (shown,) = http.get(ENDPOINTS).json()
    assert shown["status"] == "failing"
    listener.status = 200
    http.patch(f"{ENDPOINTS}/{endpoint['id']}", json={"status": "active"})
    heard = len(listener.events)
    ring(http, agent)
    platform.advance(60)
    assert len(listener.events) == heard + 1


def test_an_event_that_was_taken_but_not_acknowledged_comes_again(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    platform.inject(Fault(method="EVENT", path="/events/telephony.*", drop="read", took_effect=True))
    ring(http, agent)
    platform.advance(60)
    platform.advance(70)
    assert len(listener.events) == 2
    assert listener.events[0].id == listener.events[1].id
    assert [row["attempt_count"] for row in deliveries(http)] == [2]


def test_events_are_doubled_held_back_and_overtaken_on_request(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    platform.inject(Fault(method="EVENT", delay=120))
    platform.inject(Fault(method="EVENT", copies=2))
    first, second = ring(http, agent), ring(http, agent, "+14155550142")
    platform.advance(60)
    # The second call ends first.
    assert [event.json["data"]["call_id"] for event in listener.events] == [first] * 3
    assert len({event.id for event in listener.events}) == 1
    platform.advance(130)
    assert [event.json["data"]["call_id"] for event in listener.events[3:]] == [second]


@pytest.mark.parametrize(
    ("fault", "genuine", "readable"),
    [(Fault(method="EVENT", malform="signature"), False, True), (Fault(method="EVENT", malform="json"), True, False)],
)
def test_events_come_with_a_wrong_signature_or_a_broken_body(
    http: httpx.Client,
    platform: Platform,
    agent: int,
    listener: Listener,
    endpoint: dict[str, Any],
    fault: Fault,
    genuine: bool,  # noqa: FBT001 - a column of the table
    readable: bool,  # noqa: FBT001 - a column of the table
) -> None:
    platform.inject(fault)
    ring(http, agent)
    platform.advance(60)
    (event,) = listener.events
    assert event.signed_by(endpoint["secret"]) is genuine
    assert event.body.endswith(b"}") is readable


def test_a_skewed_clock_shows_in_the_timestamp(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    platform.inject(Fault(method="EVENT", skew=-400))
    ring(http, agent)
    platform.advance(60)
    (event,) = listener.events
    assert int(event.times()["t"]) == int(platform.clock.now().timestamp()) - 400
    assert event.signed_by(endpoint["secret"])


def test_faults_of_requests_leave_events_alone(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    ring(http, agent)
    platform.inject(Fault(status=503, times=None))
    platform.advance(60)
    assert len(listener.events) == 1


def test_nothing_is_ever_sent_off_this_machine(http: httpx.Client, platform: Platform, agent: int) -> None:
    for host in ("hooks.example.com", "hooks.invalid"):
        listen(http, f"https://{host}/", events=["telephony.complete"])
    ring(http, agent)
    platform.advance(60)
    found = {row["url"]: (row["status"], row["failure_category"]) for row in deliveries(http)}
    assert found == {
        "https://hooks.example.com/": ("delivered", None),
        "https://hooks.invalid/": ("retrying", "dns"),
    }


def test_nobody_listening_is_a_connection_that_failed(http: httpx.Client, platform: Platform, agent: int) -> None:
    with Listener() as gone:
        pass
    listen(http, gone.url, events=["telephony.complete"])
    ring(http, agent)
    platform.advance(60)
    assert [(row["status"], row["failure_category"]) for row in deliveries(http)] == [("retrying", "connection")]


def test_the_webhook_of_old_hears_the_old_names(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener
) -> None:
    secret = http.put("/v1/webhook", json={"url": listener.url}).json()["secret"]
    ring(http, agent)
    platform.advance(120)
    assert listener.names == ["call.complete"]
    assert listener.events[0].signed_by(secret)
    assert [row["source"] for row in deliveries(http)] == ["legacy"]


def test_a_receiver_may_ask_back_while_it_is_told(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener, endpoint: dict[str, Any]
) -> None:
    asked: list[int] = []
    listener.while_answering = lambda: asked.append(http.get("/v1/calls").json()["total"])
    ring(http, agent)
    platform.advance(60)
    assert asked == [1]


def test_a_page_of_deliveries_leads_to_the_next(
    http: httpx.Client, platform: Platform, agent: int, endpoint: dict[str, Any]
) -> None:
    calls = [ring(http, agent, f"+141555501{number:02}") for number in range(5)]
    platform.advance(60)
    page = http.get(DELIVERIES, params={"limit": 3}).json()
    assert (page["has_more"], page["limit"], len(page["results"])) == (True, 3, 3)
    rest = http.get(DELIVERIES, params={"limit": 3, "cursor": page["next_cursor"]}).json()
    assert (rest["has_more"], rest["next_cursor"]) == (False, None)
    assert {row["call_id"] for row in page["results"] + rest["results"]} == set(calls)
    assert deliveries(http, agent_id=1) == []
    assert deliveries(http, endpoint_id=endpoint["id"], since="2026-12-01T12:01:00Z") == []
    assert http.get(DELIVERIES, params={"since": "yesterday"}).status_code == 400


def test_only_events_that_exist_here_may_be_asked_for(http: httpx.Client, platform: Platform) -> None:
    body = {"label": "Calls", "url": "https://hooks.example.com", "events": ["call.data_extracted"]}
    assert http.post(ENDPOINTS, json=body).status_code == 201
    platform.change(webhook_events=["telephony.complete"])
    refused = http.post(ENDPOINTS, json=body)
    assert (refused.status_code, list(refused.json())) == (400, ["events"])


@pytest.mark.parametrize("url", ["http://hooks.example.com/", "ftp://example.com", "", "nowhere"])
def test_a_url_must_be_https_or_on_this_machine(http: httpx.Client, url: str) -> None:
    refused = http.post(ENDPOINTS, json={"label": "Calls", "url": url})
    assert (refused.status_code, list(refused.json())) == (400, ["url"])


def test_only_an_administrator_changes_endpoints(http: httpx.Client, platform: Platform) -> None:
    platform.change(role="member")
    assert http.post(ENDPOINTS, json={"label": "Calls", "url": "https://hooks.example.com"}).status_code == 403


def test_the_sdk_makes_tests_and_deletes_an_endpoint(sdk: ThunderPhone, listener: Listener) -> None:
    body = DeveloperWebhookEndpointCreateUpdateRequest(label="Calls", url=listener.url)
    made = parsed(developer_webhook_endpoints_create, sdk, body=body)
    assert made.secret.endswith(made.secret_hint)
    tried = parsed(developer_webhook_endpoints_test, sdk, made.id, body=DeveloperWebhookEndpointsTestBody())
    assert (tried.success, tried.response_code, tried.event_type) == (True, 204, "webhook.test")
    assert [event.id for event in listener.events] == [str(tried.event_id)]
    assert listener.events[0].signed_by(made.secret)
    listener.status = 503
    chosen = DeveloperWebhookEndpointsTestBody.from_dict({"event_type": "telephony.complete"})
    failed = parsed(developer_webhook_endpoints_test, sdk, made.id, body=chosen)
    assert (failed.success, failed.response_code, failed.event_type) == (False, 503, "telephony.complete")
    change = PatchedDeveloperWebhookEndpointCreateUpdateRequest(events=[EventsEnum.TELEPHONY_COMPLETE])
    patched = parsed(developer_webhook_endpoints_partial_update, sdk, made.id, body=change)
    assert patched.events == ["telephony.complete"]
    assert [each.id for each in parsed(developer_webhook_endpoints_list, sdk)] == [made.id]
    page = parsed(developer_webhook_deliveries_list, sdk)
    assert [row.status.value for row in page.results] == ["retrying", "delivered"]
    done(developer_webhook_endpoints_delete, sdk, made.id)


def test_a_handed_over_call_is_told_as_such(
    http: httpx.Client, platform: Platform, agent: int, listener: Listener
) -> None:
    listen(http, listener.url, events=["call.transfer_completed"])
    call = ring(http, agent, "+14155550184")
    platform.advance(60)
    (event,) = listener.events
    assert (event.json["data"]["call_id"], event.json["data"]["transfer_outcome"]) == (call, "bridged")
    ended = http.get(f"/v1/calls/{call}").json()
    assert (ended["end_reason"], ended["transfer_bridge_kind"]) == ("transfer", "warm")


def test_two_servers_on_one_account_tell_each_end_once(tmp_path: Path, listener: Listener) -> None:
    path, clock, agent = tmp_path / "emulator.db", FixedClock(NOON), RECEPTION
    with (
        Platform(path, clock, Scenario(agents=(agent,))) as first,
        Platform(path, clock) as second,
        connect(first) as http,
    ):
        listen(http, listener.url, events=["telephony.complete"])
        calls = {ring(http, 1001, f"+141555501{number:02}") for number in range(30)}
        with serve(first), serve(second):
            first.advance(60)
            assert listener.wait_for(30)
    assert sorted(event.json["data"]["call_id"] for event in listener.events) == sorted(calls)


def test_a_receiver_that_dawdles_delays_only_its_own_events(live: Platform, listener: Listener) -> None:
    over = threading.Event()
    with (
        Listener(while_answering=lambda: over.wait(2 * PATIENCE)) as slow,
        serve(live) as server,
        httpx.Client(base_url=server.url, headers=AUTHORIZED) as web,
    ):
        for url in (slow.url, listener.url):
            listen(web, url, events=["telephony.complete"])
        agent = web.post("/v1/agents", json=RECEPTION).json()["id"]
        ring(web, agent, "+14155550195")
        assert slow.wait_for(1)
        assert listener.wait_for(1)
        over.set()


def test_an_event_that_a_killed_process_had_in_hand_is_told_by_the_next(tmp_path: Path, listener: Listener) -> None:
    path, clock = tmp_path / "emulator.db", FixedClock(NOON)
    with Platform(path, clock, Scenario(agents=(RECEPTION,))) as first, connect(first) as http:
        listen(http, listener.url, events=["telephony.complete"])
        call = ring(http, 1001)
    database = Database(path)
    with database.transaction() as connection:
        scene = Scene(connection, NOON + timedelta(seconds=60))
        catch_up(connection, scene.now)
        assert claim(scene)
    database.close()
    with Platform(path, clock) as second:
        second.advance(61)
        assert listener.events == []
        second.advance(60)
        assert [event.json["data"]["call_id"] for event in listener.events] == [call]


def test_a_server_tells_by_itself_when_a_call_ends(live: Platform, listener: Listener) -> None:
    with serve(live) as server, thunderphone.ThunderPhone(EMULATED_KEY, base_url=server.url) as sdk:
        web = sdk.client.get_httpx_client()
        web.post(ENDPOINTS, json={"label": "Calls", "url": listener.url, "events": ["telephony.complete"]})
        agent = web.post("/v1/agents", json={"name": "B", "prompt": "C", "voice": "maya"}).json()["id"]
        web.post("/v1/call", json={**CALL, "to_number": "+14155550195", "agent_id": agent})
        assert listener.wait_for(1)
    assert listener.names == ["telephony.complete"]
    assert listener.events[0].json["data"]["end_reason"] == "provider_error"
