"""Wait for a condition: for what another thread or process does, however slow the machine is."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 120.0  # seconds: a machine under load is slow, and that is no failure
PAUSE = 0.01


def until(condition: Callable[[], Any], what: str, *, patience: float = PATIENCE) -> Any:
    """The first value of a condition that is true; the test fails when there is none in all that time."""
    deadline = time.monotonic() + patience
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not within {patience:.0f} s: {what}"
        time.sleep(PAUSE)
    return found
