"""What is on the account before anybody touches it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from reconciler.emulator import agents, billing, compliance, phone_numbers, rest
from reconciler.emulator.agent_settings import understand
from reconciler.emulator.catalogue import RESOURCES
from reconciler.emulator.database import empty, has_document, keep_document
from reconciler.emulator.exchange import Scene
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

Number = dict[str, Any]

STANDARD_NUMBERS: tuple[Number, ...] = (
    {"number": "+15551230001", "label": "Main line", "voip_verification_status": "verified"},
    {"number": "+15551230002", "label": "Unverified"},
    {"number": "+15551230003", "label": "Demo", "source": "demo"},
    {"number": "+15551230004", "label": "Fails verification", "will_verify": False},
    {"number": "+15551234567", "label": "To be verified"},
)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An account to start from; the default is the one ``--emulator`` shows.

    ``numbers`` come on top of the standard ones (or instead, with ``standard_numbers=False``), as fields of
    the vendor's PhoneNumber plus ``will_verify``; ``agents`` are bodies for ``POST /v1/agents``;
    ``objects`` are bodies by the name of their resource, as in the controls (``rest.control``);
    ``auto_reload`` holds the four settings; ``tcpa`` is active, superseded, revoked or missing; ``role`` is
    the role of the user behind the key. ``trims_text`` makes the platform strip the outer blanks of text,
    ``probe_seconds`` makes a verification take time, so that a second one meanwhile gets 409,
    ``webhook_events`` are the only event names an endpoint may ask for (None: all that are documented),
    ``indexing_seconds`` is how long a document takes to be ready, ``tool_sync_seconds`` an MCP server's tools,
    ``test_run_seconds`` a test and ``validation_run_seconds`` a validation.
    ``voip_inbound``, ``voip_outbound`` and ``voip_detail`` are what a test of a carrier finds, and
    ``carrier_numbers`` what it has to offer (None: three).
    """

    organization_id: int = 900001
    organization_name: str = "Emulated organisation"
    role: str = "owner"
    balance_cents: int = 2500
    has_payment_method: bool = True
    card_declines: bool = False
    auto_reload: Mapping[str, Any] = field(default_factory=dict)
    tcpa: str = compliance.ACTIVE
    standard_numbers: bool = True
    numbers: tuple[Number, ...] = ()
    agents: tuple[Mapping[str, Any], ...] = ()
    objects: Mapping[str, Iterable[Mapping[str, Any]]] = field(default_factory=dict)
    experimental_products: bool = False
    trims_text: bool = False
    probe_seconds: float = 0.0
    webhook_events: Sequence[str] | None = None
    indexing_seconds: float = 2.0
    tool_sync_seconds: float = 0.0
    test_run_seconds: float = 3.0
    validation_run_seconds: float = 2.0
    voip_inbound: str = "pass"
    voip_outbound: str = "pass"
    voip_detail: str = ""
    carrier_numbers: Sequence[str] | None = None


OPTIONS = (
    "organization_id",
    "organization_name",
    "role",
    "experimental_products",
    "trims_text",
    "probe_seconds",
    "webhook_events",
    "indexing_seconds",
    "tool_sync_seconds",
    "test_run_seconds",
    "validation_run_seconds",
    "voip_inbound",
    "voip_outbound",
    "voip_detail",
    "carrier_numbers",
)


def seed_once(database: sqlite3.Connection, now: datetime, scenario: Scenario) -> None:
    """Fill a fresh file; leave one that has been filled alone, whatever the scenario."""
    if not has_document(database, "options"):
        seed(database, now, scenario)


def seed(database: sqlite3.Connection, now: datetime, scenario: Scenario) -> None:
    """Forget everything and start from the scenario."""
    empty(database)
    options = {name: getattr(scenario, name) for name in OPTIONS}
    keep_document(database, "options", {**options, "seeded_at": stamp(now), "clock_offset": 0.0})
    account = {name: getattr(scenario, name) for name in ("balance_cents", "has_payment_method", "card_declines")}
    keep_document(database, billing.KEY, {**billing.OPENING, **account, **scenario.auto_reload})
    compliance.set_status(database, now, scenario.tcpa, scenario.organization_id)
    for body in scenario.agents:
        agents.insert(database, now, understand(body))
    for number in (*(STANDARD_NUMBERS if scenario.standard_numbers else ()), *scenario.numbers):
        phone_numbers.put(database, number)
    scene = Scene(database, now)
    for resource in RESOURCES:
        for body in scenario.objects.get(resource.name, ()):
            rest.control(resource, scene, dict(body))
