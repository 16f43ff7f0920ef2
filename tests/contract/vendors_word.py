"""Write what the vendor's SDK says its answers look like into the table that `doctor --contract` compares with."""

from __future__ import annotations

import json
import typing
from datetime import date, datetime
from enum import Enum
from importlib import import_module
from pathlib import Path
from types import UnionType
from typing import Any, Union
from uuid import UUID

import attrs
from thunderphone.generated.types import Unset

TABLE = Path(__file__).parents[2] / "reconciler" / "doctor" / "told.json"
# The path of each answer, and the operation of the SDK that reads it. Below a list: of its first object.
OPERATIONS = {
    "/v1/whoami": "authentication.whoami_list",
    "/v1/orgs/": "orgs.orgs_list",
    "/v1/agents": "agents.agents_list",
    "/v1/agents/{id}/variants": "agents.agents_variants_list",
    "/v1/agents/{id}/test-scenarios": "agents.agents_test_scenarios_list",
    "/v1/phone-numbers": "phone_numbers.phone_numbers_list",
    "/v1/phone-number-labels": "phone_number_labels.phone_number_labels_list",
    "/v1/voip-connections": "voip_connections.voip_connections_list",
    "/v1/sip-endpoints": "sip_endpoints.sip_endpoints_list",
    "/v1/billing": "billing.billing_list",
    "/v1/outbound-tcpa-confirmation": "outbound_tcpa_confirmation.outbound_tcpa_confirmation_list",
    "/v1/voices": "voices.voices_list",
    "/v1/integrations": "integrations.integrations_list",
    "/v1/mcp-servers": "mcp_servers.mcp_servers_list",
    "/v1/knowledge-bases": "knowledge_bases.knowledge_bases_list",
    "/v1/knowledge-bases/{id}/documents": "knowledge_bases.knowledge_bases_documents_list",
    "/v1/knowledge/documents": "knowledge.knowledge_documents_list",
    "/v1/reusable-instructions": "reusable_instructions.reusable_instructions_list",
    "/v1/developer/webhook-endpoints": "developer.developer_webhook_endpoints_list",
    "/v1/developer/webhook-deliveries": "developer.developer_webhook_deliveries_list",
    "/v1/publishable-key": "publishable_key.publishable_key_list",
    "/v1/suites": "suites.suites_list",
    "/v1/campaigns": "campaigns.campaigns_list",
    "/v1/calls": "calls.calls_list",
}
_PLAIN = {bool: "boolean", int: "integer", float: "number", str: "string", type(None): "null"}


def table() -> dict[str, Any]:
    """The shape of every answer."""
    return {path: _shape(_answered(operation)) for path, operation in OPERATIONS.items()}


def text() -> str:
    return json.dumps(table(), indent=1, sort_keys=True) + "\n"


def _answered(operation: str) -> Any:
    module = import_module(f"thunderphone.generated.api.{operation}")
    hint = typing.get_type_hints(module._parse_response)["return"]
    return Union[tuple(it for it in typing.get_args(hint) if it is not type(None))]  # noqa: UP007 - made of a tuple


def _shape(hint: Any) -> dict[str, Any]:
    members = typing.get_args(hint) if typing.get_origin(hint) in (Union, UnionType) else (hint,)
    shape: dict[str, Any] = {}
    for member in members:
        if member is Unset:
            continue
        if member is Any:
            return {}
        _add(shape, member)
    return shape | {"types": sorted(set(shape.get("types", ())))}


def _add(shape: dict[str, Any], member: Any) -> None:
    types = shape.setdefault("types", [])
    if typing.get_origin(member) is list:
        types.append("array")
        shape["items"] = _shape(*typing.get_args(member))
    elif member in _PLAIN:
        types.append(_PLAIN[member])
    elif member in (UUID, datetime, date):
        types.append("string")
    elif issubclass(member, Enum):
        types.append("string")
        shape["words"] = sorted({*shape.get("words", ()), *(str(it.value) for it in member)})
    else:
        types.append("object")
        shape |= {"fields": _fields(member)} if len(attrs.fields(member)) > 1 else {}


def _fields(model: Any) -> dict[str, Any]:
    hints = typing.get_type_hints(model, vars(import_module(model.__module__)) | _named(model))
    found = {}
    for field in attrs.fields(model):
        if field.name != "additional_properties":
            required = Unset not in typing.get_args(hints[field.name])
            found[field.name.rstrip("_")] = _shape(hints[field.name]) | ({"required": True} if required else {})
    return found


def _named(model: Any) -> dict[str, Any]:
    """The models that a model names, which it imports for type checkers alone."""
    return vars(import_module("thunderphone.generated.models"))


if __name__ == "__main__":
    TABLE.write_text(text(), encoding="utf-8")
