"""Calls that tests make: real ones to the account, billed twice, and told of like any other."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import agents, billing, call_events
from reconciler.emulator.call_fields import UNKNOWN_YET
from reconciler.emulator.deliveries import emit
from reconciler.emulator.exchange import encode
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]

SIMULATOR = "+15550100000"
MINUTES = 1


def make(scene: Scene, agent_id: int, started: datetime, *, passed: bool) -> int:
    """A test call that took from then to now; charged, and its end and grade told. Its id."""
    agent, _ = agents.load(scene.database, agent_id)
    cursor = scene.database.execute(
        "INSERT INTO calls (request, body, outcome, agent_id, direction, status, from_number, to_number, start_time,"
        " is_test, ends) VALUES ('', '', 'default', ?, 'test', 'completed', ?, 'web', ?, 1, NULL)",
        (agent_id, SIMULATOR, stamp(started)),
    )
    call_id = int(cursor.lastrowid or 0)
    cents = billing.charge_call(
        scene.database, scene.now, cents=billing.test_price(agent["product"], MINUTES), call_id=call_id
    )
    body = _record(scene, agent, call_id, started) | {
        "billing_total_cents": cents,
        "call_outcome": "success" if passed else "failure",
    }
    scene.database.execute("UPDATE calls SET body = ? WHERE id = ?", (encode(body), call_id))
    call_events.ended(scene, body)
    data = {"call_id": call_id, "agent_id": agent_id, "verdict": "pass" if passed else "fail"}
    emit(scene, "test-call.completed", data, agent_id=agent_id, at=scene.now)
    return call_id


def _record(scene: Scene, agent: Body, call_id: int, started: datetime) -> Body:
    end = stamp(scene.now)
    return {
        **UNKNOWN_YET,
        "call_id": call_id,
        "agent_id": agent["id"],
        "direction": "test",
        "status": "completed",
        "outbound_dial_state": None,
        "from_number": SIMULATOR,
        "to_number": "web",
        "start_time": stamp(started),
        "end_time": end,
        "sip_answered_at": stamp(started),
        "billed_at": end,
        "billable_minutes": float(MINUTES),
        "duration_seconds": int((moment(end) - started).total_seconds()),
        "end_reason": "agent_end",
        "is_scenario_call": True,
        "is_test_call": True,
        "product": agent["product"],
        "voice": agent["voice"],
        "thinking_level": agent["thinking_level"],
        "locale": agent["primary_language"],
        "prompt_snapshot": agent["prompt"],
        "variables": {},
        "unresolved_variables": [],
        "livekit_room_name": f"emulated-{call_id}",
    }
