"""Every row of the vendor's table of outbound failures, from the state of the account alone."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest

from emulator.conftest import connect

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator import Platform

VERIFIED, UNVERIFIED, DEMO = "+15551230001", "+15551230002", "+15551230003"
CALLEE = "+14155550199"


def request(agent: int | None = None, **changes: Any) -> dict[str, Any]:
    body: dict[str, Any] = {"from_number": VERIFIED, "to_number": CALLEE}
    return body | ({"agent_id": agent} if agent else {}) | changes


def dialled(http: httpx.Client) -> int:
    return int(http.get("/v1/calls").json()["total"])


def test_a_call_is_placed(http: httpx.Client, agent: int) -> None:
    placed = http.post("/v1/call", json=request(agent))
    assert placed.status_code == 201
    assert placed.json()["status"] == "initiated"
    assert http.get(f"/v1/calls/{placed.json()['call_id']}").json()["to_number"] == CALLEE


@pytest.mark.parametrize("missing", ["from_number", "to_number"])
def test_400_a_number_is_missing(http: httpx.Client, agent: int, missing: str) -> None:
    body = request(agent)
    del body[missing]
    refused = http.post("/v1/call", json=body)
    assert (refused.status_code, list(refused.json())) == (400, [missing])


def test_400_both_an_agent_and_a_config(http: httpx.Client, agent: int) -> None:
    refused = http.post("/v1/call", json=request(agent, config={"prompt": "Hi."}))
    assert (refused.status_code, "not both" in refused.json()["detail"]) == (400, True)


def test_400_neither_and_the_number_has_no_outbound_agent(http: httpx.Client, agent: int, number: int) -> None:
    refused = http.post("/v1/call", json=request())
    assert (refused.status_code, "No outbound agent" in refused.json()["detail"]) == (400, True)
    http.patch(f"/v1/phone-numbers/{number}", json={"outbound_agent_id": agent})
    placed = http.post("/v1/call", json=request())
    assert placed.status_code == 201
    assert http.get(f"/v1/calls/{placed.json()['call_id']}").json()["agent_id"] == agent


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"to_number": "4155550199"}, "to_number"),
        ({"from_number": "main-line"}, "from_number"),
        ({"agent_id": "1001"}, "agent_id"),
        ({"idempotency_key": "k" * 129}, "idempotency_key"),
        ({"idempotency_key": ""}, "idempotency_key"),
        ({"max_hold_seconds": 0}, "max_hold_seconds"),
        ({"variables": {"a": {"b": 1}}}, "variables"),
        ({"variables": [1]}, "variables"),
        ({"config": {"prompt": "Hi.", "outbound_speak_order": "agent_first"}}, "outbound_speak_order"),
        ({"config": {"prompt": "Hi.", "voice": "nobody"}}, "voice"),
        ({"config": {"prompt": "Hi.", "product": "gold"}}, "product"),
        ({"config": {"voice": "olivia"}}, "prompt"),
        ({"config": "Hi."}, "config"),
    ],
)
def test_400_a_field_is_wrong(http: httpx.Client, change: dict[str, Any], field: str) -> None:
    refused = http.post("/v1/call", json=request(**change))
    assert (refused.status_code, list(refused.json())) == (400, [field])


def test_400_an_unsupported_destination(http: httpx.Client, agent: int) -> None:
    refused = http.post("/v1/call", json=request(agent, to_number="+14155550186"))
    assert (refused.status_code, list(refused.json())) == (400, ["to_number"])


@pytest.mark.parametrize(
    "header", [None, "", "Token sk_live_x", "Bearer ", "Bearer sk_test_revoked", "Bearer pk_live_x"]
)
def test_401_without_a_good_key(platform: Platform, header: str | None) -> None:
    with connect(platform) as http:
        http.headers.pop("Authorization")
        refused = http.post("/v1/call", json=request(), headers={"Authorization": header} if header is not None else {})
        assert (refused.status_code, list(refused.json())) == (401, ["detail"])
        assert http.get("/v1/healthz").json() == {"ok": True}


@pytest.mark.parametrize("balance", [0, -15])
def test_402_an_exhausted_balance(http: httpx.Client, platform: Platform, agent: int, balance: int) -> None:
    platform.change(balance_cents=balance)
    assert http.post("/v1/call", json=request(agent)).status_code == 402
    assert dialled(http) == 0


def test_402_is_averted_by_an_auto_reload_that_can_help(http: httpx.Client, platform: Platform, agent: int) -> None:
    platform.change(balance_cents=0, auto_reload_enabled=True, auto_reload_amount_cents=5000)
    assert http.post("/v1/call", json=request(agent)).status_code == 201
    assert http.get("/v1/billing").json()["balance_cents"] == 5000


@pytest.mark.parametrize(
    "hindrance",
    [{"auto_reload_monthly_limit_cents": 4000}, {"has_payment_method": False}, {"card_declines": True}],
)
def test_402_an_auto_reload_that_cannot_help(
    http: httpx.Client, platform: Platform, agent: int, hindrance: dict[str, Any]
) -> None:
    platform.change(balance_cents=0, auto_reload_enabled=True, auto_reload_amount_cents=5000, **hindrance)
    assert http.post("/v1/call", json=request(agent)).status_code == 402


@pytest.mark.parametrize("caller", [DEMO, UNVERIFIED])
def test_403_a_number_that_may_not_dial(http: httpx.Client, agent: int, caller: str) -> None:
    number = next(n for n in http.get("/v1/phone-numbers").json() if n["number"] == caller)
    refused = http.post("/v1/call", json=request(agent, from_number=caller))
    assert refused.status_code == 403
    assert refused.json()["detail"] == number["outbound_ineligible_reason"]


@pytest.mark.parametrize("status", ["missing", "superseded", "revoked"])
def test_403_without_an_active_tcpa_confirmation(
    http: httpx.Client, platform: Platform, agent: int, status: str
) -> None:
    platform.change(tcpa=status)
    assert http.post("/v1/call", json=request(agent)).status_code == 403


def test_403_a_trial_organisation(http: httpx.Client, agent: int) -> None:
    assert http.post("/v1/call", json=request(agent, to_number="+14155550187")).status_code == 403


def test_404_a_number_that_is_not_ours(http: httpx.Client, agent: int) -> None:
    assert http.post("/v1/call", json=request(agent, from_number="+15559990000")).status_code == 404


def test_404_an_agent_that_is_not_ours(http: httpx.Client) -> None:
    assert http.post("/v1/call", json=request(99)).status_code == 404


def test_409_a_caller_id_that_is_refused_for_good(http: httpx.Client, agent: int) -> None:
    refused = http.post("/v1/call", json=request(agent, to_number="+14155550192"))
    assert refused.status_code == 409
    assert refused.json()["code"] == "caller_id_not_eligible"
    assert refused.json()["retryable"] is False
    assert dialled(http) == 0


def test_409_a_placement_conflict_worth_retrying(http: httpx.Client, agent: int) -> None:
    refused = http.post("/v1/call", json=request(agent, to_number="+14155550191"))
    assert (refused.status_code, refused.json()["retryable"], "code" in refused.json()) == (409, True, False)


def test_409_a_key_used_for_another_request(http: httpx.Client, agent: int) -> None:
    http.post("/v1/call", json=request(agent, idempotency_key="k"))
    clash = http.post("/v1/call", json=request(agent, idempotency_key="k", max_hold_seconds=9))
    assert (clash.status_code, list(clash.json())) == (409, ["detail"])
    assert dialled(http) == 1


def test_502_and_nothing_was_dialled(http: httpx.Client, agent: int) -> None:
    body = request(agent, to_number="+14155550190", idempotency_key="k")
    assert [http.post("/v1/call", json=body).status_code for _ in range(2)] == [502, 502]
    assert dialled(http) == 0


def test_502_and_yet_the_phone_rang(http: httpx.Client, agent: int) -> None:
    body = request(agent, to_number="+14155550189", idempotency_key="k")
    assert http.post("/v1/call", json=body).status_code == 502
    replay = http.post("/v1/call", json=body)
    assert (replay.status_code, replay.json()["idempotent_replay"]) == (200, True)
    assert dialled(http) == 1


def test_202_the_outcome_is_unknown_and_the_call_took_place(http: httpx.Client, platform: Platform, agent: int) -> None:
    placed = http.post("/v1/call", json=request(agent, to_number="+14155550194"))
    assert (placed.status_code, placed.json()["status"]) == (202, "unknown")
    platform.advance(60)
    assert http.get(f"/v1/calls/{placed.json()['call_id']}").json()["status"] == "completed"


def test_202_pending_that_ends_failed(http: httpx.Client, platform: Platform, agent: int) -> None:
    placed = http.post("/v1/call", json=request(agent, to_number="+14155550193"))
    assert (placed.status_code, placed.json()["status"]) == (202, "pending")
    platform.advance(60)
    call = http.get(f"/v1/calls/{placed.json()['call_id']}").json()
    assert (call["status"], call["outbound_dial_state"], call["billing_total_cents"]) == (
        "failed",
        "failed",
        0,
    )


def test_201_and_then_the_provider_fails(http: httpx.Client, platform: Platform, agent: int) -> None:
    body = request(agent, to_number="+14155550195", idempotency_key="k")
    assert http.post("/v1/call", json=body).status_code == 201
    platform.advance(5)
    replay = http.post("/v1/call", json=body).json()
    assert (replay["status"], replay["failure_reason"]) == ("failed", "provider_error")


def test_a_replay_answers_the_first_call_whatever_the_account_has_come_to(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    body = request(agent, idempotency_key="k" * 128)
    first = http.post("/v1/call", json=body).json()
    platform.change(balance_cents=0, tcpa="missing", numbers=[{"number": VERIFIED, "delete": True}])
    replay = http.post("/v1/call", json=body)
    assert replay.status_code == 200
    assert replay.json() == {"call_id": first["call_id"], "status": "initiated", "idempotent_replay": True}


def test_a_refused_request_reserves_nothing(http: httpx.Client, platform: Platform, agent: int) -> None:
    body = request(agent, idempotency_key="k")
    platform.change(balance_cents=0)
    assert http.post("/v1/call", json=body).status_code == 402
    platform.change(balance_cents=100)
    assert http.post("/v1/call", json=body).status_code == 201


def test_without_a_key_each_request_dials(http: httpx.Client, agent: int) -> None:
    assert {http.post("/v1/call", json=request(agent)).status_code for _ in range(2)} == {201}
    assert dialled(http) == 2


def test_many_runners_with_one_key_dial_once(platform: Platform, agent: int) -> None:
    answers: list[tuple[int, int]] = []

    def run() -> None:
        with connect(platform) as http:
            placed = http.post("/v1/call", json=request(agent, idempotency_key="one"))
            answers.append((placed.status_code, placed.json()["call_id"]))

    runners = [threading.Thread(target=run) for _ in range(8)]
    for runner in runners:
        runner.start()
    for runner in runners:
        runner.join()
    assert sorted(status for status, _ in answers) == [200] * 7 + [201]
    assert len({call for _, call in answers}) == 1


def test_a_call_uses_the_deployed_agent_and_names_what_stayed_unresolved(http: httpx.Client, agent: int) -> None:
    http.patch(f"/v1/agents/{agent}", json={"prompt": "Never deployed."})
    variables = {"patient": None, "time": "3pm"}
    config = {"prompt": "Call {{patient}} at {{ time }} for {{clinic}}.", "voice": "maya", "product": "bolt"}
    calls = [
        http.get(f"/v1/calls/{http.post('/v1/call', json=body).json()['call_id']}").json()
        for body in (request(agent), request(config=config, variables=variables))
    ]
    assert (calls[0]["prompt_snapshot"], calls[0]["unresolved_variables"]) == (
        "Greet {{patient}}.",
        ["patient"],
    )
    assert (calls[1]["agent_id"], calls[1]["product"], calls[1]["voice"]) == (None, "bolt", "maya")
    assert (calls[1]["unresolved_variables"], calls[1]["variables"]) == (["clinic"], variables)
