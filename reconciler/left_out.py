"""What an error about one thing leaves out of a run, and the errors that stop all of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model import Change, Finding, Plan


def stopped(plan: Plan) -> tuple[Change, ...]:
    """The changes that errors about them alone leave out."""
    return tuple(change for change in plan.changes if change.stopped)


def blocking(plan: Plan) -> tuple[Finding, ...]:
    """The errors that stop an apply: all but those that leave out a change of their own."""
    alone = {change.address for change in stopped(plan)}
    return tuple(finding for finding in plan.errors if finding.address not in alone)
