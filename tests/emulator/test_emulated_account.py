"""Numbers, verification, billing, identity and compliance."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from reconciler.emulator import Platform, Scenario


def number_of(http: httpx.Client, number: str) -> dict[str, Any]:
    return next(dict(n) for n in http.get("/v1/phone-numbers").json() if n["number"] == number)


def verify(http: httpx.Client, number: str) -> httpx.Response:
    return http.post(f"/v1/phone-numbers/{number_of(http, number)['id']}/verify-voip")


def test_the_seed_has_a_number_for_every_situation(http: httpx.Client) -> None:
    numbers = http.get("/v1/phone-numbers").json()
    assert [n["id"] for n in numbers] == sorted((n["id"] for n in numbers), reverse=True)
    assert {
        n["number"]: (n["source"], n["status"], n["voip_verification_status"], n["outbound_eligible"]) for n in numbers
    } == {
        "+15551230001": ("voip", "active", "verified", True),
        "+15551230002": ("voip", "draft", "unverified", False),
        "+15551230003": ("demo", "active", "unverified", False),
        "+15551230004": ("voip", "draft", "unverified", False),
        "+15551234567": ("voip", "draft", "unverified", False),
    }
    assert all(bool(n["outbound_ineligible_reason"]) != n["outbound_eligible"] for n in numbers)


def test_a_routing_patch_answers_five_fields_and_changes_only_what_it_names(
    http: httpx.Client, agent: int, number: int
) -> None:
    path = f"/v1/phone-numbers/{number}"
    patched = http.patch(path, json={"inbound_agent_id": agent, "status": "released"})
    assert patched.json() == {
        "inbound_agent_id": agent,
        "outbound_agent_id": None,
        "label": "Main line",
        "status": "active",
        "webhook_url": None,
    }
    assert http.get(path).json()["inbound_agent_id"] == agent
    assert http.patch(path, json={"inbound_agent_id": None}).json()["inbound_agent_id"] is None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("outbound_agent_id", 99),
        ("inbound_agent_id", "1001"),
        ("label", 5),
        ("webhook_url", "nowhere"),
        ("status", "gone"),
    ],
)
def test_bad_routing_is_a_400_that_names_its_field(http: httpx.Client, number: int, field: str, value: object) -> None:
    refused = http.patch(f"/v1/phone-numbers/{number}", json={field: value})
    assert (refused.status_code, list(refused.json())) == (400, [field])


def test_a_number_is_released_only_on_confirmation(http: httpx.Client, number: int) -> None:
    path = f"/v1/phone-numbers/{number}"
    assert http.delete(path).status_code == 400
    released = http.delete(path, params={"confirm": "true"})
    assert (released.status_code, released.json()["routing_removed"]) == (200, True)
    assert http.get(path).status_code == 404


def test_a_verification_makes_a_number_dial(http: httpx.Client) -> None:
    report = verify(http, "+15551234567")
    assert (report.status_code, report.json()["voip_verification_status"]) == (200, "verified")
    number = number_of(http, "+15551234567")
    assert (number["status"], number["outbound_eligible"], number["outbound_ineligible_reason"]) == (
        "active",
        True,
        None,
    )
    assert number["voip_last_verified_at"] == "2026-12-01T12:00:00.000000Z"


def test_a_failed_verification_is_a_200_too(http: httpx.Client, platform: Platform) -> None:
    report = verify(http, "+15551230004")
    assert (report.status_code, report.json()["voip_verification_status"]) == (200, "failed")
    assert report.json()["verification_evidence"]["outbound_status"] == "fail"
    assert number_of(http, "+15551230004")["outbound_eligible"] is False
    platform.change(numbers=[{"number": "+15551230004", "will_verify": True}])
    assert verify(http, "+15551230004").json()["voip_verification_status"] == "verified"


def test_each_verification_dials_even_for_a_proven_number(http: httpx.Client, platform: Platform) -> None:
    for _ in range(2):
        assert verify(http, "+15551230001").status_code == 200
    assert platform.state()["numbers"][0]["probes"] == 2


def test_a_demo_number_is_not_verified(http: httpx.Client) -> None:
    assert verify(http, "+15551230003").status_code == 403


def test_only_administrators_verify(http: httpx.Client, platform: Platform) -> None:
    platform.change(role="member")
    assert verify(http, "+15551234567").status_code == 403
    assert http.get("/v1/whoami").json()["role"] == "member"


def test_a_second_verification_meanwhile_is_a_409(http: httpx.Client, platform: Platform) -> None:
    platform.change(probe_seconds=30)
    number = number_of(http, "+15551234567")["id"]
    assert http.post(f"/v1/phone-numbers/{number}/verify-voip", timeout=60).status_code == 200
    # The first answer took the thirty seconds; the platform's clock has moved on.
    assert http.get("/v1/billing").headers["Date"] == "Tue, 01 Dec 2026 12:00:30 GMT"
    with pytest.raises(httpx.ReadTimeout):
        http.post(f"/v1/phone-numbers/{number}/verify-voip", timeout=1)
    assert http.post(f"/v1/phone-numbers/{number}/verify-voip", timeout=60).status_code == 409


def test_a_number_can_regress_and_a_demo_number_can_be_enabled(http: httpx.Client, platform: Platform) -> None:
    platform.change(
        numbers=[
            {"number": "+15551230001", "voip_verification_status": "unverified"},
            {"number": "+15551230003", "outbound_eligible": True, "outbound_ineligible_reason": None},
        ]
    )
    assert number_of(http, "+15551230001")["outbound_eligible"] is False
    assert number_of(http, "+15551230003")["outbound_eligible"] is True


ENABLE = {"auto_reload_enabled": True, "auto_reload_minimum_cents": 1000, "auto_reload_amount_cents": 5000}


def test_auto_reload_is_enabled_with_its_amounts(http: httpx.Client) -> None:
    account = http.patch("/v1/billing", json={**ENABLE, "auto_reload_monthly_limit_cents": 20000}).json()
    assert (account["auto_reload_enabled"], account["auto_reload_status"]) == (True, "ok")
    assert account["auto_reload_monthly_limit_cents"] == 20000
    assert (account["balance_cents"], account["balance_usd"]) == (2500, "25.00")
    assert http.patch("/v1/billing", json={"auto_reload_enabled": False}).json()["auto_reload_status"] == "off"


def test_enabling_below_the_minimum_charges_the_card_at_once(http: httpx.Client) -> None:
    account = http.patch("/v1/billing", json={**ENABLE, "auto_reload_minimum_cents": 3000}).json()
    assert (account["balance_cents"], account["auto_reload_month_spend_cents"]) == (7500, 5000)


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"auto_reload_enabled": True}, {"auto_reload_minimum_cents", "auto_reload_amount_cents"}),
        ({**ENABLE, "auto_reload_amount_cents": 0}, {"auto_reload_amount_cents"}),
        ({"auto_reload_minimum_cents": -1}, {"auto_reload_minimum_cents"}),
        ({"auto_reload_monthly_limit_cents": 1.5}, {"auto_reload_monthly_limit_cents"}),
        ({"auto_reload_enabled": None}, {"auto_reload_enabled"}),
    ],
)
def test_bad_auto_reload_settings_are_a_400(http: httpx.Client, changes: dict[str, Any], fields: set[str]) -> None:
    refused = http.patch("/v1/billing", json=changes)
    assert (refused.status_code, set(refused.json())) == (400, fields)


def test_auto_reload_without_a_card_is_a_422(http: httpx.Client, platform: Platform) -> None:
    platform.change(has_payment_method=False)
    refused = http.patch("/v1/billing", json=ENABLE)
    assert (refused.status_code, refused.json()["code"]) == (422, "payment_method_required")
    assert http.get("/v1/billing/payment-methods").json() == {"payment_methods": []}


@pytest.mark.parametrize(
    ("hindrance", "status"),
    [({"card_declines": True}, "retrying"), ({"auto_reload_monthly_limit_cents": 100}, "capped")],
)
def test_the_account_says_why_a_reload_does_not_come(
    http: httpx.Client, platform: Platform, hindrance: dict[str, Any], status: str
) -> None:
    platform.change(balance_cents=10, **hindrance)
    account = http.patch("/v1/billing", json={**ENABLE}).json()
    assert (account["auto_reload_status"], account["balance_cents"]) == (status, 10)


def test_a_debt_is_written_with_its_sign(http: httpx.Client, platform: Platform) -> None:
    platform.change(balance_cents=-7)
    assert http.get("/v1/billing").json()["balance_usd"] == "-0.07"


def test_the_emulated_organisation_is_its_own(http: httpx.Client, platform: Platform) -> None:
    assert http.get("/v1/whoami").json()["organization"] == {"id": 900001, "name": "Emulated organisation"}
    assert [o["id"] for o in http.get("/v1/orgs/").json()] == [900001]
    assert http.get("/v1/orgs/1/").status_code == 404
    platform.reset(Scenario(organization_id=42))
    assert http.get("/v1/whoami").json()["organization"]["id"] == 42


def test_a_key_cannot_attest_and_a_missing_confirmation_is_a_404(http: httpx.Client, platform: Platform) -> None:
    path = "/v1/outbound-tcpa-confirmation"
    assert http.get(path).json()["status"] == "active"
    assert http.post(path, json={"accepted": True}).status_code == 403
    platform.change(tcpa="missing")
    assert http.get(path).status_code == 404


def test_voices_are_filtered_by_every_language_asked_for(http: httpx.Client) -> None:
    every = http.get("/v1/voices").json()["voices"]
    assert {"olivia", "john", "maya"} <= {voice["id"] for voice in every}
    both = http.get("/v1/voices", params={"languages": "en,es", "gender": "female"}).json()["voices"]
    assert [voice["id"] for voice in both] == ["maya"]


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/v1/agents/", 404),
        ("GET", "/v1/orgs", 404),
        ("GET", "/v1/campaigns/", 404),
        ("GET", "/v1/agents/one", 404),
        ("DELETE", "/v1/agents", 405),
        ("PUT", "/v1/billing", 405),
        ("HEAD", "/v1/agents", 200),
    ],
)
def test_slashes_and_methods_matter(http: httpx.Client, method: str, path: str, status: int) -> None:
    assert http.request(method, path).status_code == status


def test_a_change_that_means_nothing_is_refused(platform: Platform) -> None:
    with pytest.raises(ValueError, match="balance"):
        platform.change(balance=5)
    with pytest.raises(ValueError, match="active"):
        platform.change(tcpa="maybe")
