"""Carriers of one's own, keys, variants and the organisation where they are rude."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from emulator.specimens import TELNYX, evidence

if TYPE_CHECKING:
    import httpx

    from reconciler.emulator import Platform

CONNECTIONS = "/v1/voip-connections"


def connect_carrier(http: httpx.Client, **changes: Any) -> httpx.Response:
    return http.post(CONNECTIONS, json={**TELNYX, **evidence(http), **changes})


def complaint(answered: httpx.Response) -> str:
    assert answered.status_code == 400
    return str(answered.json()["verification_evidence_id"][0])


@pytest.mark.parametrize("side", ["voip_inbound", "voip_outbound"])
def test_a_test_that_failed_is_a_201_and_no_ground_for_a_connection(
    http: httpx.Client, platform: Platform, side: str
) -> None:
    platform.change(**{side: "fail"}, voip_detail="486 busy here")
    tested = http.post(f"{CONNECTIONS}/test", json=TELNYX)
    found = tested.json()["verification_evidence"]
    assert (tested.status_code, found[f"{side[5:]}_status"], found["evidence"]) == (
        201,
        "fail",
        {"detail": "486 busy here"},
    )
    refused = http.post(CONNECTIONS, json={**TELNYX, "verification_evidence_id": found["id"]})
    assert complaint(refused) == "The test did not pass in both directions."


def test_evidence_is_for_what_was_tested_once_and_for_an_hour(http: httpx.Client, platform: Platform) -> None:
    other = connect_carrier(http, credentials={"apiKey": "another"})
    assert complaint(other) == "The test was run with another configuration."
    made = connect_carrier(http)
    assert made.status_code == 201
    used = platform.objects("voip_connections")[0]["verification_evidence_id"]
    assert complaint(connect_carrier(http, verification_evidence_id=used)).startswith("This evidence was used already")
    late = evidence(http)
    platform.advance(3601)
    assert complaint(connect_carrier(http, **late)).startswith("This evidence has expired")


def test_credentials_the_carrier_rejects_are_a_400_and_leave_no_evidence(
    http: httpx.Client, platform: Platform
) -> None:
    refused = http.post(f"{CONNECTIONS}/test", json=TELNYX | {"credentials": {"apiKey": "wrong"}})
    assert (refused.status_code, list(refused.json())) == (400, ["credentials"])
    assert platform.objects("voip_evidence") == []


def test_a_connection_is_tested_again_with_what_it_keeps(http: httpx.Client) -> None:
    key = connect_carrier(http).json()["id"]
    again = http.post(f"{CONNECTIONS}/test", json={"provider": "telnyx", "connection_id": key}).json()
    mine = evidence(http)
    assert again["verification_evidence"]["id"] != mine["verification_evidence_id"]
    assert http.patch(f"{CONNECTIONS}/{key}", json=mine).status_code == 200


def test_new_credentials_without_new_evidence_are_refused_and_a_name_needs_none(http: httpx.Client) -> None:
    path = f"{CONNECTIONS}/{connect_carrier(http).json()['id']}"
    assert complaint(http.patch(path, json={"credentials": {"apiKey": "new"}})).startswith("Test the new")
    assert http.patch(path, json={"name": "Carrier", "provider": "twilio"}).json()["provider"] == "telnyx"


def test_no_credential_and_no_password_is_ever_told(http: httpx.Client) -> None:
    sip = {"sip_config": {"domain": "example.sip", "password": "sesame"}}
    tested = http.post(f"{CONNECTIONS}/test", json=TELNYX | sip).json()["verification_evidence"]
    made = http.post(CONNECTIONS, json={**TELNYX, **sip, "verification_evidence_id": tested["id"]})
    assert made.json()["sip_config"] == {"transport": "tls", "domain": "example.sip"}
    assert "sesame" not in made.text + http.get(CONNECTIONS).text


def test_only_an_administrator_connects_and_imports(http: httpx.Client, platform: Platform) -> None:
    key = connect_carrier(http).json()["id"]
    platform.change(role="member")
    for path in (CONNECTIONS, f"{CONNECTIONS}/{key}/import-numbers"):
        assert http.post(path, json={"numbers": ["+15551240001"]}).status_code == 403


def test_a_deleted_connection_leaves_its_numbers_unproven(http: httpx.Client) -> None:
    key = connect_carrier(http).json()["id"]
    (made,) = http.post(f"{CONNECTIONS}/{key}/import-numbers", json={"numbers": ["+15551240001"]}).json()["results"]
    http.post(f"/v1/phone-numbers/{made['id']}/verify-voip")
    http.delete(f"{CONNECTIONS}/{key}")
    left = http.get(f"/v1/phone-numbers/{made['id']}").json()
    assert (left["voip_connection_id"], left["outbound_eligible"]) == (None, False)


def test_transfers_are_enabled_at_twilio_only(http: httpx.Client) -> None:
    key = connect_carrier(http).json()["id"]
    refused = http.post(f"{CONNECTIONS}/{key}/enable-transfers")
    assert (refused.status_code, refused.json()["code"]) == (409, "transfers_not_supported")


@pytest.mark.parametrize("domains", [["*"], ["https://example.com"], ["a.*.com"], "example.com"])
def test_a_domain_that_is_none_is_refused(http: httpx.Client, domains: object) -> None:
    refused = http.post("/v1/publishable-key", json={"allowed_domains": domains})
    assert (refused.status_code, list(refused.json())) == (400, ["allowed_domains"])


def test_embedding_is_not_configured_on_create(http: httpx.Client) -> None:
    assert http.post("/v1/publishable-key", json={"embed_config": {"title": "Hi"}}).json()["embed_config"] == {}


def test_variants_go_with_their_agent_and_are_not_found_below_another(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    other = http.post("/v1/agents", json={"name": "B", "prompt": "C", "voice": "maya"}).json()["id"]
    key = http.post(f"/v1/agents/{agent}/variants", json={"label": "A"}).json()["id"]
    assert http.delete(f"/v1/agents/{other}/variants/{key}").status_code == 404
    assert http.get(f"/v1/agents/{other}/variants").json() == []
    http.delete(f"/v1/agents/{agent}")
    assert platform.objects("agent_variants") == []
    gone = http.get(f"/v1/agents/{agent}/variants")
    assert (gone.status_code, gone.json()) == (404, {"detail": "No Agent matches the given query."})


def test_the_organisation_changes_behind_a_clients_back_and_only_for_administrators(
    http: httpx.Client, platform: Platform
) -> None:
    platform.change(organization={"timezone": "Europe/Vienna"})
    assert http.get("/v1/orgs/900001/").json()["timezone"] == "Europe/Vienna"
    platform.change(role="member")
    assert http.patch("/v1/orgs/900001/", json={"timezone": "UTC"}).status_code == 403
    assert http.patch("/v1/orgs/1/", json={}).status_code == 404
