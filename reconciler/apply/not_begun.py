"""Results of what a run did not begin: it says so, since a person must do something about it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.left_out import stopped
from reconciler.model import Outcome, Result

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reconciler.model import Change, Plan


def not_begun(plan: Plan) -> Iterator[Result]:
    """What an error about it alone left out, then what an earlier run began and nobody knows the end of."""
    yield from map(_stopped, stopped(plan))
    yield from (_unsettled(change) for change in plan.changes if change.unsettled)


def _stopped(change: Change) -> Result:
    """A change that an error about it alone kept from being done."""
    first = change.stopped[0]
    where = first.location or change.location
    return Result(change.address, change.action, Outcome.FAILED, first.message, change.id, first.hint, where)


def _unsettled(change: Change) -> Result:
    """An action that an earlier run began: it is neither called done nor taken again."""
    hint = f"look whether it happened; then, to have it done (again): reconciler apply --again {change.address}"
    return Result(change.address, change.action, Outcome.UNKNOWN, change.sentence, change.id, hint, change.location)
