"""Loop tests of a VoIP number (contract-next 4.1): whether a call to it arrives here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator.exchange import answer, refused
from reconciler.emulator.phone_numbers import load, save
from reconciler.emulator.resource import administrator
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply


def test_inbound(exchange: Exchange) -> Reply:
    """``POST /v1/phone-numbers/{id}/test-inbound``: administrators only; it passes where a probe would."""
    administrator(exchange)
    body, carrier = load(exchange.database, exchange.arguments[0])
    if body["source"] != "voip":
        raise refused(403, "ThunderPhone numbers need no inbound test.")
    arrives, now = bool(carrier["will_verify"]), stamp(exchange.now)
    status = "passed" if arrives else "failed"
    body |= {"voip_inbound_status": status, "voip_inbound_tested_at": now}
    save(exchange.database, body, carrier)
    probe = {
        "status": "pass" if arrives else "fail",
        "method": "loopback",
        "from_number": body["number"],
        "reason": "" if arrives else "no_arrival",
        "detail": "" if arrives else "The carrier took the call, and it never arrived.",
        "proves_outbound": arrives,
        "seconds_to_arrival": 1.5 if arrives else None,
        "tested_at": now,
        "loopback": None,
    }
    return answer(
        {
            "phone_number_id": body["id"],
            "voip_inbound_status": status,
            "voip_inbound_tested_at": now,
            "inbound_probe": probe,
            "x_emulated": True,
        }
    )
