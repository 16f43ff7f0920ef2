"""Webhook endpoints (contract-next 1.1): who is told of what, and the secret that is shown once."""

from __future__ import annotations

import hashlib
import ipaddress
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.database import document
from reconciler.emulator.exchange import invalid
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.tables import fresh_uuid

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.resource import Body

HINT_CHARACTERS = 6
FAILING = "failing"
EVENTS = (
    "telephony.incoming",
    "telephony.complete",
    "telephony.tool",
    "telephony.turn",
    "web.incoming",
    "web.complete",
    "web.tool",
    "web.turn",
    "sms.sent",
    "sms.failed",
    "sms.received",
    "call.graded",
    "call.data_extracted",
    "call.transfer_completed",
    "campaign.completed",
    "issue.reported",
    "issue.escalated",
    "test-call.completed",
    "alert.triggered",
)


def is_loopback(url: str) -> bool:
    """Whether an address is this machine's own, the only one that anything is ever sent to."""
    host = urlsplit(url).hostname or ""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def endpoint_url(value: Any) -> str:
    """An https address, or plain http to this machine."""
    address = v.web_address(value)
    if not address:
        raise v.Invalid("This field may not be blank.")
    if address.startswith("http:") and not is_loopback(address):
        raise v.Invalid("Webhook URLs must use https.")
    return address


def _validate(scene: Scene, body: Body, _before: Body | None) -> None:
    allowed = document(scene.database, "options").get("webhook_events") or EVENTS
    strangers = [name for name in body["events"] or () if name not in allowed]
    if strangers:
        raise invalid("events", *(f'"{name}" is not a valid choice.' for name in strangers))


def _compute(scene: Scene, _body: Body, before: Body | None) -> Body:
    if before:
        return {}
    seed = fresh_uuid(scene, "webhook_secrets")
    secret = f"whsec_{hashlib.sha256(seed.encode()).hexdigest()[:40]}"
    return {"_secret": secret, "secret_hint": secret[-HINT_CHARACTERS:]}


def _view(scene: Scene, body: Body) -> Body:
    return body | {"agent_name": agent_name(scene, body["agent_id"])}


WEBHOOK_ENDPOINTS = Resource(
    name="webhook_endpoints",
    noun="DeveloperWebhookEndpoint",
    path="/v1/developer/webhook-endpoints",
    fields={
        "label": Field(v.text(minimum=1, maximum=120), required=True),
        "url": Field(endpoint_url, required=True),
        "events": Field(v.nullable(v.each(v.text())), []),
        "agent_id": Field(v.nullable(v.integer(1)), refers="agents"),
        "status": Field(v.choice("active", "disabled", FAILING), "active"),
    },
    verbs=("list", "create", "patch", "delete"),
    newest_first=True,
    once=("secret",),
    administrators_only=True,
    validate=_validate,
    compute=_compute,
    view=_view,
)
