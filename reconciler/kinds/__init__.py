"""The kinds there are; adding one is a file beside this and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.contract.kind import Kind

# The module of each kind; its class has the kind's name.
_MODULES = {
    "Agent": "agent",
    "PhoneNumber": "phone_number",
    "AutoReload": "auto_reload",
    "ScheduledCall": "scheduled_call",
    "CallList": "call_list",
    "KnowledgeBase": "knowledge_base",
    "KnowledgeDocument": "knowledge_document",
    "ReusableInstruction": "reusable_instruction",
    "PhoneNumberLabel": "phone_number_label",
    "AgentVariant": "agent_variant",
    "Organization": "organization",
    "PublishableKey": "publishable_key",
    "Integration": "integration",
    "McpServer": "mcp_server",
    "TestScenario": "test_scenario",
    "TestSuite": "test_suite",
    "WebhookEndpoint": "webhook_endpoint",
    "SipEndpoint": "sip_endpoint",
    "Campaign": "campaign",
    "VoipConnection": "voip_connection",
}


class Kinds(Mapping[str, "Kind"]):
    """Every kind by its name, imported when it is first asked for: a project declares a few of them."""

    def __init__(self, modules: Mapping[str, str]) -> None:
        self._modules = modules
        self._made: dict[str, Kind] = {}

    def __getitem__(self, name: str) -> Kind:
        if name not in self._made:
            module = import_module(f"{__name__}.{self._modules[name]}")
            self._made[name] = cast("Kind", getattr(module, name)())
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._modules

    def __iter__(self) -> Iterator[str]:
        return iter(self._modules)

    def __len__(self) -> int:
        return len(self._modules)


KINDS = Kinds(_MODULES)
