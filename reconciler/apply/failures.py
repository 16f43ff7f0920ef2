"""Failures of single changes: whether each may have happened all the same, and what a person does."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import AmbiguousWrite, Conflict
from reconciler.model import Action, Outcome

if TYPE_CHECKING:
    from reconciler.contract.kind import Kind
    from reconciler.errors import ReconcilerError
    from reconciler.model import Change

AGAIN = "run apply again: it looks first, and does only what is missing"


def outcome_of(error: ReconcilerError, change: Change, kind: Kind) -> tuple[Outcome, str]:
    """How a change ended that failed, and what to do next."""
    if isinstance(error, AmbiguousWrite):
        waits = change.action is Action.ACT or kind.tried_once or (kind.outputs and change.id is None)
        return Outcome.UNKNOWN, f"reconciler apply --again {change.address}" if waits else AGAIN
    if isinstance(error, Conflict):
        return Outcome.FAILED, "another run wrote the state at the same time; run plan again"
    return Outcome.FAILED, error.hint
