"""The single webhook of old (contract-next 1.3): one address, and a secret told in clear."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.database import document, has_document, keep_document
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.resource import REQUIRED, administrator
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply

KEY = "legacy_webhook"


def show(exchange: Exchange) -> Reply:
    """``GET /v1/webhook``: 404 until one is set."""
    return answer(_kept(exchange))


def put(exchange: Exchange) -> Reply:
    """``PUT /v1/webhook``: sets the address, and makes a secret the first time."""
    administrator(exchange)
    if "url" not in exchange.body:
        raise invalid("url", REQUIRED)
    return _written(exchange, _kept(exchange) if has_document(exchange.database, KEY) else _fresh(exchange))


def patch(exchange: Exchange) -> Reply:
    """``PATCH /v1/webhook``: 404 until one is set."""
    administrator(exchange)
    return _written(exchange, _kept(exchange))


def _written(exchange: Exchange, body: dict[str, Any]) -> Reply:
    if "url" in exchange.body:
        try:
            body |= {"url": v.web_address(exchange.body["url"]), "updated_at": stamp(exchange.now)}
        except v.Invalid as complaint:
            raise invalid("url", str(complaint)) from complaint
    keep_document(exchange.database, KEY, body)
    return answer(body)


def _fresh(exchange: Exchange) -> dict[str, Any]:
    organization = document(exchange.database, "options")["organization_id"]
    digest = hashlib.sha256(f"legacy/{organization}".encode()).hexdigest()
    return {"url": "", "secret": f"whsec_{digest[:40]}", "created_at": stamp(exchange.now), "x_emulated": True}


def _kept(exchange: Exchange) -> dict[str, Any]:
    if not has_document(exchange.database, KEY):
        raise refused(404, "No webhook is configured.")
    return document(exchange.database, KEY)
