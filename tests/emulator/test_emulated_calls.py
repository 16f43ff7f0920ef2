"""How a call unfolds with the clock, and how the list of calls is asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.emulator.outcomes import OUTCOMES

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator import Platform


def place(http: httpx.Client, agent: int, suffix: str = "0199", **changes: Any) -> int:
    body = {"from_number": "+15551230001", "to_number": f"+1415555{suffix}", "agent_id": agent}
    return int(http.post("/v1/call", json=body | changes).json()["call_id"])


def test_a_call_rings_talks_and_ends_with_the_clock(http: httpx.Client, platform: Platform, agent: int) -> None:
    path = f"/v1/calls/{place(http, agent)}"
    ringing = http.get(path).json()
    assert (ringing["status"], ringing["outbound_dial_state"]) == ("in_progress", "submitted")
    assert (ringing["end_reason"], ringing["end_time"], ringing["recording_url"]) == (None, None, None)
    platform.advance(10)
    talking = http.get(path).json()
    assert (talking["status"], talking["outbound_dial_state"]) == ("in_progress", "answered")
    assert talking["sip_answered_at"] == "2026-12-01T12:00:04.000000Z"
    assert http.get(f"{path}/audio").status_code == 404
    platform.advance(32)
    over = http.get(path).json()
    assert (over["status"], over["duration_seconds"]) == ("completed", 42)
    assert over["end_time"] == "2026-12-01T12:00:42.000000Z"
    assert over["end_reason"] == "caller_hangup"
    assert http.get(f"{path}/audio").json() == {"url": over["recording_url"]}
    assert [entry["role"] for entry in http.get(f"{path}/transcript").json()["transcripts"]] == [
        "agent",
        "user",
    ]


def test_a_call_is_billed_once_however_often_it_is_looked_at(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    path = f"/v1/calls/{place(http, agent)}"
    platform.advance(3600)
    bills = [http.get(path).json() for _ in range(3)]
    assert {(b["billable_minutes"], b["billing_total_cents"], b["billed_at"]) for b in bills} == {
        (1.0, 2, "2026-12-01T12:00:42.000000Z")
    }
    assert http.get("/v1/billing").json()["balance_cents"] == 2498
    [transaction] = http.get("/v1/billing/transactions").json()
    assert (transaction["kind"], transaction["amount_cents"]) == ("call_usage", -2)


@pytest.mark.parametrize(
    ("suffix", "status", "end_reason", "answered", "recorded"),
    [
        ("0198", "completed", "no_answer", False, False),
        ("0197", "failed", "busy", False, False),
        ("0196", "completed", "voicemail", True, True),
        ("0195", "failed", "provider_error", False, False),
        ("0185", "completed", "agent_end", True, False),
        ("0184", "completed", "transfer", True, True),
        ("0183", "failed", "error", True, False),
        ("1234", "completed", "caller_hangup", True, True),
    ],
)
def test_the_destination_decides_the_outcome(
    http: httpx.Client,
    platform: Platform,
    agent: int,
    suffix: str,
    status: str,
    end_reason: str,
    answered: bool,  # noqa: FBT001 - a column of a table
    recorded: bool,  # noqa: FBT001 - a column of a table
) -> None:
    number = place(http, agent, suffix)
    platform.advance(120)
    call = http.get(f"/v1/calls/{number}").json()
    assert (call["status"], call["end_reason"]) == (status, end_reason)
    assert (call["sip_answered_at"] is not None, call["recording_url"] is not None) == (answered, recorded)
    assert (call["billing_total_cents"] > 0) == answered
    assert http.get(f"/v1/calls/{number}/audio").status_code == (200 if recorded else 404)


def test_a_stuck_call_never_ends(http: httpx.Client, platform: Platform, agent: int) -> None:
    number = place(http, agent, "0188")
    platform.advance(1_000_000)
    assert http.get(f"/v1/calls/{number}").json()["status"] == "in_progress"


def test_the_calls_of_a_low_balance_reload_it_when_they_end(http: httpx.Client, platform: Platform, agent: int) -> None:
    platform.change(
        balance_cents=1001,
        auto_reload_enabled=True,
        auto_reload_minimum_cents=1000,
        auto_reload_amount_cents=2000,
    )
    place(http, agent)
    platform.advance(60)
    account = http.get("/v1/billing").json()
    assert (account["balance_cents"], account["auto_reload_month_spend_cents"]) == (2999, 2000)
    assert account["last_auto_reload"]["amount_cents"] == 2000


def test_the_list_is_an_envelope_newest_first_of_at_most_a_hundred(http: httpx.Client, agent: int) -> None:
    calls = [place(http, agent) for _ in range(103)]
    first = http.get("/v1/calls").json()
    assert (first["total"], first["limit"], first["offset"], len(first["results"])) == (103, 50, 0, 50)
    assert first["results"][0]["call_id"] == calls[-1]
    greedy = http.get("/v1/calls", params={"limit": 500}).json()
    assert (greedy["limit"], len(greedy["results"])) == (100, 100)
    last = http.get("/v1/calls", params={"limit": 100, "offset": 100}).json()
    assert [call["call_id"] for call in last["results"]] == calls[2::-1]


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({}, [2, 1, 0]),
        ({"to_number": "+14155550198"}, [1]),
        ({"from_number": "+15551230001"}, [2, 1, 0]),
        ({"phone_number": "+14155550199"}, [2, 0]),
        ({"status": "in_progress"}, [2]),
        ({"status": "completed"}, [1, 0]),
        ({"direction": "inbound"}, []),
        ({"agent_id": "9"}, []),
        ({"start_date": "2026-12-01T12:10:00Z"}, [2, 1]),
        ({"start_date": "2026-12-01T07:10:00-05:00", "end_date": "2026-12-01T12:15:00Z"}, [1]),
        ({"end_date": "2026-12-01"}, []),
        ({"exclude_test_calls": "true"}, [2, 1, 0]),
    ],
)
def test_the_list_is_filtered(
    http: httpx.Client, platform: Platform, agent: int, filters: dict[str, str], found: list[int]
) -> None:
    calls = []
    for suffix in ("0199", "0198", "0199"):
        calls.append(place(http, agent, suffix))
        platform.advance(600 if len(calls) < 3 else 1)
    listed = http.get("/v1/calls", params=filters).json()
    assert [call["call_id"] for call in listed["results"]] == [calls[index] for index in found]
    assert listed["total"] == len(found)


@pytest.mark.parametrize("filters", [{"start_date": "soon"}, {"status": "done"}, {"agent_id": "x"}])
def test_a_filter_that_cannot_be_read_is_a_400(http: httpx.Client, filters: dict[str, str]) -> None:
    refused = http.get("/v1/calls", params=filters)
    assert (refused.status_code, list(refused.json())) == (400, list(filters))


def test_an_unknown_call_is_a_404(http: httpx.Client) -> None:
    assert http.get("/v1/calls/5").status_code == 404


def test_every_outcome_is_explained_and_lies_in_the_fictional_range() -> None:
    assert all(outcome.meaning for outcome in OUTCOMES.values())
    assert all(suffix == "default" or suffix.startswith("01") for suffix in OUTCOMES)
