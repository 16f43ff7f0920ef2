"""What is said where the state cannot be read."""

from __future__ import annotations

from reconciler.errors import StoreError
from reconciler.model import Finding, Severity


def unread(error: StoreError) -> StoreError:
    """The error of a run that needs the state."""
    return StoreError(f"the state cannot be read: {error.message}", code="RC502", hint=error.hint)


def without_state(error: StoreError) -> Finding:
    """The warning of a run that goes on without it."""
    return Finding(
        Severity.WARNING,
        "RC502",
        f"the state cannot be read ({error.message}): objects were found by name; what this tool last applied is "
        "not known, nor which calls are armed or were placed",
        error.hint,
    )
