"""How a campaign runs: within its hours, so many at once, again after a while, until nobody is left."""

from __future__ import annotations

import json
from datetime import datetime, time, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from reconciler.emulator import agents, billing, placing
from reconciler.emulator import campaign_contacts as contacts
from reconciler.emulator.deliveries import emit
from reconciler.emulator.outcomes import OUTCOMES, outcome_of
from reconciler.emulator.tables import DUE
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]

# What is heard of a call that came to nothing, in the words of ``retry_on``.
WORDS = {"busy": "busy", "no_answer": "no_answer", "voicemail": "voicemail"}


def opening(scene: Scene, body: Body) -> Body:
    """What a start makes of a campaign: running within its hours, scheduled before."""
    opens = _opens(body, scene.now)
    return {"status": "running" if opens <= scene.now else "scheduled", DUE: stamp(opens)}


def step(scene: Scene, body: Body, counted: Callable[[dict[str, int]], dict[str, int]]) -> Body:
    """The campaign a moment later: who hung up is noted, who is next is called, unless it is over or paused."""
    campaign = body["public_id"]
    _note_ended(scene, body)
    if body["status"] not in {"scheduled", "running"}:
        return {DUE: _next_end(scene, campaign)}
    if body["end_at"] and moment(body["end_at"]) <= scene.now:
        contacts.exhaust(scene, campaign)
    opens = _opens(body, scene.now)
    if opens <= scene.now and not _dial_next(scene, body):
        return {"status": "paused", DUE: _next_end(scene, campaign)}
    by_status = contacts.counts(scene, campaign)
    if not any(by_status.get(word) for word in contacts.OPEN):
        data = {"public_id": campaign, "name": body["name"], **counted(by_status)}
        emit(scene, "campaign.completed", data, agent_id=body["agent"], at=scene.now)
        return {"status": "completed", DUE: None}
    status = "running" if opens <= scene.now else body["status"]
    return {"status": status, DUE: _next_moment(scene, body, opens)}


def _next_moment(scene: Scene, body: Body, opens: datetime) -> str | None:
    """When something can change next: a call ends, a contact is due again, the hours begin, the end comes."""
    campaign = body["public_id"]
    moments = [_next_end(scene, campaign), body["end_at"]]
    if opens > scene.now:
        moments.append(stamp(opens))
    elif again := contacts.next_attempt(scene, campaign):
        moments.append(max(again, stamp(scene.now + timedelta(seconds=1))))
    later = [text for text in moments if text and moment(text) > scene.now]
    return min(later, default=None)


def _dial_next(scene: Scene, body: Body) -> bool:
    """Call as many as may be called at once; False when the balance does not allow it."""
    campaign = body["public_id"]
    free = body["max_concurrent_calls"] - len(contacts.in_call(scene, campaign))
    for contact in contacts.next_to_call(scene, campaign, max(0, free)):
        if not billing.solvent(scene.database, scene.now) or not agents.exists(scene.database, body["agent"]):
            return False
        _call(scene, body, contact)
    return True


def _call(scene: Scene, body: Body, contact: Body) -> None:
    key = outcome_of(contact["phone_number"])
    attempts = contact["attempts"] + 1
    refusal = OUTCOMES[key].refusal
    if refusal and not OUTCOMES[key].rings_anyway:
        contacts.update(scene, contact, status="failed", attempts=attempts, last_outcome="rejected")
        return
    agent, _ = agents.load(scene.database, body["agent"])
    request = {
        "from_number": body["from_number"],
        "to_number": contact["phone_number"],
        "variables": contact["variables"],
    }
    call_id = placing.dial(scene, request, {"agent_id": body["agent"], **agent}, key)
    contacts.update(scene, contact, status="calling", attempts=attempts, call_id=call_id)


def _note_ended(scene: Scene, body: Body) -> None:
    for contact in contacts.in_call(scene, body["public_id"]):
        row = scene.database.execute("SELECT body FROM calls WHERE id = ?", (contact["call_id"],)).fetchone()
        call = json.loads(row[0])
        if call["status"] != "in_progress":
            _note(scene, body, contact, call)


def _note(scene: Scene, body: Body, contact: Body, call: Body) -> None:
    outcome = "completed" if call["sip_answered_at"] else WORDS.get(call["end_reason"], "failed")
    if outcome == "completed":
        contacts.update(scene, contact, status="completed", last_outcome=outcome)
    elif outcome not in body["retry_on"]:
        contacts.update(scene, contact, status="failed", last_outcome=outcome)
    elif contact["attempts"] >= body["max_attempts"] or body["status"] == "cancelled":
        contacts.update(scene, contact, status="exhausted", last_outcome=outcome)
    else:
        again = scene.now + timedelta(minutes=body["retry_backoff_minutes"])
        contacts.update(scene, contact, status="scheduled", last_outcome=outcome, until=again)


def _next_end(scene: Scene, campaign: str) -> str | None:
    """When the first call under way ends; None when none does."""
    query = (
        "SELECT min(ends) FROM calls WHERE id IN"
        " (SELECT call_id FROM campaign_contacts WHERE campaign = ? AND status = 'calling')"
    )
    found = scene.database.execute(query, (campaign,)).fetchone()[0]
    return str(found) if found else None


def _opens(body: Body, now: datetime) -> datetime:
    """The next moment in the hours, which is now when it is in them."""
    earliest = max(now, moment(body["start_at"])) if body["start_at"] else now
    zone = ZoneInfo(body["timezone"])
    start, end = (time.fromisoformat(body[f"daily_window_{side}"]) for side in ("start", "end"))
    local = earliest.astimezone(zone)
    if start <= local.time() < end:
        return earliest
    day = local.date() + timedelta(days=0 if local.time() < start else 1)
    return datetime.combine(day, start, zone).astimezone(now.tzinfo)
