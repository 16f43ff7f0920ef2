"""Who asks, of which organisation, and whether the service is up (contract 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.database import document
from reconciler.emulator.exchange import Reply, answer, refused

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Request

EMULATED_KEY = "sk_live_emulator"
REVOKED_KEY = "sk_test_revoked"
PUBLISHABLE = "pk_live_"
PREFIX_LENGTH = 15
PRODUCTS = ("spark", "bolt", "storm")


def authenticate(request: Request) -> str:
    """The key of ``Authorization: Bearer <key>``: any that is not empty opens the one account there is.

    Refusal 401 without it, for ``sk_test_revoked``, and for a publishable key (contract 1.2).
    """
    scheme, _, key = request.header("Authorization").partition(" ")
    if scheme != "Bearer" or not key.strip():
        raise refused(401, "Authentication credentials were not provided.")
    if key == REVOKED_KEY or key.startswith(PUBLISHABLE):
        raise refused(401, "Invalid API key.")
    return key.strip()


def whoami(exchange: Exchange) -> Reply:
    """``GET /v1/whoami``."""
    options = document(exchange.database, "options")
    return answer(
        {
            "credential_kind": "api_key",
            "key_label": "Emulated key",
            "key_prefix": authenticate(exchange.request)[:PREFIX_LENGTH],
            "oauth_client_id": None,
            "organization": {"id": options["organization_id"], "name": options["organization_name"]},
            "role": options["role"],
            "scopes": [],
            "x_emulated": True,
        }
    )


def healthz(_exchange: Exchange) -> Reply:
    """``GET /v1/healthz``: public."""
    return answer({"ok": True})


def heartbeat(_exchange: Exchange) -> Reply:
    """``GET /v1/status/heartbeat``: public, the last verdict per product family."""
    return answer({"products": [{"product": name, "status": "ok"} for name in PRODUCTS]})
