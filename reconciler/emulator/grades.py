"""Grades of calls (contract-next 8.3): a fast one some seconds after the end, a full one later."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from datetime import datetime

Body = dict[str, Any]

FAST, FULL = timedelta(seconds=20), timedelta(seconds=50)
SCORES = {"success": 92, "failure": 35, "no_conversation": None}
GOALS = {"success": "achieved", "failure": "missed", "no_conversation": "no_opportunity"}


def graded_at(call: Body) -> tuple[datetime, ...]:
    """When a call is graded, the fast time and the full one; never when nobody answered."""
    if not call["end_time"] or not call["sip_answered_at"]:
        return ()
    end = moment(call["end_time"])
    return (end + FAST, end + FULL)


def grade(call: Body, now: datetime) -> Body | None:
    """The newest grade of a call there is by now."""
    times = [at for at in graded_at(call) if at <= now]
    if not times:
        return None
    verdict = call["call_outcome"] or "unknown"
    full = len(times) > 1
    return {
        "id": call["call_id"],
        "call_id": call["call_id"],
        "status": "completed",
        "score": SCORES.get(verdict),
        "call_outcome": verdict,
        "goal_achievement": GOALS.get(verdict),
        "goal_reasoning": None,
        "outcome_reasoning": "The emulator plays every call by its number.",
        "summary": "An emulated call." if full else "",
        "detected_issues": [],
        "rubric_breakdown": {"full": full},
        "caller_welfare_violation": False,
        "caller_welfare_reasoning": "",
        "error_message": None,
        "grader_model": "emulator-full" if full else "emulator-fast",
        "grader_version": "1",
        "graded_at": stamp(times[-1]),
        "created_at": stamp(times[0]),
        "updated_at": stamp(times[-1]),
        "x_emulated": True,
    }


def on_call(call: Body, now: datetime) -> Body:
    """The fields of a call that its grade fills in."""
    found = grade(call, now)
    if found is None:
        return {"grade_status": "pending"} if graded_at(call) else {}
    return {
        "grade_status": found["status"],
        "grade_score": found["score"],
        "goal_achievement": found["goal_achievement"],
        "goal_reasoning": found["outcome_reasoning"],
        "grade_updated_at": found["updated_at"],
        "summary": found["summary"] or None,
    }
