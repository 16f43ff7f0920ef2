"""Validation of an agent's draft: recorded turns, replayed against what a deploy ships.

The vendor's oddity (contract-next 2.5): a run is of the draft as it was, so one that does not match it any more says
nothing. It costs fractions of a cent and calls nobody; one that is under way is waited for, never begun again.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.errors import AmbiguousWrite, Rejected

if TYPE_CHECKING:
    from reconciler.contract.account import Context

PATIENCE = timedelta(minutes=5)
_PAUSES = (1, 2, 4, 8, 15)
_NOT_FOUND = 404
_NAMED = 5
_BROKEN = ("failed", "error", "errored", "cancelled", "canceled")


def objection(agent_id: str, context: Context) -> str:
    """Why a draft should not be deployed; "" where it passed, or where the agent has nothing to validate it by."""
    try:
        status = _status(agent_id, context)
    except Rejected as error:
        if error.status != _NOT_FOUND:
            raise
        return ""  # an account without validation has no examples
    if not status.get("active_example_count"):
        return ""
    run = _matching(status)
    if run is None:
        run = _begun(agent_id, context)
    if run is None:
        return "whether a validation run was begun is not known"
    return _objection(_ended(run, context))


def _status(agent_id: str, context: Context) -> Mapping[str, Any]:
    found = context.api.get(f"/v1/agents/{segment(agent_id)}/validation-status")
    return found if isinstance(found, Mapping) else {}


def _matching(status: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The latest run, where it is of the draft as it is and did not break."""
    run = status.get("latest_run")
    if status.get("latest_run_matches_draft") is not True or not isinstance(run, Mapping):
        return None
    return None if run.get("completed_at") is not None and run.get("error_message") else run


def _begun(agent_id: str, context: Context) -> Mapping[str, Any] | None:
    """A new run; one whose answer was lost is looked for, and None where it is not there."""
    try:
        run = context.api.post(f"/v1/agents/{segment(agent_id)}/validation-runs", {"config_source": "draft"})
    except AmbiguousWrite:
        return _matching(_status(agent_id, context))
    return run if isinstance(run, Mapping) else None


def _ended(run: Mapping[str, Any], context: Context) -> Mapping[str, Any]:
    """The run, read again until it has ended or patience has."""
    until, pauses = context.now() + PATIENCE, list(_PAUSES)
    while run.get("completed_at") is None and context.sleep is not None and context.now() < until:
        context.sleep(pauses.pop(0) if len(pauses) > 1 else pauses[0])
        found = context.api.get(f"/v1/validation-runs/{segment(str(run.get('id')))}")
        run = found if isinstance(found, Mapping) else run
    return run


def _objection(run: Mapping[str, Any]) -> str:
    """What speaks against a deploy, the regressions by name."""
    if run.get("completed_at") is None:
        return f"validation run {run.get('id')} has not ended"
    if run.get("error_message"):
        return f"validation run {run.get('id')} broke: {run['error_message']}"
    if run.get("status") in _BROKEN:
        return f"validation run {run.get('id')} ended as `{run['status']}`"
    if (total := run.get("total_count") or 0) and run.get("skipped_count") == total:
        return f"validation run {run.get('id')} skipped all of its {total} examples"
    regressions = [_name(it) for it in run.get("regressions") or ()]
    failed = run.get("fail_count") or 0
    if not failed and not regressions:
        return ""
    listed = ", ".join(regressions[:_NAMED])
    more = f" and {len(regressions) - _NAMED} more" if len(regressions) > _NAMED else ""
    named = f"; regressions: {listed}{more}" if regressions else ""
    return f"{failed} of {run.get('total_count')} validation examples fail{named}"


def _name(regression: Any) -> str:
    """A regression as people know it; its shape is not told, so whatever names it, there or one level below."""
    if not isinstance(regression, Mapping):
        return f"`{regression}`"
    told = {
        key: value for it in (*regression.values(), regression) if isinstance(it, Mapping) for key, value in it.items()
    }
    id_ = next((told[key] for key in ("example_id", "id") if told.get(key) is not None), None)
    labels = ", ".join(map(str, told.get("labels") or ()))
    text = next((str(told[key]) for key in ("expectation", "title", "name") if told.get(key)), labels)
    named = (f"example {id_}" if id_ is not None else "", f"`{text}`" if text else "")
    return " ".join(part for part in named if part) or f"`{dict(regression)}`"
