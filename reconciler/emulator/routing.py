"""This file exists to be the one table of what can be asked, and of which handler answers."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.emulator import (
    administration,
    agents,
    billing,
    calls,
    compliance,
    identity,
    phone_numbers,
    placing,
    verification,
    voices,
)
from reconciler.emulator.exchange import JSON_TYPE, refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.exchange import Exchange, Reply, Request

    Handler = Callable[[Exchange], Reply]

ADMINISTRATION = "/emulator/"
PUBLIC = ("/v1/healthz", "/v1/status/heartbeat")


@dataclass(frozen=True, slots=True)
class Route:
    """A method and a path, where ``#`` stands for a number, and what answers them."""

    method: str
    path: str
    handler: Handler

    @property
    def pattern(self) -> re.Pattern[str]:
        """The path as an expression; slashes matter, a trailing one included (contract 1.1)."""
        return re.compile(re.escape(self.path).replace(r"\#", r"(\d{1,18})"))


ROUTES = (
    Route("GET", "/v1/healthz", identity.healthz),
    Route("GET", "/v1/status/heartbeat", identity.heartbeat),
    Route("GET", "/v1/whoami", identity.whoami),
    Route("GET", "/v1/orgs/", identity.organizations),
    Route("GET", "/v1/orgs/#/", identity.organization),
    Route("GET", "/v1/agents", agents.index),
    Route("POST", "/v1/agents", agents.create),
    Route("GET", "/v1/agents/#", agents.show),
    Route("PATCH", "/v1/agents/#", agents.patch),
    Route("PUT", "/v1/agents/#", agents.replace),
    Route("DELETE", "/v1/agents/#", agents.delete),
    Route("POST", "/v1/agents/#/deploy", agents.deploy),
    Route("POST", "/v1/agents/#/discard-draft", agents.discard),
    Route("POST", "/v1/agents/#/duplicate", agents.duplicate),
    Route("GET", "/v1/agents/#/versions", agents.versions),
    Route("GET", "/v1/phone-numbers", phone_numbers.index),
    Route("GET", "/v1/phone-numbers/limits", phone_numbers.limits),
    Route("GET", "/v1/phone-numbers/#", phone_numbers.show),
    Route("PATCH", "/v1/phone-numbers/#", phone_numbers.update),
    Route("PUT", "/v1/phone-numbers/#", phone_numbers.update),
    Route("DELETE", "/v1/phone-numbers/#", phone_numbers.release),
    Route("POST", "/v1/phone-numbers/#/verify-voip", verification.verify),
    Route("GET", "/v1/voices", voices.catalog),
    Route("GET", "/v1/voices/policy", voices.policy),
    Route("POST", "/v1/call", placing.place),
    Route("GET", "/v1/calls", calls.index),
    Route("GET", "/v1/calls/#", calls.show),
    Route("GET", "/v1/calls/#/audio", calls.audio),
    Route("GET", "/v1/calls/#/transcript", calls.transcript),
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
    Route("POST", "/emulator/reset", administration.reset),
)
_COMPILED = tuple((route, route.pattern) for route in ROUTES)


def find(request: Request) -> tuple[Handler, tuple[int, ...]]:
    """The handler and the numbers in the path; Refusal 404 for no such path, 405 for no such method."""
    method = "GET" if request.method == "HEAD" else request.method
    known = False
    for route, pattern in _COMPILED:
        match = pattern.fullmatch(request.path)
        if match is None:
            continue
        if route.method == method:
            return route.handler, tuple(int(group) for group in match.groups())
        known = True
    if known:
        raise refused(405, f'Method "{request.method}" not allowed.')
    raise refused(404, "Not found.")


def decoded(request: Request) -> dict[str, Any]:
    """The JSON object of a request, empty when there is no body; Refusal 400 or 415 otherwise."""
    if not request.body.strip():
        return {}
    media = request.header("Content-Type").partition(";")[0].strip().lower()
    if media != JSON_TYPE:
        raise refused(415, f'Unsupported media type "{media}" in request.')
    try:
        body = json.loads(request.body)
    except ValueError as error:
        raise refused(400, f"JSON parse error - {error}") from error
    if not isinstance(body, dict):
        raise refused(400, f"Invalid data. Expected a dictionary, but got {type(body).__name__}.")
    return body
