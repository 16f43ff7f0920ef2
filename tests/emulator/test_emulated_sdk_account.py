"""The vendor's SDK on the organisation, keys, labels, SIP endpoints, carriers and variants."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from thunderphone.generated.api.agents import (
    agents_split_testing,
    agents_variant_stats_list,
    agents_variants,
    agents_variants_delete,
    agents_variants_list,
    agents_variants_partial_update,
)
from thunderphone.generated.api.orgs import orgs_list, orgs_partial_update, orgs_retrieve, orgs_update
from thunderphone.generated.api.phone_number_labels import (
    phone_number_labels_create,
    phone_number_labels_delete,
    phone_number_labels_list,
)
from thunderphone.generated.api.phone_numbers import (
    phone_numbers_list,
    phone_numbers_test_inbound,
    phone_numbers_verify_voip,
)
from thunderphone.generated.api.publishable_key import (
    publishable_key_create,
    publishable_key_delete,
    publishable_key_list,
    publishable_key_partial_update,
    publishable_key_retrieve,
)
from thunderphone.generated.api.sip_endpoints import (
    sip_endpoints_create,
    sip_endpoints_delete,
    sip_endpoints_list,
    sip_endpoints_partial_update,
    sip_endpoints_retrieve,
    sip_endpoints_rotate_password,
)
from thunderphone.generated.api.voip_connections import (
    voip_connections_available_numbers_list,
    voip_connections_create,
    voip_connections_delete,
    voip_connections_enable_transfers,
    voip_connections_import_numbers,
    voip_connections_list,
    voip_connections_partial_update,
    voip_connections_provision_number,
    voip_connections_search_numbers_list,
    voip_connections_sip_host_list,
    voip_connections_suggest_name_create,
    voip_connections_test_create,
    voip_connections_twilio_subaccounts,
    voip_connections_twilio_subaccounts_connect,
)
from thunderphone.generated.api.webhook import webhook_bulk_update, webhook_list, webhook_update
from thunderphone.generated.models.agent_variant_request import AgentVariantRequest
from thunderphone.generated.models.organization_request import OrganizationRequest
from thunderphone.generated.models.organization_webhook_request import OrganizationWebhookRequest
from thunderphone.generated.models.patched_agent_variant_request import PatchedAgentVariantRequest
from thunderphone.generated.models.patched_organization_request import PatchedOrganizationRequest
from thunderphone.generated.models.patched_organization_webhook_request import PatchedOrganizationWebhookRequest
from thunderphone.generated.models.patched_publishable_key_update_request import PatchedPublishableKeyUpdateRequest
from thunderphone.generated.models.patched_sip_endpoint_update_request import PatchedSipEndpointUpdateRequest
from thunderphone.generated.models.patched_voip_connection_update_request import PatchedVoipConnectionUpdateRequest
from thunderphone.generated.models.phone_number_label_write_request import PhoneNumberLabelWriteRequest
from thunderphone.generated.models.phone_numbers_test_inbound_body import PhoneNumbersTestInboundBody
from thunderphone.generated.models.provider_enum import ProviderEnum
from thunderphone.generated.models.publishable_key_create_request import PublishableKeyCreateRequest
from thunderphone.generated.models.sip_endpoint_write_request import SipEndpointWriteRequest
from thunderphone.generated.models.sip_endpoints_rotate_password_body import SipEndpointsRotatePasswordBody
from thunderphone.generated.models.split_testing_request_request import SplitTestingRequestRequest
from thunderphone.generated.models.voip_connection_create_request import VoipConnectionCreateRequest
from thunderphone.generated.models.voip_connection_suggest_name_request import VoipConnectionSuggestNameRequest
from thunderphone.generated.models.voip_connection_test_request import VoipConnectionTestRequest
from thunderphone.generated.models.voip_connections_enable_transfers_body import VoipConnectionsEnableTransfersBody
from thunderphone.generated.models.voip_connections_search_numbers_list_type import (
    VoipConnectionsSearchNumbersListType,
)
from thunderphone.generated.models.voip_number_import_request import VoipNumberImportRequest
from thunderphone.generated.models.voip_number_provision_request import VoipNumberProvisionRequest
from thunderphone.generated.models.voip_twilio_subaccount_connect_request import VoipTwilioSubaccountConnectRequest
from thunderphone.generated.models.voip_twilio_subaccount_discover_request import (
    VoipTwilioSubaccountDiscoverRequest,
)

from emulator.sdk import done, front_desk, parsed

if TYPE_CHECKING:
    from thunderphone import ThunderPhone

    from reconciler.emulator import Platform

SECRETS = {"apiKey": "sesame", "connectionId": "7"}


def evidence(sdk: ThunderPhone, credentials: dict[str, str], provider: ProviderEnum = ProviderEnum.TELNYX) -> Any:
    body = VoipConnectionTestRequest(provider=provider, credentials=credentials)
    return parsed(voip_connections_test_create, sdk, body=body).verification_evidence


def carrier(sdk: ThunderPhone) -> Any:
    body = VoipConnectionCreateRequest(
        provider=ProviderEnum.TELNYX, credentials=SECRETS, verification_evidence_id=evidence(sdk, SECRETS).id
    )
    return parsed(voip_connections_create, sdk, body=body)


def test_the_organisation_is_read_as_one_model_and_answered_as_another(sdk: ThunderPhone) -> None:
    body = PatchedOrganizationRequest(timezone="Europe/Vienna", business_hours={"monday": [{"open": "09:00"}]})
    written = parsed(orgs_partial_update, sdk, 900001, body=body)
    assert (written.timezone, written.bolt_pipeline.value) == ("Europe/Vienna", "v2")
    assert "role" not in written.additional_properties
    read = parsed(orgs_retrieve, sdk, 900001)
    assert (read.timezone, read.role) == ("Europe/Vienna", "owner")
    assert "bolt_pipeline" not in read.additional_properties
    assert parsed(orgs_update, sdk, 900001, body=OrganizationRequest(name="Ours")).timezone == "America/New_York"
    assert [each.name for each in parsed(orgs_list, sdk)] == ["Ours"]


def test_a_publishable_key_lives_and_is_deactivated(sdk: ThunderPhone) -> None:
    agent = front_desk(sdk)
    body = PublishableKeyCreateRequest(name="Website", agent_id=agent.id, allowed_domains=["Example.com"])
    made = parsed(publishable_key_create, sdk, body=body)
    assert (made.allowed_domains, made.agent_name, made.is_active) == (["example.com"], "Front desk", True)
    assert made.key.startswith(made.key_prefix)
    assert made.webhook_secret
    change = PatchedPublishableKeyUpdateRequest(embed_config={"title": "Hi"})
    assert parsed(publishable_key_partial_update, sdk, made.id, body=change).embed_config == {"title": "Hi"}
    done(publishable_key_delete, sdk, made.id)
    assert parsed(publishable_key_retrieve, sdk, made.id).is_active is False
    assert [each.is_enabled for each in parsed(publishable_key_list, sdk)] == [False]


def test_a_label_is_written_over(sdk: ThunderPhone) -> None:
    labels = [
        parsed(
            phone_number_labels_create, sdk, body=PhoneNumberLabelWriteRequest(phone_number="+14155550123", label=label)
        )
        for label in ("Supplier", "Old supplier")
    ]
    assert labels[0].id == labels[1].id
    assert [each.label for each in parsed(phone_number_labels_list, sdk)] == ["Old supplier"]
    done(phone_number_labels_delete, sdk, labels[0].id)


def test_a_sip_endpoint_shows_its_password_once_and_comes_up(sdk: ThunderPhone, live: Platform) -> None:
    agent = front_desk(sdk)
    body = SipEndpointWriteRequest(agent_id=agent.id, name="Desk", allowed_source_cidrs=["192.0.2.7/24"])
    made = parsed(sip_endpoints_create, sdk, body=body)
    assert (made.status.value, made.allowed_source_cidrs) == ("provisioning", ["192.0.2.0/24"])
    assert made.password
    live.advance(3)
    (listed,) = parsed(sip_endpoints_list, sdk).results
    assert (listed.status.value, bool(listed.password)) == ("active", False)
    rotated = parsed(sip_endpoints_rotate_password, sdk, made.id, body=SipEndpointsRotatePasswordBody())
    assert rotated.password not in {"", made.password}
    change = PatchedSipEndpointUpdateRequest(name="Front desk")
    assert parsed(sip_endpoints_partial_update, sdk, made.id, body=change).name == "Front desk"
    assert parsed(sip_endpoints_retrieve, sdk, made.id).username == made.username
    done(sip_endpoints_delete, sdk, made.id)


def test_a_carrier_is_tested_connected_and_its_numbers_imported_and_verified(sdk: ThunderPhone) -> None:
    made = carrier(sdk)
    assert (made.name, made.inferred_name, made.status.value) == ("Telnyx trunk", True, "connected")
    assert made.credentials.to_dict() == {}
    offered = [each["number"] for each in parsed(voip_connections_available_numbers_list, sdk, made.id)]
    body = VoipNumberImportRequest(numbers=[offered[0], "+19995550000"])
    imported = parsed(voip_connections_import_numbers, sdk, made.id, body=body)
    assert (imported.imported_count, [each.number for each in imported.results]) == (1, offered[:1])
    assert offered[0] not in [each["number"] for each in parsed(voip_connections_available_numbers_list, sdk, made.id)]
    number = next(each for each in parsed(phone_numbers_list, sdk) if each.number == offered[0])
    assert (number.voip_connection_id, number.outbound_eligible) == (made.id, False)
    assert parsed(phone_numbers_verify_voip, sdk, number.id).voip_verification_status == "verified"
    arrived = parsed(phone_numbers_test_inbound, sdk, number.id, body=PhoneNumbersTestInboundBody())
    assert (arrived.voip_inbound_status.value, arrived.inbound_probe.status.value) == ("passed", "pass")
    assert [each.numbers_imported for each in parsed(voip_connections_list, sdk)] == [1]
    done(voip_connections_delete, sdk, made.id)


def test_rotated_credentials_need_new_evidence(sdk: ThunderPhone) -> None:
    made = carrier(sdk)
    new = {"apiKey": "sesame2"}
    body = PatchedVoipConnectionUpdateRequest(credentials=new, verification_evidence_id=evidence(sdk, new).id)
    assert parsed(voip_connections_partial_update, sdk, made.id, body=body).id == made.id


def test_the_rest_of_a_carrier_parses(sdk: ThunderPhone) -> None:
    made = carrier(sdk)
    assert parsed(voip_connections_sip_host_list, sdk).sip_host
    named = VoipConnectionSuggestNameRequest(provider=ProviderEnum.TELNYX)
    assert parsed(voip_connections_suggest_name_create, sdk, body=named).suggested_connection_name
    local = VoipConnectionsSearchNumbersListType.LOCAL
    sold = parsed(voip_connections_search_numbers_list, sdk, made.id, country="US", type_=local).results
    bought = VoipNumberProvisionRequest(number=sold[0]["number"])
    assert parsed(voip_connections_provision_number, sdk, made.id, body=bought).result.number == sold[0]["number"]
    credentials = {"accountSid": "AC00"}
    twilio = VoipConnectionCreateRequest(
        provider=ProviderEnum.TWILIO,
        credentials=credentials,
        verification_evidence_id=evidence(sdk, credentials, ProviderEnum.TWILIO).id,
    )
    trunk = parsed(voip_connections_create, sdk, body=twilio)
    on = parsed(voip_connections_enable_transfers, sdk, trunk.id, body=VoipConnectionsEnableTransfersBody())
    assert on.transfer_enabled_at
    found = parsed(
        voip_connections_twilio_subaccounts,
        sdk,
        body=VoipTwilioSubaccountDiscoverRequest(credentials=credentials),
    )
    chosen = VoipTwilioSubaccountConnectRequest(
        discovery_id=found.discovery_id, subaccount_sids=[found.subaccounts[0].sid, "AC77"]
    )
    results = parsed(voip_connections_twilio_subaccounts_connect, sdk, body=chosen).results
    assert [each.status.value for each in results] == ["created", "failed"]


def test_a_variant_is_live_at_once_and_the_switch_is_drafted(sdk: ThunderPhone) -> None:
    agent = front_desk(sdk)
    first = parsed(agents_variants, sdk, agent.id, body=AgentVariantRequest(label="A", is_control=True))
    second = parsed(agents_variants, sdk, agent.id, body=AgentVariantRequest(label="B", prompt="Be brisk."))
    assert (first.prompt, second.prompt, second.is_control) == (None, "Be brisk.", False)
    change = PatchedAgentVariantRequest(is_control=True, weight=70)
    assert parsed(agents_variants_partial_update, sdk, agent.id, second.id, body=change).weight == 70
    assert [each.is_control for each in parsed(agents_variants_list, sdk, agent.id)] == [False, True]
    switched = parsed(agents_split_testing, sdk, agent.id, body=SplitTestingRequestRequest())
    assert (switched.split_testing_enabled, switched.draft_split_testing_enabled) == (False, True)
    assert [each.label for each in parsed(agents_variant_stats_list, sdk, agent.id)] == ["A", "B"]
    done(agents_variants_delete, sdk, agent.id, first.id)


def test_the_webhook_of_old_parses(sdk: ThunderPhone) -> None:
    sdk.client.raise_on_unexpected_status = False
    assert webhook_list.sync_detailed(client=sdk.client).status_code == 404
    sdk.client.raise_on_unexpected_status = True
    made = parsed(webhook_update, sdk, body=OrganizationWebhookRequest(url="https://example.com/a"))
    change = PatchedOrganizationWebhookRequest(url="https://example.com/b")
    assert parsed(webhook_bulk_update, sdk, body=change).secret == made.secret
    assert parsed(webhook_list, sdk).url == "https://example.com/b"
