"""What webhook endpoints are told of a call (contract-next 1.6): that it is over, and twice its grade."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.emulator import grades
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.deliveries import emit
from reconciler.emulator.timestamps import moment
from reconciler.emulator.transcripts import spoken

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]

TOLD = (
    "call_id",
    "direction",
    "from_number",
    "to_number",
    "start_time",
    "end_time",
    "duration_seconds",
    "status",
    "end_reason",
    "product",
    "voice",
    "recording_url",
    "billable_minutes",
    "billing_total_cents",
)
# The transcript of an event names the roles as the documents of old do (contract X16).
ROLES = {"agent": "assistant"}


def ended(scene: Scene, call: Body) -> None:
    """Tell that a call is over, at its end, and of its grades, when they come."""
    family = "web" if call["direction"] in {"web", "test"} else "telephony"
    emit(scene, f"{family}.complete", _ending(scene, call), agent_id=call["agent_id"], at=moment(call["end_time"]))
    if call["transfer_outcome"]:
        data = {"call_id": call["call_id"], **{name: call[name] for name in call if name.startswith("transfer_")}}
        emit(scene, "call.transfer_completed", data, agent_id=call["agent_id"], at=moment(call["end_time"]))
    for at in grades.graded_at(call):
        data = {
            "call_id": call["call_id"],
            "grade": grades.grade(call, at),
            "agent_name": agent_name(scene, call["agent_id"]),
            "transcript": _turns(call),
        }
        emit(scene, "call.graded", data, agent_id=call["agent_id"], at=at)


def _ending(scene: Scene, call: Body) -> Body:
    return {
        **{name: call[name] for name in TOLD},
        "transfer_number": call["transfer_destination"] or None,
        "agent_name": agent_name(scene, call["agent_id"]),
        "transcripts": _turns(call),
        "x_emulated": True,
    }


def _turns(call: Body) -> list[Body]:
    return [{**turn, "role": ROLES.get(turn["role"], turn["role"])} for turn in spoken(call)]
