"""SIP endpoints (contract-next 7): provisioned in their own time, with a password that is shown once."""

from __future__ import annotations

import hashlib
import ipaddress
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.database import counted
from reconciler.emulator.exchange import answer
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

PROVISIONING_SECONDS = 2.0


def network(value: Any) -> str:
    """An address range as the platform writes it: host bits cleared, a lone address as a range of one."""
    try:
        return str(ipaddress.ip_network(v.text()(value), strict=False))
    except ValueError as error:
        raise v.Invalid(f'"{value}" is not a valid CIDR.') from error


def rotate_password(exchange: Exchange) -> Reply:
    """``POST /v1/sip-endpoints/{id}/rotate-password``: a new password, shown this once."""
    before = SIP_ENDPOINTS.load(exchange, exchange.arguments[0])
    body = SIP_ENDPOINTS.store(exchange, before | {"_password": _password(exchange)}, before)
    return answer(SIP_ENDPOINTS.shown(exchange, body, created=True))


def _password(scene: Scene) -> str:
    number = counted(scene.database, "sip_passwords")
    return hashlib.sha256(f"sip/{number}".encode()).hexdigest()[:24]


def _compute(scene: Scene, body: Body, before: Body | None) -> Body:
    if before:
        return {}
    return {
        "status": "provisioning",
        "sip_uri": f"sip:ep{body['id']}@sip.emulator.invalid",
        "username": f"ep{body['id']}",
        "_password": _password(scene),
        DUE: stamp(scene.now + timedelta(seconds=PROVISIONING_SECONDS)),
    }


def _on_due(_scene: Scene, body: Body) -> Body:
    return {"status": "active"} if body["status"] == "provisioning" else {}


SIP_ENDPOINTS = Resource(
    name="sip_endpoints",
    noun="SipEndpoint",
    path="/v1/sip-endpoints",
    fields={
        "agent_id": Field(v.integer(1), required=True, refers="agents"),
        "name": Field(v.text(maximum=255), ""),
        "allowed_source_cidrs": Field(v.each(network), []),
        "status": Field(v.choice("active", "disabled"), create=False),
    },
    first_id=601,
    verbs=("list", "create", "show", "patch", "delete"),
    actions=(Route("POST", "/v1/sip-endpoints/{int}/rotate-password", rotate_password),),
    envelope="results",
    once=("password",),
    stamps=("created_at",),
    compute=_compute,
    on_due=_on_due,
)
