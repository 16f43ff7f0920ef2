"""Every plain resource, one line each; what it needs beyond that stands in its own file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.agent_variants import AGENT_VARIANTS
from reconciler.emulator.campaigns import CAMPAIGNS
from reconciler.emulator.integrations import INTEGRATIONS
from reconciler.emulator.knowledge_bases import KNOWLEDGE_BASES
from reconciler.emulator.knowledge_documents import KNOWLEDGE_DOCUMENTS
from reconciler.emulator.mcp_servers import MCP_SERVERS
from reconciler.emulator.phone_number_labels import PHONE_NUMBER_LABELS
from reconciler.emulator.publishable_keys import PUBLISHABLE_KEYS
from reconciler.emulator.reusable_instructions import REUSABLE_INSTRUCTIONS
from reconciler.emulator.simulations import SIMULATION_BATCHES, SIMULATIONS
from reconciler.emulator.sip_endpoints import SIP_ENDPOINTS
from reconciler.emulator.test_batches import TEST_BATCHES
from reconciler.emulator.test_scenarios import TEST_SCENARIOS
from reconciler.emulator.test_suites import TEST_SUITES
from reconciler.emulator.validation import VALIDATION_EXAMPLES, VALIDATION_RUNS
from reconciler.emulator.voip_connections import VOIP_CONNECTIONS
from reconciler.emulator.voip_evidence import VOIP_EVIDENCE
from reconciler.emulator.webhook_endpoints import WEBHOOK_ENDPOINTS

if TYPE_CHECKING:
    from reconciler.emulator.resource import Resource

RESOURCES: tuple[Resource, ...] = (
    WEBHOOK_ENDPOINTS,
    INTEGRATIONS,
    MCP_SERVERS,
    KNOWLEDGE_BASES,
    KNOWLEDGE_DOCUMENTS,
    REUSABLE_INSTRUCTIONS,
    AGENT_VARIANTS,
    TEST_SCENARIOS,
    TEST_SUITES,
    TEST_BATCHES,
    SIMULATIONS,
    SIMULATION_BATCHES,
    VALIDATION_EXAMPLES,
    VALIDATION_RUNS,
    CAMPAIGNS,
    VOIP_EVIDENCE,
    VOIP_CONNECTIONS,
    PUBLISHABLE_KEYS,
    PHONE_NUMBER_LABELS,
    SIP_ENDPOINTS,
)
