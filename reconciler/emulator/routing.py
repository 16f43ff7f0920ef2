"""The one table of what can be asked, and of which handler answers."""

from __future__ import annotations

from reconciler.emulator import (
    administration,
    agents,
    billing,
    calls,
    compliance,
    identity,
    phone_numbers,
    placing,
    rest,
    verification,
    voices,
)
from reconciler.emulator.catalogue import RESOURCES
from reconciler.emulator.routes import Route, Router

ADMINISTRATION = "/emulator/"
PUBLIC = ("/v1/healthz", "/v1/status/heartbeat")

ROUTES = (
    Route("GET", "/v1/healthz", identity.healthz),
    Route("GET", "/v1/status/heartbeat", identity.heartbeat),
    Route("GET", "/v1/whoami", identity.whoami),
    Route("GET", "/v1/orgs/", identity.organizations),
    Route("GET", "/v1/orgs/{int}/", identity.organization),
    Route("GET", "/v1/agents", agents.index),
    Route("POST", "/v1/agents", agents.create),
    Route("GET", "/v1/agents/{int}", agents.show),
    Route("PATCH", "/v1/agents/{int}", agents.patch),
    Route("PUT", "/v1/agents/{int}", agents.replace),
    Route("DELETE", "/v1/agents/{int}", agents.delete),
    Route("POST", "/v1/agents/{int}/deploy", agents.deploy),
    Route("POST", "/v1/agents/{int}/discard-draft", agents.discard),
    Route("POST", "/v1/agents/{int}/duplicate", agents.duplicate),
    Route("GET", "/v1/agents/{int}/versions", agents.versions),
    Route("GET", "/v1/phone-numbers", phone_numbers.index),
    Route("GET", "/v1/phone-numbers/limits", phone_numbers.limits),
    Route("GET", "/v1/phone-numbers/{int}", phone_numbers.show),
    Route("PATCH", "/v1/phone-numbers/{int}", phone_numbers.update),
    Route("PUT", "/v1/phone-numbers/{int}", phone_numbers.update),
    Route("DELETE", "/v1/phone-numbers/{int}", phone_numbers.release),
    Route("POST", "/v1/phone-numbers/{int}/verify-voip", verification.verify),
    Route("GET", "/v1/voices", voices.catalog),
    Route("GET", "/v1/voices/policy", voices.policy),
    Route("POST", "/v1/call", placing.place),
    Route("GET", "/v1/calls", calls.index),
    Route("GET", "/v1/calls/{int}", calls.show),
    Route("GET", "/v1/calls/{int}/audio", calls.audio),
    Route("GET", "/v1/calls/{int}/transcript", calls.transcript),
    Route("GET", "/v1/billing", billing.show),
    Route("PATCH", "/v1/billing", billing.patch),
    Route("GET", "/v1/billing/transactions", billing.transactions),
    Route("GET", "/v1/billing/payment-methods", billing.payment_methods),
    Route("GET", "/v1/outbound-tcpa-confirmation", compliance.show),
    Route("POST", "/v1/outbound-tcpa-confirmation", compliance.confirm),
    Route("GET", "/emulator/state", administration.show_state),
    Route("POST", "/emulator/state", administration.change_state),
    Route("GET", "/emulator/faults", administration.list_faults),
    Route("POST", "/emulator/faults", administration.add_fault),
    Route("DELETE", "/emulator/faults", administration.clear_faults),
    Route("GET", "/emulator/requests", administration.list_requests),
    Route("DELETE", "/emulator/requests", administration.clear_requests),
    Route("POST", "/emulator/clock", administration.move_clock),
    Route("GET", "/emulator/objects/{word}", administration.list_objects),
    Route("POST", "/emulator/reset", administration.reset),
    *(route for resource in RESOURCES for route in rest.routes(resource)),
)
ROUTER = Router(ROUTES)
