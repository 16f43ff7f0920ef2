"""Tests of a carrier's connection (contract-next 4.1): what they found, and how long that counts.

Nobody is rung. Both directions pass unless the controls say otherwise (``voip_inbound``, ``voip_outbound``:
``pass`` or ``fail``, ``voip_detail``: the carrier's words); credentials with ``wrong`` in one are rejected.
"""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.database import document
from reconciler.emulator.exchange import invalid
from reconciler.emulator.resource import Resource
from reconciler.emulator.timestamps import moment

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.resource import Body

PROVIDERS = ("twilio", "telnyx", "signalwire", "vonage", "manual")
LIFETIME = timedelta(hours=1)
REJECTED = "The carrier rejected these credentials."
CHARGE: dict[str, Any] = {
    "provider_charge_currency": "USD",
    "provider_charge_estimate_cents": 2,
    "provider_charge_note": "Your carrier bills the test call at its own rate.",
}


def fingerprint(provider: str, credentials: Any, sip_config: Any) -> str:
    """What is compared between a test and the connection that is made of it."""
    text = json.dumps([provider, credentials or {}, sip_config or {}], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def run_test(scene: Scene, provider: str, credentials: Any, sip_config: Any) -> Body:
    """Try a connection and keep what was found; Refusal 400 for credentials the carrier rejects."""
    if any("wrong" in value for value in (credentials or {}).values() if isinstance(value, str)):
        raise invalid("credentials", REJECTED)
    options = document(scene.database, "options")
    found = {name: options.get(f"voip_{name}") or "pass" for name in ("inbound", "outbound")}
    failed = [name for name, status in found.items() if status != "pass"]
    detail = options.get("voip_detail") or (f"The {failed[0]} call did not arrive." if failed else "")
    return VOIP_EVIDENCE.make(
        scene,
        {},
        provider=provider,
        inbound_status=found["inbound"],
        outbound_status=found["outbound"],
        config_fingerprint=fingerprint(provider, credentials, sip_config),
        evidence={"detail": detail},
        **CHARGE,
        _used=False,
    )


def consume(scene: Scene, key: Any, expected: str) -> Body:
    """The evidence of that id, used up; Refusal 400 unless it passed, is fresh, unused and about ``expected``."""
    body = next((each for each in VOIP_EVIDENCE.every(scene) if each["id"] == key), None)
    complaint = "No verification evidence with this id." if body is None else _complaint(scene, body, expected)
    if body is None or complaint:
        raise invalid("verification_evidence_id", complaint)
    return VOIP_EVIDENCE.store(scene, body | {"_used": True}, body)


def _complaint(scene: Scene, body: Body, expected: str) -> str:
    if body["_used"]:
        return "This evidence was used already; run the test again."
    if moment(body["created_at"]) + LIFETIME < scene.now:
        return "This evidence has expired; run the test again."
    if (body["inbound_status"], body["outbound_status"]) != ("pass", "pass"):
        return "The test did not pass in both directions."
    return "" if body["config_fingerprint"] == expected else "The test was run with another configuration."


def provider(value: Any) -> str:
    """One of the carriers the platform knows."""
    return str(v.choice(*PROVIDERS)(value))


VOIP_EVIDENCE = Resource(
    name="voip_evidence",
    noun="VoipVerificationEvidence",
    path="/v1/voip-evidence",
    fields={},
    verbs=(),
    stamps=("created_at",),
)
