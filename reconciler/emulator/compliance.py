"""The outbound TCPA confirmation (contract 2.17): a person's legal declaration."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from reconciler.emulator.database import document, drop_document, has_document, keep_document
from reconciler.emulator.exchange import answer, refused
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from reconciler.emulator.exchange import Exchange, Reply

KEY = "tcpa"
MISSING = "missing"
ACTIVE = "active"
STATUSES = (ACTIVE, "superseded", "revoked", MISSING)


def show(exchange: Exchange) -> Reply:
    """``GET /v1/outbound-tcpa-confirmation``: 404 before any confirmation (Q23)."""
    if not has_document(exchange.database, KEY):
        raise refused(404, "No outbound TCPA confirmation found.")
    return answer(document(exchange.database, KEY))


def confirm(_exchange: Exchange) -> Reply:
    """``POST /v1/outbound-tcpa-confirmation``: an API key cannot attest (X30)."""
    raise refused(403, "Outbound TCPA confirmation must be given by an administrator in the dashboard.")


def confirmed(database: sqlite3.Connection) -> bool:
    """Whether outbound calls are allowed by an active confirmation."""
    return has_document(database, KEY) and document(database, KEY)["status"] == ACTIVE


def set_status(database: sqlite3.Connection, now: datetime, status: str, organization_id: int) -> None:
    """Put the confirmation in a state, or take it away with ``missing``; ValueError for another word."""
    if status not in STATUSES:
        raise ValueError(f"`{status}` is none of {', '.join(STATUSES)}")
    if status == MISSING:
        drop_document(database, KEY)
        return
    confirmation = {
        "id": 1,
        "organization_id": organization_id,
        "status": status,
        "status_updated_at": stamp(now),
        "text_version": "2026-07",
        "locale": "en",
        "rendered_text_sha256": hashlib.sha256(b"emulated statement").hexdigest(),
        "user_id": 1,
        "user_role": "owner",
        "confirmed_at": stamp(now),
        "x_emulated": True,
    }
    keep_document(database, KEY, confirmation)
