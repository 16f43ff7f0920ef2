"""Campaigns: contacts that are never compared, gates, hours, attempts, and the SDK on all of it."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from thunderphone.generated.api.campaigns import (
    campaigns_action,
    campaigns_contacts,
    campaigns_create,
    campaigns_delete,
    campaigns_list,
    campaigns_partial_update,
    campaigns_retrieve,
    campaigns_stats_list,
)
from thunderphone.generated.models.campaign_action_request import CampaignActionRequest
from thunderphone.generated.models.campaign_contact_input_request import CampaignContactInputRequest
from thunderphone.generated.models.campaign_contacts_request import CampaignContactsRequest
from thunderphone.generated.models.campaign_contacts_upload_request import CampaignContactsUploadRequest
from thunderphone.generated.models.campaign_request import CampaignRequest
from thunderphone.generated.models.campaigns_action_action import CampaignsActionAction
from thunderphone.generated.models.patched_campaign_request import PatchedCampaignRequest
from thunderphone.generated.types import File

from emulator.listener import Listener
from emulator.sdk import done, front_desk, parsed
from emulator.specimens import SPECIMENS

if TYPE_CHECKING:
    import httpx
    from thunderphone import ThunderPhone

    from reconciler.emulator import Platform

PATH = "/v1/campaigns"
YES = {"consent_to_charge": True}
# Noon in UTC is seven in the morning in New York: two hours before the window opens.
TWO_HOURS = 2 * 3600
ANSWERS, RINGS_OUT, BUSY, REFUSED, ENDLESS = (f"+1415555{end}" for end in ("0142", "0198", "0197", "0192", "0188"))


def draft(http: httpx.Client, *numbers: str, **changes: Any) -> str:
    made = http.post(PATH, json={**SPECIMENS["campaigns"].body, **changes})
    assert made.status_code == 201, made.text
    key = str(made.json()["public_id"])
    if numbers:
        load(http, key, *({"phone": number} for number in numbers))
    return key


def load(http: httpx.Client, key: str, *rows: object) -> dict[str, Any]:
    return dict(http.post(f"{PATH}/{key}/contacts", json={"contacts": rows}).json())


def start(http: httpx.Client, key: str) -> httpx.Response:
    return http.post(f"{PATH}/{key}/start", json=YES)


def read(http: httpx.Client, key: str) -> dict[str, Any]:
    return dict(http.get(f"{PATH}/{key}").json())


def stands(http: httpx.Client, key: str) -> list[tuple[str, int, str]]:
    return [(each["status"], each["attempts"], each["last_outcome"]) for each in read(http, key)["contacts"]]


def test_what_nobody_asked_for_is_the_servers_idea(http: httpx.Client) -> None:
    made = read(http, draft(http, daily_window_start="09:00"))
    assert (made["status"], made["timezone"], made["daily_window_start"]) == ("draft", "America/New_York", "09:00:00")
    assert (made["max_attempts"], made["max_concurrent_calls"], made["retry_backoff_minutes"]) == (3, 5, 60)


def test_rows_that_cannot_be_dialled_are_rejected_by_index_and_the_rest_is_taken(http: httpx.Client) -> None:
    key = draft(http)
    rows = [{"phone": ANSWERS}, {"phone_number": "555"}, {"name": "Ann"}, {"phone": ANSWERS, "tags": []}, "x"]
    assert {name: value for name, value in load(http, key, *rows).items() if name != "x_emulated"} == {
        "accepted": 1,
        "rejected": 4,
        "errors": [
            {"index": 1, "error": "invalid_phone_number"},
            {"index": 2, "error": "invalid_phone_number"},
            {"index": 3, "error": "invalid_variable"},
            {"index": 4, "error": "invalid_contact"},
        ],
        "errors_truncated": False,
    }


def test_the_same_list_twice_is_every_contact_twice(http: httpx.Client) -> None:
    key = draft(http, ANSWERS, ANSWERS)
    load(http, key, {"phone": ANSWERS, "first_name": "Ann", "count": 2})
    found = read(http, key)
    assert (found["total_count"], found["contacts"][2]["variables"]) == (3, {"first_name": "Ann", "count": 2})


def test_a_request_takes_five_thousand_contacts_and_not_one_more(http: httpx.Client) -> None:
    key = draft(http)
    assert load(http, key, *[{"phone": ANSWERS}] * 5000)["accepted"] == 5000
    refused = http.post(f"{PATH}/{key}/contacts", json={"contacts": [{"phone": ANSWERS}] * 5001})
    assert (refused.status_code, list(refused.json())) == (400, ["contacts"])
    assert read(http, key)["total_count"] == 5000


@pytest.mark.parametrize(
    "content",
    [b'phone,first_name\r\n+14155550142,"Ann,\r\nB."\r\n', "\ufeffphone,first_name\n+14155550142,Ann\n".encode()],
)
def test_a_table_is_read_under_its_header(http: httpx.Client, content: bytes) -> None:
    key = draft(http)
    taken = http.post(f"{PATH}/{key}/contacts", files={"file": ("people.csv", content, "text/csv")})
    assert (taken.status_code, taken.json()["accepted"]) == (201, 1)
    (contact,) = read(http, key)["contacts"]
    assert contact["variables"]["first_name"].startswith("Ann")


def test_a_bare_list_is_a_list_of_contacts_and_a_mapping_names_columns(http: httpx.Client) -> None:
    key = draft(http)
    assert http.post(f"{PATH}/{key}/contacts", json=[{"phone": ANSWERS}]).json()["accepted"] == 1
    file = {"file": ("people.csv", b"Mobile\n+14155550142\n", "text/csv")}
    mapped = http.post(f"{PATH}/{key}/contacts", files=file, data={"mapping": json.dumps({"Mobile": "phone"})})
    assert mapped.json()["accepted"] == 1
    broken = http.post(f"{PATH}/{key}/contacts", files=file, data={"mapping": "{'Mobile': 'phone'}"})
    assert (broken.status_code, list(broken.json())) == (400, ["mapping"])


def test_it_waits_for_its_hours_then_really_calls_and_is_over(http: httpx.Client, platform: Platform) -> None:
    key = draft(http, ANSWERS, RINGS_OUT, max_attempts=1)
    assert start(http, key).json()["status"] == "scheduled"
    platform.advance(TWO_HOURS - 1)
    assert http.get("/v1/calls").json()["total"] == 0
    platform.advance(2)
    running = read(http, key)
    assert (running["status"], running["in_progress_count"]) == ("running", 2)
    platform.advance(60)
    assert stands(http, key) == [("completed", 1, "completed"), ("exhausted", 1, "no_answer")]
    ended = read(http, key)
    assert (ended["status"], ended["completed_count"], ended["failed_count"]) == ("completed", 1, 1)
    calls = http.get("/v1/calls").json()["results"]
    assert {call["call_id"] for call in calls} == {contact["call_id"] for contact in ended["contacts"]}
    assert {call["start_time"] for call in calls} == {"2026-12-01T14:00:00.000000Z"}
    assert platform.state()["balance_cents"] < 2500


def test_an_unanswered_contact_is_called_again_after_a_while_within_the_hours(
    http: httpx.Client, platform: Platform
) -> None:
    key = draft(http, BUSY, retry_backoff_minutes=300, max_attempts=3)
    start(http, key)
    platform.advance(TWO_HOURS + 60)
    assert stands(http, key) == [("scheduled", 1, "busy")]
    platform.advance(24 * 3600)
    starts = [call["start_time"][:16] for call in http.get("/v1/calls").json()["results"]]
    assert starts == ["2026-12-02T14:00", "2026-12-01T19:00", "2026-12-01T14:00"]
    assert stands(http, key) == [("exhausted", 3, "busy")]
    assert read(http, key)["status"] == "completed"


def test_no_more_are_called_at_once_than_may_be(http: httpx.Client, platform: Platform) -> None:
    key = draft(http, *[ANSWERS] * 7, max_concurrent_calls=3)
    start(http, key)
    seen = []
    platform.advance(TWO_HOURS + 1)
    for _ in range(4):
        seen.append(read(http, key)["in_progress_count"])
        platform.advance(34)
    assert seen == [3, 3, 1, 0]


def test_a_refused_number_fails_without_a_call_and_one_that_never_hangs_up_holds_the_campaign(
    http: httpx.Client, platform: Platform
) -> None:
    key = draft(http, REFUSED, ENDLESS)
    start(http, key)
    platform.advance(TWO_HOURS + 3600)
    assert stands(http, key) == [("failed", 1, "rejected"), ("calling", 1, "")]
    assert read(http, key)["status"] == "running"


def test_paused_it_calls_nobody_and_started_again_it_goes_on(http: httpx.Client, platform: Platform) -> None:
    key = draft(http, ANSWERS, ANSWERS, max_concurrent_calls=1)
    start(http, key)
    platform.advance(TWO_HOURS + 1)
    assert http.post(f"{PATH}/{key}/pause").json()["status"] == "paused"
    platform.advance(600)
    assert [status for status, _, _ in stands(http, key)] == ["completed", "pending"]
    assert start(http, key).json()["status"] == "running"
    platform.advance(60)
    assert read(http, key)["status"] == "completed"


def test_cancelled_it_is_over_for_good(http: httpx.Client, platform: Platform) -> None:
    key = draft(http, ANSWERS, ANSWERS, max_concurrent_calls=1)
    start(http, key)
    platform.advance(TWO_HOURS + 1)
    assert http.post(f"{PATH}/{key}/cancel").json()["status"] == "cancelled"
    platform.advance(600)
    assert [status for status, _, _ in stands(http, key)] == ["completed", "exhausted"]
    assert start(http, key).status_code == 409
    assert http.delete(f"{PATH}/{key}").status_code == 204


@pytest.mark.parametrize(
    ("changes", "status"),
    [({"tcpa": "missing"}, 403), ({"balance_cents": 0}, 402), ({"role": "member"}, 403)],
)
def test_a_start_has_gates(http: httpx.Client, platform: Platform, changes: dict[str, Any], status: int) -> None:
    key = draft(http, ANSWERS)
    platform.change(**changes)
    assert start(http, key).status_code == status
    assert read(http, key)["status"] == "draft"


def test_a_start_needs_consent_contacts_and_a_number_that_may_dial(http: httpx.Client) -> None:
    refused = http.post(f"{PATH}/{draft(http, ANSWERS)}/start", json={})
    assert (refused.status_code, list(refused.json())) == (400, ["consent_to_charge"])
    assert start(http, draft(http)).status_code == 400
    assert start(http, draft(http, ANSWERS, from_number="+15551230002")).status_code == 403


def test_a_running_campaign_is_not_changed_loaded_or_deleted(http: httpx.Client) -> None:
    key = draft(http, ANSWERS)
    start(http, key)
    assert http.patch(f"{PATH}/{key}", json={"name": "Still waiting"}).status_code == 200
    http.post(f"{PATH}/{key}/pause")
    assert http.patch(f"{PATH}/{key}", json={"daily_window_start": "00:00"}).status_code == 200
    assert start(http, key).json()["status"] == "running"
    assert http.patch(f"{PATH}/{key}", json={"name": "New"}).status_code == 409
    assert http.post(f"{PATH}/{key}/contacts", json=[{"phone": ANSWERS}]).status_code == 409
    assert http.delete(f"{PATH}/{key}").status_code == 409
    assert start(http, key).status_code == 409


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("daily_window_start", "9 o'clock"),
        ("daily_window_end", "08:00"),
        ("timezone", "Mars/Olympus"),
        ("from_number", "+15550000000"),
        ("agent", 7),
        ("start_at", "tomorrow"),
    ],
)
def test_a_bad_field_is_a_400_that_names_it(http: httpx.Client, field: str, value: object) -> None:
    refused = http.post(PATH, json={**SPECIMENS["campaigns"].body, field: value})
    assert (refused.status_code, list(refused.json())) == (400, [field])


def test_an_empty_balance_pauses_it_in_the_middle(http: httpx.Client, platform: Platform) -> None:
    key = draft(http, ANSWERS, ANSWERS, max_concurrent_calls=1)
    start(http, key)
    platform.advance(TWO_HOURS + 1)
    platform.change(balance_cents=1)
    platform.advance(60)
    assert read(http, key)["status"] == "paused"
    assert [status for status, _, _ in stands(http, key)] == ["completed", "pending"]


def test_its_end_is_told(http: httpx.Client, platform: Platform) -> None:
    with Listener() as listener:
        body = {"label": "C", "url": listener.url, "events": ["campaign.completed"]}
        http.post("/v1/developer/webhook-endpoints", json=body)
        key = draft(http, ANSWERS, end_at="2026-12-01T20:00:00Z")
        start(http, key)
        platform.advance(TWO_HOURS + 60)
    (event,) = listener.events
    assert (event.json["data"]["public_id"], event.json["data"]["completed_count"]) == (key, 1)


def test_the_sdk_runs_a_campaign(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk).id
    body = CampaignRequest(
        name="Reminders",
        agent=agent,
        from_number="+15551230001",
        daily_window_start="00:00",
        daily_window_end="23:59:59",
        timezone="UTC",
    )
    made = parsed(campaigns_create, sdk, body=body)
    change = PatchedCampaignRequest(end_at=datetime(2036, 1, 1, tzinfo=UTC), max_attempts=1)
    assert parsed(campaigns_partial_update, sdk, made.public_id, body=change).max_attempts == 1
    one = CampaignContactInputRequest(phone="+14155550142", name="Ann")
    parsed(campaigns_contacts, sdk, made.public_id, body=CampaignContactsRequest(contacts=[one]))
    parsed(campaigns_contacts, sdk, made.public_id, body=[one])
    file = File(payload=io.BytesIO(b"phone\n+14155550142\nnobody\n"), file_name="p.csv", mime_type="text/csv")
    taken = parsed(campaigns_contacts, sdk, made.public_id, body=CampaignContactsUploadRequest(file=file))
    assert (taken.accepted, taken.rejected, taken.errors[0]["index"]) == (1, 1, 1)
    consent = CampaignActionRequest(consent_to_charge=True)
    started = parsed(campaigns_action, sdk, made.public_id, CampaignsActionAction.START, body=consent)
    assert started.status.value == "running"
    assert parsed(campaigns_retrieve, sdk, made.public_id).contacts[0].variables == {"name": "Ann"}
    for action, status in ((CampaignsActionAction.PAUSE, "paused"), (CampaignsActionAction.CANCEL, "cancelled")):
        assert parsed(campaigns_action, sdk, made.public_id, action, body=consent).status.value == status
    live.advance(120)
    stats = parsed(campaigns_stats_list, sdk, made.public_id)
    assert (stats.total, sum(stats.by_status.additional_properties.values())) == (3, 3)
    assert [each.public_id for each in parsed(campaigns_list, sdk)] == [made.public_id]
    done(campaigns_delete, sdk, made.public_id)
