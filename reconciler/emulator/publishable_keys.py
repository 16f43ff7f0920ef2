"""Publishable keys (contract-next 7): for web pages, readable for good; a deleted one is only dead."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.exchange import invalid, refused
from reconciler.emulator.resource import REQUIRED, Field, Resource
from reconciler.emulator.routes import Route

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

PREFIX_CHARACTERS = 12


def domain(value: Any) -> str:
    """A host name, or ``*.`` and one, in lower case; a bare wildcard is refused."""
    name: str = v.text(minimum=1)(value).casefold()
    if name.strip("*.") == "" or "/" in name or "*" in name.removeprefix("*."):
        raise v.Invalid(f'"{value}" is not a valid domain.')
    return name


def transfer(exchange: Exchange) -> Reply:
    """``POST /v1/publishable-key/{id}/transfer``: there is no other organisation to send it to."""
    PUBLISHABLE_KEYS.load(exchange, exchange.arguments[0])
    if "target_org_id" not in exchange.body:
        raise invalid("target_org_id", REQUIRED)
    raise refused(404, "No Organization matches the given query.")


def _validate(_scene: Scene, body: Body, _before: Body | None) -> None:
    if body["mode"] == "webhook" and not body["webhook_url"]:
        raise invalid("webhook_url", "A webhook URL is required in webhook mode.")


def _compute(_scene: Scene, body: Body, before: Body | None) -> Body:
    if before:
        return {}
    digest = hashlib.sha256(f"publishable/{body['id']}".encode()).hexdigest()
    key = f"pk_live_{digest[:32]}"
    return {
        "key": key,
        "key_prefix": key[:PREFIX_CHARACTERS],
        "webhook_secret": f"whsec_{digest[32:]}",
        "is_active": True,
    }


def _soft_delete(_scene: Scene, body: Body) -> Body:
    return body | {"is_active": False, "is_enabled": False}


def _view(scene: Scene, body: Body) -> Body:
    return body | {"agent_name": agent_name(scene, body["agent_id"])}


PUBLISHABLE_KEYS = Resource(
    name="publishable_keys",
    noun="PublishableKey",
    path="/v1/publishable-key",
    fields={
        "name": Field(v.text(maximum=255), ""),
        "agent_id": Field(v.nullable(v.integer(1)), refers="agents"),
        "mode": Field(v.choice("agent", "webhook"), "agent"),
        "webhook_url": Field(v.nullable(v.web_address)),
        "allowed_domains": Field(v.each(domain), []),
        "is_enabled": Field(v.boolean, default=True),
        "embed_config": Field(v.anything, {}, create=False),
    },
    first_id=301,
    verbs=("list", "create", "show", "patch", "delete"),
    actions=(Route("POST", "/v1/publishable-key/{int}/transfer", transfer),),
    validate=_validate,
    compute=_compute,
    soft_delete=_soft_delete,
    view=_view,
)
