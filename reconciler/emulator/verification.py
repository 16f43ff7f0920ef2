"""Verification of a VoIP number at its carrier (contract 2.8.3): a real, billed probe call.

The answer is 200 whether the probe succeeds or not; ``voip_verification_status`` is the verdict.
"""

from __future__ import annotations

import uuid
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator.database import document
from reconciler.emulator.exchange import answer, refused
from reconciler.emulator.phone_numbers import eligible, load, save
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply

PROBE_CENTS = 2
ADMINISTRATORS = ("owner", "admin")
CHARGE = {
    "provider_charge_currency": "USD",
    "provider_charge_estimate_cents": PROBE_CENTS,
    "provider_charge_note": "Your carrier bills the probe call at its own rate.",
}


def verify(exchange: Exchange) -> Reply:
    """``POST /v1/phone-numbers/{id}/verify-voip``: administrators only, one probe per number at a time.

    403 for a demo number or another role, 409 while a probe is under way. It dials and bills again
    however proven the number already is (contract Q21).
    """
    body, carrier = load(exchange.database, exchange.arguments[0])
    options = document(exchange.database, "options")
    if options["role"] not in ADMINISTRATORS:
        raise refused(403, "You do not have permission to perform this action.")
    if body["source"] != "voip":
        raise refused(403, "ThunderPhone numbers are not verified; only VoIP numbers are.")
    if carrier.get("busy_until") and moment(carrier["busy_until"]) > exchange.now:
        raise refused(409, "A verification is already running for this number.")
    seconds = float(options["probe_seconds"])
    carrier |= {
        "probes": carrier["probes"] + 1,
        "busy_until": stamp(exchange.now + timedelta(seconds=seconds)) if seconds else None,
    }
    body = eligible(body | _verdict(body, exchange, succeeds=carrier["will_verify"]))
    save(exchange.database, body, carrier)
    return answer(_report(exchange, body, carrier), delay=seconds)


def _verdict(body: dict[str, Any], exchange: Exchange, *, succeeds: bool) -> dict[str, Any]:
    if not succeeds:
        return {"voip_verification_status": "failed"}
    return {
        "voip_verification_status": "verified",
        "voip_last_verified_at": stamp(exchange.now),
        "status": "active" if body["status"] in {"draft", "provisioning", "failed"} else body["status"],
    }


def _report(exchange: Exchange, body: dict[str, Any], carrier: dict[str, Any]) -> dict[str, Any]:
    verdict = "pass" if carrier["will_verify"] else "fail"
    detail = "" if carrier["will_verify"] else "The carrier rejected the probe call: 403 caller ID not owned."
    evidence = {
        "id": str(uuid.uuid5(uuid.NAMESPACE_URL, f"{body['number']}/{carrier['probes']}")),
        "provider": "twilio",
        "inbound_status": "pass",
        "outbound_status": verdict,
        "config_fingerprint": f"emulated-{body['id']}",
        "evidence": {"detail": detail},
        "created_at": stamp(exchange.now),
        **CHARGE,
    }
    return {
        "phone_number_id": body["id"],
        "status": "completed",
        "voip_verification_status": body["voip_verification_status"],
        "verification_evidence": evidence,
        "x_emulated": True,
        **CHARGE,
    }
