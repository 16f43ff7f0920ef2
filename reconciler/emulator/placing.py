"""Placing of calls (contract 2.12), and a refusal for each reason of contract 4.

A refused request reserves nothing: the same idempotency key may be used again. Once a call record exists,
the key answers with that call permanently.
"""

from __future__ import annotations

import hashlib
import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator import agents, billing, compliance, phone_numbers
from reconciler.emulator.call_fields import UNKNOWN_YET, check
from reconciler.emulator.calls import UNDER_WAY
from reconciler.emulator.exchange import Refusal, answer, encode, refused
from reconciler.emulator.outcomes import OUTCOMES, outcome_of
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene

Body = dict[str, Any]

PLACEHOLDER = re.compile(r"\{\{\s*([A-Za-z_][\w.]*)\s*\}\}")


def place(exchange: Exchange) -> Reply:
    """``POST /v1/call``: 201 dialled, 200 the call of that key again, 202 outcome not known yet."""
    check(exchange.body)
    replayed = _replay(exchange)
    if replayed is not None:
        return replayed
    number = caller(exchange, exchange.body["from_number"])
    script = _script(exchange, number)
    admit(exchange)
    key = outcome_of(exchange.body["to_number"])
    outcome = OUTCOMES[key]
    if outcome.refusal and not outcome.rings_anyway:
        raise Refusal(*outcome.refusal)
    call_id = dial(exchange, exchange.body, script, key)
    if outcome.refusal:
        raise Refusal(*outcome.refusal, lasting=True)
    return answer({"call_id": call_id, "status": outcome.status_word}, outcome.http)


def _replay(exchange: Exchange) -> Reply | None:
    """The earlier call of the same key; 409 when the key was used for another request (Q13)."""
    key = exchange.body.get("idempotency_key")
    row = (
        key
        and exchange.database.execute(
            "SELECT request, body, outcome FROM calls WHERE idempotency_key = ?", (key,)
        ).fetchone()
    )
    if not row:
        return None
    request, text, outcome_key = row
    if request != _digest(exchange.body):
        raise refused(409, "This idempotency_key was already used for a different request.")
    call, outcome = json.loads(text), OUTCOMES[outcome_key]
    status = call["status"] if call["status"] != UNDER_WAY else outcome.status_word
    replayed = {"call_id": call["call_id"], "status": status, "idempotent_replay": True}
    if call["status"] == "failed":
        replayed["failure_reason"] = outcome.failure_reason
    return answer(replayed)


def caller(scene: Scene, from_number: str) -> Body:
    """The account's number of that spelling; Refusal 404 for none, 403 when it may not dial out."""
    number = phone_numbers.owned(scene.database, from_number)
    if number is None:
        raise refused(404, "from_number is not registered to this organization.")
    if not number["outbound_eligible"]:
        raise refused(403, number["outbound_ineligible_reason"] or "This number cannot place outbound calls.")
    return number


def _script(exchange: Exchange, number: Body) -> Body:
    """What the agent would say: the inline configuration, or the deployed agent asked for or routed."""
    if exchange.body.get("config") is not None:
        config: Body = exchange.body["config"]
        return {"agent_id": None, **config}
    agent_id = exchange.body.get("agent_id") or number["outbound_agent_id"]
    if agent_id is None:
        raise refused(400, "No outbound agent is configured for this number; pass agent_id or config.")
    if not agents.exists(exchange.database, agent_id):
        raise refused(404, "Agent not found.")
    agent, _ = agents.load(exchange.database, agent_id)
    return {"agent_id": agent_id, **agent}


def admit(scene: Scene) -> None:
    """Refusal 403 without the confirmation of compliance, 402 without a balance."""
    if not compliance.confirmed(scene.database):
        raise refused(403, "An administrator must confirm outbound TCPA compliance before placing calls.")
    if not billing.solvent(scene.database, scene.now):
        raise refused(402, "Insufficient balance to place outbound calls.")


def dial(scene: Scene, request: Body, script: Body, key: str) -> int:
    """Ring somebody with what the agent would say, to the outcome of that key. The id of the call."""
    outcome = OUTCOMES[key]
    ends = None if outcome.ends_after is None else scene.now + timedelta(seconds=outcome.ends_after)
    cursor = scene.database.execute(
        "INSERT INTO calls (idempotency_key, request, body, outcome, agent_id, direction, status,"
        " from_number, to_number, start_time, is_test, ends)"
        " VALUES (?, ?, '', ?, ?, 'outbound', ?, ?, ?, ?, 0, ?)",
        (
            request.get("idempotency_key"),
            _digest(request),
            key,
            script["agent_id"],
            UNDER_WAY,
            request["from_number"],
            request["to_number"],
            stamp(scene.now),
            stamp(ends) if ends else None,
        ),
    )
    call_id = int(cursor.lastrowid or 0)
    body = _record(scene, request, script, call_id)
    scene.database.execute("UPDATE calls SET body = ? WHERE id = ?", (encode(body), call_id))
    return call_id


def _record(scene: Scene, request: Body, script: Body, call_id: int) -> Body:
    """A call just placed, with every field of the vendor's model."""
    variables = {**(script.get("variables") or {}), **(request.get("variables") or {})}
    named = dict.fromkeys(PLACEHOLDER.findall(script["prompt"]))
    return {
        **UNKNOWN_YET,
        "call_id": call_id,
        "agent_id": script["agent_id"],
        "direction": "outbound",
        "status": UNDER_WAY,
        "outbound_dial_state": "submitted",
        "from_number": request["from_number"],
        "to_number": request["to_number"],
        "start_time": stamp(scene.now),
        "product": script.get("product", "spark"),
        "voice": script.get("voice") or script.get("voice_name"),
        "thinking_level": script.get("thinking_level", "base"),
        "locale": request.get("language") or request.get("primary_language") or script.get("primary_language", "en"),
        "prompt_snapshot": script["prompt"],
        "variables": variables,
        "unresolved_variables": [name for name in named if name not in variables],
        "livekit_room_name": f"emulated-{call_id}",
    }


def _digest(body: Body) -> str:
    return hashlib.sha256(json.dumps(body, sort_keys=True).encode()).hexdigest()
