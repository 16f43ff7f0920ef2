"""Every operation of the vendor's SDK that a tool for one account needs has a route here."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
import re

import thunderphone.generated.api as operations

from reconciler.emulator.exchange import Refusal, Request
from reconciler.emulator.routing import ROUTER

GROUPS = (
    *("agents", "authentication", "billing", "calls", "campaigns", "developer", "healthz", "integrations", "knowledge"),
    *("knowledge_bases", "mcp_servers", "orgs", "outbound_tcpa_confirmation", "phone_number_labels", "phone_numbers"),
    *("publishable_key", "reusable_instructions", "simulations", "sip_endpoints", "status", "suites"),
    *("test_call_batches", "test_calls", "validation_examples", "validation_runs", "validation_sets"),
    *("voip_connections", "webhook", "webhooks"),
)
# Human acts (keys, cards, consent), authoring aids, live listening, transfers between organisations, and the
# vendor's own reports: nothing that is declared, applied, dispatched or tested.
OMITTED_NAMES = """
agents_consent_attestations agents_consent_attestations_list agents_generate_acknowledgement_prompt_create
agents_prompt_analysis agents_prompt_language_check_create agents_steps_flatten agents_transfer
agents_translate_prompt_create billing_default_payment_method_create billing_payment_methods_delete
billing_setup_intent_create billing_top_up_create billing_transactions_receipt_retrieve
calls_caller_audio_list calls_history_list calls_issue_reports calls_issue_reports_list calls_listen
calls_party_numbers_list calls_register_sip_create calls_report_summary_list calls_span_audio_list
calls_whisper developer_api_keys_create developer_api_keys_delete developer_api_keys_list orgs_create
orgs_delete phone_numbers_create phone_numbers_transfer phone_numbers_versions_list
"""
OMITTED = set(OMITTED_NAMES.split())
UUID = "6f0a4c1e-0000-4000-8000-000000000003"
WORDS = {"action": "start", "issue_id": "1"}


def requests() -> dict[str, Request]:
    """The request of every operation, with some id in its path."""
    found: dict[str, Request] = {}
    for group in GROUPS:
        package = importlib.import_module(f"{operations.__name__}.{group}")
        for info in pkgutil.iter_modules(package.__path__):
            source = inspect.getsource(importlib.import_module(f"{package.__name__}.{info.name}"))
            method = re.search(r'"method": "(\w+)"', source)
            url = re.search(r'"url": "([^"]+)"', source)
            assert method
            assert url
            found[info.name] = Request(method[1].upper(), _filled(url[1], source))
    return found


def _filled(url: str, source: str) -> str:
    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name in WORDS:
            return WORDS[name]
        kind = re.search(rf"^    {name}: (\w+)", source, re.MULTILINE)
        assert kind
        # Integrations are UUIDs, whatever the SDK's older types say (contract X21).
        return "1" if kind[1] == "int" and not url.startswith("/v1/integrations") else UUID

    return re.sub(r"\{(\w+)\}", value, url)


def answered(request: Request) -> bool:
    try:
        ROUTER.find(request)
    except Refusal:
        return False
    return True


def test_every_operation_has_a_route_but_those_that_no_manifest_needs() -> None:
    assert {name for name, request in requests().items() if not answered(request)} == OMITTED
