"""What an agent is, and how a change reaches callers: staged first, shipped whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from reconciler.emulator import Platform, Scenario

if TYPE_CHECKING:
    import httpx

NEW = {"name": "Front desk", "prompt": "Be kind.", "voice": "maya"}


def test_a_created_agent_is_deployed_with_the_servers_defaults(http: httpx.Client) -> None:
    created = http.post("/v1/agents", json=NEW)
    body = created.json()
    assert created.status_code == 201
    assert body["prompt"] == "Be kind."
    assert (body["has_draft"], body["draft_updated_at"], body["draft_prompt"]) == (False, None, None)
    assert body["product"] == "spark"
    assert body["outbound_speak_order"] == "caller_first"
    assert body["x_emulated"] is True
    assert body["updated_at"].endswith("Z")


def test_names_are_not_unique(http: httpx.Client) -> None:
    first, second = (http.post("/v1/agents", json=NEW).json() for _ in range(2))
    assert first["id"] != second["id"]
    assert [a["name"] for a in http.get("/v1/agents").json()].count("Front desk") == 2


def test_a_patch_never_changes_what_callers_hear(http: httpx.Client, agent: int) -> None:
    before = http.get(f"/v1/agents/{agent}").json()
    patched = http.patch(f"/v1/agents/{agent}", json={"prompt": "New.", "name": "Renamed"}).json()
    assert (patched["prompt"], patched["name"]) == (before["prompt"], before["name"])
    assert (patched["draft_prompt"], patched["draft_name"]) == ("New.", "Renamed")
    assert patched["has_draft"] is True
    assert patched["updated_at"] > before["updated_at"]
    assert patched["draft_updated_at"] == patched["updated_at"]
    assert [a["name"] for a in http.get("/v1/agents").json()] == ["Reception"]


def test_a_deploy_ships_everything_that_is_staged_whoever_staged_it(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    platform.change(agents=[{"id": agent, "draft": {"voice": "john"}}])
    http.patch(f"/v1/agents/{agent}", json={"prompt": "New."})
    deployed = http.post(f"/v1/agents/{agent}/deploy", json={}).json()
    assert (deployed["prompt"], deployed["voice"]) == ("New.", "john")
    assert (deployed["has_draft"], deployed["draft_prompt"], deployed["draft_updated_at"]) == (
        False,
        None,
        None,
    )


def test_a_staged_null_is_deployed_as_null(http: httpx.Client, agent: int) -> None:
    path = f"/v1/agents/{agent}"
    for value in (600, None):
        http.patch(path, json={"max_call_duration_seconds": value})
        assert http.post(f"{path}/deploy").json()["max_call_duration_seconds"] == value


def test_a_discarded_draft_leaves_no_trace_but_a_newer_timestamp(http: httpx.Client, agent: int) -> None:
    before = http.get(f"/v1/agents/{agent}").json()
    http.patch(f"/v1/agents/{agent}", json={"prompt": "New."})
    after = http.post(f"/v1/agents/{agent}/discard-draft", json={}).json()
    assert after["updated_at"] > before["updated_at"]
    assert {**after, "updated_at": 0} == {**before, "updated_at": 0}


@pytest.mark.parametrize("action", ["deploy", "discard-draft"])
def test_shipping_or_discarding_nothing_changes_nothing(http: httpx.Client, agent: int, action: str) -> None:
    before = http.get(f"/v1/agents/{agent}").json()
    answered = http.post(f"/v1/agents/{agent}/{action}", json={})
    assert (answered.status_code, answered.json()) == (200, before)


def test_a_patch_with_the_present_value_still_leaves_a_draft(http: httpx.Client, agent: int) -> None:
    assert http.patch(f"/v1/agents/{agent}", json={"voice": "olivia"}).json()["has_draft"] is True


def test_timestamps_grow_although_the_clock_stands_still(http: httpx.Client, agent: int) -> None:
    seen = [http.patch(f"/v1/agents/{agent}", json={"prompt": str(n)}).json()["updated_at"] for n in range(5)]
    assert seen == sorted(set(seen))


@pytest.mark.parametrize("alias", ["if_updated_at", "updated_at"])
@pytest.mark.parametrize(
    ("verb", "suffix"), [("PATCH", ""), ("PUT", ""), ("POST", "/deploy"), ("POST", "/discard-draft")]
)
def test_a_stale_precondition_is_a_409_and_changes_nothing(
    http: httpx.Client, agent: int, alias: str, verb: str, suffix: str
) -> None:
    path = f"/v1/agents/{agent}"
    stale = http.get(path).json()["updated_at"]
    current = http.patch(path, json={"prompt": "Somebody else's."}).json()
    refused = http.request(verb, path + suffix, json={**NEW, alias: stale})
    assert refused.status_code == 409
    assert "detail" in refused.json()
    assert http.get(path).json() == current
    same_instant = current["updated_at"].replace("Z", "+00:00")
    assert http.request(verb, path + suffix, json={**NEW, alias: same_instant}).status_code == 200


def test_a_put_resets_what_it_omits_when_it_is_deployed(http: httpx.Client, agent: int) -> None:
    path = f"/v1/agents/{agent}"
    http.patch(path, json={"timezone": "Europe/Paris"})
    http.post(f"{path}/deploy")
    assert http.put(path, json={"name": "x"}).status_code == 400
    put = http.put(path, json=NEW).json()
    assert (put["timezone"], put["draft_timezone"]) == ("Europe/Paris", "UTC")
    assert http.post(f"{path}/deploy").json()["timezone"] == "UTC"


def test_draft_spellings_stage_and_their_null_unstages(http: httpx.Client, agent: int) -> None:
    path = f"/v1/agents/{agent}"
    assert http.patch(path, json={"draft_prompt": "Later."}).json()["draft_prompt"] == "Later."
    assert http.patch(path, json={"draft_prompt": None}).json()["has_draft"] is False
    assert http.patch(path, json={"draft_steps": [1]}).json()["has_draft"] is False


def test_keys_that_are_unknown_or_read_only_are_ignored(http: httpx.Client, agent: int) -> None:
    before = http.get(f"/v1/agents/{agent}").json()
    strange = {"id": 7, "created_at": "1999-01-01T00:00:00Z", "has_draft": True, "colour": "red"}
    assert http.patch(f"/v1/agents/{agent}", json=strange).json() == before


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("product", "storm"),
        ("voice", "Olivia"),
        ("name", ""),
        ("name", "x" * 256),
        ("prompt", None),
        ("prompt", 5),
        ("primary_language", "English"),
        ("timezone", "Mars/Olympus"),
        ("silence_interval_seconds", "10"),
        ("ring_duration_seconds", 0),
        ("watchdog_enabled", "yes"),
        ("additional_languages", "es"),
        ("transfer_destinations", [{"name": "A", "number": "12"}]),
        (
            "transfer_destinations",
            [{"name": "A", "number": "2125550101"}, {"name": "a", "number": "2125550102"}],
        ),
        ("knowledge_base_ids", ["nowhere"]),
        ("if_updated_at", "yesterday"),
    ],
)
def test_a_bad_value_is_a_400_that_names_its_field(http: httpx.Client, agent: int, field: str, value: object) -> None:
    refused = http.patch(f"/v1/agents/{agent}", json={field: value})
    assert refused.status_code == 400
    assert list(refused.json()) == [field]
    assert http.get(f"/v1/agents/{agent}").json()["has_draft"] is False


def test_every_bad_field_is_named_at_once(http: httpx.Client) -> None:
    assert set(http.post("/v1/agents", json={}).json()) == {"name", "prompt", "voice"}
    both = http.post("/v1/agents", json={**NEW, "voice": "nobody", "product": "gold"})
    assert set(both.json()) == {"voice", "product"}


def test_transfer_numbers_come_back_in_e164_with_a_verdict(http: httpx.Client) -> None:
    written = [
        {"name": "Billing", "number": "(212) 555-0101"},
        {"name": "Paris", "number": "+33 1 99 00 12 34"},
        {"name": "Owner", "number": "{{owner_number}}"},
        {"name": "Premium", "number": "19005550100"},
    ]
    stored = http.post("/v1/agents", json={**NEW, "transfer_destinations": written}).json()
    assert stored["transfer_destinations"] == [
        {"name": "Billing", "number": "+12125550101", "platform_ok": True},
        {"name": "Paris", "number": "+33199001234", "platform_ok": False},
        {"name": "Owner", "number": "{{owner_number}}", "platform_ok": None},
        {"name": "Premium", "number": "+19005550100", "platform_ok": False},
    ]


@pytest.mark.parametrize(
    ("product", "asked", "stored"),
    [("storm-extra", "base", "extra"), ("storm-base-with-ack", "extra", "base"), ("bolt", "extra", "extra")],
)
def test_storm_products_decide_the_thinking_level(http: httpx.Client, product: str, asked: str, stored: str) -> None:
    body = http.post("/v1/agents", json={**NEW, "product": product, "thinking_level": asked}).json()
    assert body["thinking_level"] == stored


def test_a_staged_storm_product_stages_its_thinking_level(http: httpx.Client, agent: int) -> None:
    staged = http.patch(f"/v1/agents/{agent}", json={"product": "storm-extra"}).json()
    assert (staged["thinking_level"], staged["draft_thinking_level"]) == ("base", "extra")
    assert http.post(f"/v1/agents/{agent}/deploy").json()["thinking_level"] == "extra"


def test_an_experimental_product_is_gated_by_the_organisation(http: httpx.Client, platform: Platform) -> None:
    wanted = {**NEW, "product": "bolt-base-experimental"}
    assert http.post("/v1/agents", json=wanted).status_code == 403
    platform.change(experimental_products=True)
    assert http.post("/v1/agents", json=wanted).status_code == 201


def test_a_manual_acknowledgement_needs_its_text(http: httpx.Client, agent: int) -> None:
    refused = http.patch(f"/v1/agents/{agent}", json={"acknowledgement_prompt_mode": "manual"})
    assert list(refused.json()) == ["acknowledgement_prompt"]


def test_the_announcement_cannot_be_switched_off_by_key(http: httpx.Client) -> None:
    agent = http.post("/v1/agents", json={**NEW, "consent_announcement_enabled": True}).json()["id"]
    refused = http.patch(f"/v1/agents/{agent}", json={"consent_announcement_enabled": False})
    assert refused.status_code == 403


@pytest.mark.parametrize("spelling", ["knowledge_base_ids", "draft_knowledge_base_ids"])
def test_attachments_are_staged_by_either_spelling_and_shipped(http: httpx.Client, agent: int, spelling: str) -> None:
    ids = [http.post("/v1/knowledge-bases", json={"name": "Opening hours"}).json()["id"]]
    staged = http.patch(f"/v1/agents/{agent}", json={spelling: ids}).json()
    assert (staged["draft_knowledge_base_ids"], staged["knowledge_bases"]) == (ids, [])
    deployed = http.post(f"/v1/agents/{agent}/deploy").json()
    assert [base["id"] for base in deployed["knowledge_bases"]] == ids
    assert deployed["draft_knowledge_base_ids"] is None


def test_a_deleted_agent_is_gone_and_its_numbers_point_nowhere(http: httpx.Client, agent: int, number: int) -> None:
    http.patch(f"/v1/phone-numbers/{number}", json={"inbound_agent_id": agent, "outbound_agent_id": agent})
    assert http.delete(f"/v1/agents/{agent}").status_code == 204
    assert http.get(f"/v1/agents/{agent}").status_code == 404
    left = http.get(f"/v1/phone-numbers/{number}").json()
    assert (left["inbound_agent_id"], left["outbound_agent_id"]) == (None, None)


def test_an_id_is_never_given_twice(http: httpx.Client) -> None:
    first = http.post("/v1/agents", json=NEW).json()["id"]
    http.delete(f"/v1/agents/{first}")
    assert http.post("/v1/agents", json=NEW).json()["id"] > first


def test_versions_tell_what_happened_newest_first(http: httpx.Client, agent: int) -> None:
    http.patch(f"/v1/agents/{agent}", json={"prompt": "New."})
    http.post(f"/v1/agents/{agent}/deploy")
    page = http.get(f"/v1/agents/{agent}/versions").json()
    assert [row["event"] for row in page["results"]] == ["deployed", "draft_updated", "created"]
    assert page["count"] == 3


def test_a_duplicate_has_the_live_settings(http: httpx.Client, agent: int) -> None:
    http.patch(f"/v1/agents/{agent}", json={"prompt": "Undeployed."})
    copy = http.post(f"/v1/agents/{agent}/duplicate", json={})
    assert (copy.status_code, copy.json()["prompt"]) == (201, "Greet {{patient}}.")


def test_the_dashboard_edits_the_live_agent_behind_a_clients_back(
    http: httpx.Client, platform: Platform, agent: int
) -> None:
    before = http.get(f"/v1/agents/{agent}").json()
    platform.change(agents=[{"id": agent, "live": {"prompt": "Edited by hand."}}])
    after: dict[str, Any] = http.get(f"/v1/agents/{agent}").json()
    assert (after["prompt"], after["has_draft"]) == ("Edited by hand.", False)
    assert after["updated_at"] > before["updated_at"]


def test_a_platform_that_trims_text_stores_it_without_outer_blanks(http: httpx.Client, platform: Platform) -> None:
    assert http.post("/v1/agents", json={**NEW, "prompt": "Hi.\n"}).json()["prompt"] == "Hi.\n"
    platform.reset(Scenario(trims_text=True))
    assert http.post("/v1/agents", json={**NEW, "prompt": "Hi.\n"}).json()["prompt"] == "Hi."


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {"Content-Type": "application/json"}, 400),
        (b"[1]", {"Content-Type": "application/json"}, 400),
        (b"name=x", {"Content-Type": "application/x-www-form-urlencoded"}, 415),
    ],
)
def test_a_body_that_is_not_a_json_object_is_refused(
    http: httpx.Client, body: bytes, headers: dict[str, str], status: int
) -> None:
    refused = http.post("/v1/agents", content=body, headers=headers)
    assert refused.status_code == status
    assert "detail" in refused.json()
