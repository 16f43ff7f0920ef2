"""This file exists to say what time it is and what a written time means.

Everything below the command line takes ``now`` as a parameter; only the edge asks a ``Clock``.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol


class Clock(Protocol):
    """Tells the time in UTC and waits."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...

    def sleep(self, seconds: float) -> None:
        """Wait; a fixed clock moves forward instead."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The present instant, aware, in UTC."""
        return datetime.now(UTC)

    def sleep(self, seconds: float) -> None:
        """Wait for real."""
        time.sleep(seconds)


@dataclass
class FixedClock:
    """A clock that stands at one instant and moves only when told to wait."""

    instant: datetime

    def now(self) -> datetime:
        """The instant it stands at."""
        return self.instant

    def sleep(self, seconds: float) -> None:
        """Move forward by that much, at once."""
        self.instant += timedelta(seconds=seconds)
