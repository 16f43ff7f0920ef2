"""Phone numbers and their routing (contract 2.8).

``body`` is the answer; ``carrier`` is what only the carrier knows: whether a probe will succeed, how many
were dialled, until when one is under way.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator import agents
from reconciler.emulator import validators as v
from reconciler.emulator.exchange import Refusal, answer, encode, invalid, raw_answer, refused

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.exchange import Exchange, Reply

Body = dict[str, Any]

STATUSES = ("provisioning", "active", "failed", "releasing", "released", "draft")
UPDATABLE = ("inbound_agent_id", "outbound_agent_id", "label", "status", "webhook_url")
PROVEN = ("verified", "carrier_accepted")
UNPROVEN_REASON = "This VoIP number has not been verified for outbound calls."
DEMO_REASON = "ThunderPhone numbers cannot place outbound calls until the organization is approved for it."
PLATFORM_NUMBERS = 5

CHECKS: dict[str, v.Check] = {
    "inbound_agent_id": v.nullable(v.integer(1)),
    "outbound_agent_id": v.nullable(v.integer(1)),
    "label": v.text(maximum=255),
    "webhook_url": v.nullable(v.web_address),
}


def index(exchange: Exchange) -> Reply:
    """``GET /v1/phone-numbers``: all of them, newest first."""
    rows = exchange.database.execute("SELECT body FROM phone_numbers ORDER BY id DESC")
    return raw_answer("[" + ",".join(row[0] for row in rows) + "]")


def show(exchange: Exchange) -> Reply:
    """``GET /v1/phone-numbers/{id}``."""
    body, _ = load(exchange.database, exchange.arguments[0])
    return answer(body)


def update(exchange: Exchange) -> Reply:
    """``PATCH``/``PUT /v1/phone-numbers/{id}``: answers the five updatable fields and no more.

    ``status`` is judged and then ignored (contract Q19).
    """
    body, carrier = load(exchange.database, exchange.arguments[0])
    body |= understand(exchange.database, exchange.body)
    save(exchange.database, body, carrier)
    return answer({name: body[name] for name in UPDATABLE})


def release(exchange: Exchange) -> Reply:
    """``DELETE /v1/phone-numbers/{id}``: 200 with a body, and only with ``confirm=true`` (X9)."""
    load(exchange.database, exchange.arguments[0])
    if exchange.request.query.get("confirm", "").lower() != "true":
        raise invalid("confirm", "Releasing a number is permanent; pass confirm=true.")
    exchange.database.execute("DELETE FROM phone_numbers WHERE id = ?", exchange.arguments)
    at_provider = exchange.request.query.get("release_at_provider", "").lower() == "true"
    return answer({"detail": "Number released.", "released_at_provider": at_provider, "routing_removed": True})


def limits(exchange: Exchange) -> Reply:
    """``GET /v1/phone-numbers/limits``."""
    used = exchange.database.execute(
        "SELECT count(*) FROM phone_numbers WHERE json_extract(body, '$.source') = 'demo'"
    ).fetchone()[0]
    return answer({"max_platform_numbers": PLATFORM_NUMBERS, "platform_numbers_used": used})


def load(database: sqlite3.Connection, number_id: int) -> tuple[Body, Body]:
    """A number and what its carrier knows; Refusal 404 when it is not here."""
    row = database.execute("SELECT body, carrier FROM phone_numbers WHERE id = ?", (number_id,)).fetchone()
    if row is None:
        raise refused(404, "No PhoneNumber matches the given query.")
    return json.loads(row[0]), json.loads(row[1])


def owned(database: sqlite3.Connection, number: str) -> Body | None:
    """The account's own number of that E.164 spelling, if any."""
    row = database.execute("SELECT body FROM phone_numbers WHERE number = ?", (number,)).fetchone()
    return json.loads(row[0]) if row else None


def of_connection(database: sqlite3.Connection, connection_id: int) -> list[Body]:
    """The numbers that came over a VoIP connection."""
    rows = database.execute(
        "SELECT body FROM phone_numbers WHERE json_extract(body, '$.voip_connection_id') = ?", (connection_id,)
    )
    return [json.loads(row[0]) for row in rows]


def save(database: sqlite3.Connection, body: Body, carrier: Body) -> None:
    """Write a number back."""
    database.execute(
        "UPDATE phone_numbers SET body = ?, carrier = ? WHERE id = ?",
        (encode(body), encode(carrier), body["id"]),
    )


def put(database: sqlite3.Connection, changes: Body) -> None:
    """Add a number, or change the one of that ``number``; any field of the answer may be named.

    ``will_verify`` says what a probe will find. Eligibility follows from source and verification
    unless it is named too.
    """
    number = v.e164(changes["number"])
    row = database.execute("SELECT id FROM phone_numbers WHERE number = ?", (number,)).fetchone()
    if row is None:
        cursor = database.execute("INSERT INTO phone_numbers (number, body, carrier) VALUES (?, '', '')", (number,))
        body, carrier = (
            _blank(int(cursor.lastrowid or 0), number, changes),
            {"will_verify": True, "probes": 0},
        )
    else:
        body, carrier = load(database, row[0])
    carrier |= {key: changes[key] for key in ("will_verify",) if key in changes}
    body |= {key: value for key, value in changes.items() if key != "will_verify"}
    save(database, eligible(body) | {k: changes[k] for k in _ELIGIBILITY if k in changes}, carrier)


def eligible(body: Body) -> Body:
    """The number with ``outbound_eligible`` and its reason as its source and verification imply (2.8.2)."""
    reason = None
    if body["source"] == "demo":
        reason = DEMO_REASON
    elif body["voip_verification_status"] not in PROVEN:
        reason = UNPROVEN_REASON
    return body | {"outbound_eligible": reason is None, "outbound_ineligible_reason": reason}


def understand(database: sqlite3.Connection, body: Body) -> Body:
    """The routing fields a request names; Refusal 400 with every complaint, unknown agents included."""
    understood: Body = {}
    complaints: dict[str, list[str]] = {}
    for name, check in CHECKS.items():
        try:
            if name in body:
                understood[name] = check(body[name])
        except v.Invalid as complaint:
            complaints[name] = [str(complaint)]
    if "status" in body and body["status"] not in STATUSES:
        complaints["status"] = [f'"{body["status"]}" is not a valid choice.']
    for name in ("inbound_agent_id", "outbound_agent_id"):
        agent_id = understood.get(name)
        if agent_id is not None and not agents.exists(database, agent_id):
            complaints[name] = [f'Invalid pk "{agent_id}" - object does not exist.']
    if complaints:
        raise Refusal(400, complaints)
    return understood


_ELIGIBILITY = ("outbound_eligible", "outbound_ineligible_reason")


def _blank(number_id: int, number: str, changes: Body) -> Body:
    voip = changes.get("source", "voip") == "voip"
    proven = changes.get("voip_verification_status", "unverified") in PROVEN
    return {
        "id": number_id,
        "number": number,
        "label": "",
        "source": "voip",
        "status": "active" if proven or not voip else "draft",
        "inbound_agent_id": None,
        "outbound_agent_id": None,
        "webhook_url": None,
        "webhook_signing_secret": f"whsec_emulated_{number_id}",
        "voip_connection_id": 31 if voip else None,
        "voip_verification_status": "unverified",
        "voip_last_verified_at": None,
        "voip_inbound_status": "untested",
        "voip_inbound_test_method": None,
        "voip_inbound_tested_at": None,
        "voip_inbound_result": None,
        "sms_capable": None,
        "sms_capability_checked_at": None,
        "x_emulated": True,
    }
