"""The vendor's own SDK drives the platform over a socket; every answer parses into the SDK's model."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import pytest
from thunderphone.generated.api.agents import (
    agents_delete,
    agents_deploy,
    agents_discard_draft,
    agents_duplicate,
    agents_list,
    agents_partial_update,
    agents_retrieve,
    agents_update,
    agents_versions_list,
)
from thunderphone.generated.api.authentication import whoami_list
from thunderphone.generated.api.billing import (
    billing_bulk_update,
    billing_list,
    billing_payment_methods_list,
    billing_transactions_list,
)
from thunderphone.generated.api.calls import (
    calls_audio_list,
    calls_export_list,
    calls_list,
    calls_place,
    calls_retrieve,
)
from thunderphone.generated.api.healthz import healthz_list
from thunderphone.generated.api.orgs import orgs_list, orgs_retrieve
from thunderphone.generated.api.outbound_tcpa_confirmation import outbound_tcpa_confirmation_list
from thunderphone.generated.api.phone_numbers import (
    phone_numbers_delete,
    phone_numbers_limits_list,
    phone_numbers_list,
    phone_numbers_partial_update,
    phone_numbers_retrieve,
    phone_numbers_verify_voip,
)
from thunderphone.generated.api.status import status_heartbeat_list
from thunderphone.generated.api.voices import voices_list, voices_policy_list
from thunderphone.generated.models.agent_write_request import AgentWriteRequest
from thunderphone.generated.models.deploy_agent_request import DeployAgentRequest
from thunderphone.generated.models.duplicate_agent_request import DuplicateAgentRequest
from thunderphone.generated.models.patched_agent_write_request import PatchedAgentWriteRequest
from thunderphone.generated.models.patched_auto_reload_request import PatchedAutoReloadRequest
from thunderphone.generated.models.patched_phone_number_update_request import PatchedPhoneNumberUpdateRequest
from thunderphone.generated.models.place_call_request import PlaceCallRequest
from thunderphone.generated.models.webhook_config_request import WebhookConfigRequest
from thunderphone.generated.types import UNSET
from waiting import PATIENCE

from emulator.sdk import front_desk, parsed

if TYPE_CHECKING:
    from thunderphone import ThunderPhone

    from reconciler.emulator import Platform


def place(sdk: ThunderPhone, agent_id: int, **changes: Any) -> Any:
    return sdk.calls.place(
        PlaceCallRequest(from_number="+15551230001", to_number="+14155550199", agent_id=agent_id, **changes)
    )


def test_an_agent_lives_its_whole_life(sdk: ThunderPhone) -> None:
    created = front_desk(sdk)
    assert created.transfer_destinations[0].number == "+12125550101"
    assert created.thinking_level.value == "extra"
    patched = parsed(
        agents_partial_update,
        sdk,
        created.id,
        body=PatchedAgentWriteRequest(prompt="New.", if_updated_at=created.updated_at),
    )
    assert (patched.prompt, patched.draft_prompt, patched.has_draft) == ("Greet {{patient}}.", "New.", True)
    deployed = parsed(agents_deploy, sdk, created.id, body=DeployAgentRequest(if_updated_at=patched.updated_at))
    assert (deployed.prompt, deployed.has_draft) == ("New.", False)
    parsed(agents_update, sdk, created.id, body=AgentWriteRequest(name="X", prompt="Y", voice="maya"))
    assert parsed(agents_discard_draft, sdk, created.id, body=DeployAgentRequest()).has_draft is False
    assert parsed(agents_retrieve, sdk, created.id).additional_properties["x_emulated"] is True
    assert parsed(agents_versions_list, sdk, created.id).count == 5
    assert [agent.id for agent in parsed(agents_list, sdk)] == [created.id]
    assert agents_delete.sync_detailed(created.id, client=sdk.client).status_code == 204


def test_a_duplicate_parses(sdk: ThunderPhone) -> None:
    created = front_desk(sdk)
    assert (
        parsed(agents_duplicate, sdk, created.id, body=DuplicateAgentRequest(name="Second desk")).name == "Second desk"
    )


def test_an_echoed_agent_is_taken_as_a_precondition(sdk: ThunderPhone) -> None:
    created = front_desk(sdk)
    echo = AgentWriteRequest.from_dict(created.to_dict())
    assert echo.updated_at == created.updated_at
    parsed(agents_update, sdk, created.id, body=echo)
    sdk.client.raise_on_unexpected_status = False
    assert agents_update.sync_detailed(created.id, client=sdk.client, body=echo).status_code == 409


def test_a_call_is_placed_replayed_polled_and_listed(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk)
    placed = place(sdk, agent.id, idempotency_key="one")
    assert placed.idempotent_replay is UNSET
    replay = place(sdk, agent.id, idempotency_key="one")
    assert (replay.call_id, replay.idempotent_replay) == (placed.call_id, True)
    assert parsed(calls_retrieve, sdk, placed.call_id).status.value == "in_progress"
    live.advance(60)
    call = sdk.calls.wait_for_completion(placed.call_id, timeout=PATIENCE, poll_interval=0.1)
    assert (call.status.value, call.duration_seconds, call.product) == ("completed", 42, "storm-extra")
    assert isinstance(call.billed_at, dt.datetime)
    assert parsed(calls_audio_list, sdk, placed.call_id).url == call.recording_url
    assert len(sdk.calls.transcript(placed.call_id).transcripts) == 2
    page = parsed(calls_list, sdk, to_number="+14155550199", limit=10)
    assert (page.total, page.results[0].call_id) == (1, placed.call_id)
    exported = parsed(calls_export_list, sdk)
    assert ([each["call_id"] for each in exported.calls], exported.truncated) == ([placed.call_id], False)


@pytest.mark.parametrize("suffix", ["0198", "0197", "0196", "0195", "0194", "0193", "0188", "0185", "0184", "0183"])
def test_every_outcome_parses_while_it_lasts_and_when_it_is_over(
    sdk: ThunderPhone, live: Platform, suffix: str
) -> None:
    body = PlaceCallRequest(
        from_number="+15551230001",
        to_number=f"+1415555{suffix}",
        config=WebhookConfigRequest(prompt="Hi.", voice="olivia"),
    )
    placed = parsed(calls_place, sdk, body=body)
    for _ in range(3):
        assert parsed(calls_retrieve, sdk, placed.call_id).call_id == placed.call_id
        live.advance(10)


@pytest.mark.parametrize("suffix", ["0192", "0191"])
def test_a_conflict_parses(sdk: ThunderPhone, suffix: str) -> None:
    body = PlaceCallRequest(
        from_number="+15551230001",
        to_number=f"+1415555{suffix}",
        config=WebhookConfigRequest(prompt="Hi."),
    )
    conflict = calls_place.sync_detailed(client=sdk.client, body=body)
    assert conflict.status_code == 409
    assert conflict.parsed is not None


def test_numbers_are_listed_routed_verified_and_released(sdk: ThunderPhone) -> None:
    agent = front_desk(sdk)
    numbers = {number.number: number for number in parsed(phone_numbers_list, sdk)}
    unproven = numbers["+15551234567"]
    body = PatchedPhoneNumberUpdateRequest(outbound_agent_id=agent.id)
    assert parsed(phone_numbers_partial_update, sdk, unproven.id, body=body).outbound_agent_id == agent.id
    report = parsed(phone_numbers_verify_voip, sdk, unproven.id)
    assert report.voip_verification_status == "verified"
    assert parsed(phone_numbers_retrieve, sdk, unproven.id).outbound_eligible is True
    assert parsed(phone_numbers_limits_list, sdk).platform_numbers_used == 1
    assert parsed(phone_numbers_delete, sdk, unproven.id, confirm=True).routing_removed is True


def test_billing_parses_before_and_after_a_reload(sdk: ThunderPhone) -> None:
    assert parsed(billing_list, sdk).balance_cents == 2500
    body = PatchedAutoReloadRequest(
        auto_reload_enabled=True, auto_reload_minimum_cents=3000, auto_reload_amount_cents=5000
    )
    account = parsed(billing_bulk_update, sdk, body=body)
    assert (account.balance_cents, account.last_top_up.amount_cents) == (7500, 5000)
    assert [row.amount_cents for row in parsed(billing_transactions_list, sdk)] == [5000]
    assert parsed(billing_payment_methods_list, sdk).payment_methods[0].last4 == "4242"


def test_the_rest_parses(sdk: ThunderPhone) -> None:
    who = parsed(whoami_list, sdk)
    assert (who.organization.id, who.credential_kind.value) == (900001, "api_key")
    assert [organization.id for organization in parsed(orgs_list, sdk)] == [900001]
    assert parsed(orgs_retrieve, sdk, 900001).name == "Emulated organisation"
    assert parsed(outbound_tcpa_confirmation_list, sdk).status.value == "active"
    assert {"olivia"} <= {voice["id"] for voice in parsed(voices_list, sdk).voices}
    assert parsed(voices_policy_list, sdk).cloning_enabled is False
    assert parsed(healthz_list, sdk).ok is True
    assert parsed(status_heartbeat_list, sdk).products
