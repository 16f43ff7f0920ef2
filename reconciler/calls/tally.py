"""This file exists to remember what one run has done so far, over all the rounds of a lookahead."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.ledger import Attempt

REST = timedelta(seconds=30)


@dataclass(slots=True)
class Tally:
    """Attempts by idempotency key: whose request was sent, when each was tried last, what became of it.

    ``sent`` leaves out those that were refused: nothing rang. ``known`` is told even when it cannot be stored.
    """

    sent: set[str] = field(default_factory=set)
    tried: dict[str, datetime] = field(default_factory=dict)
    known: dict[str, Attempt] = field(default_factory=dict)

    def ready(self, key: str, now: datetime) -> datetime:
        """When an attempt may be tried, again or at all: not more often than every ``REST``."""
        return self.tried[key] + REST if key in self.tried else now

    def note(self, attempt: Attempt) -> None:
        """Keep what became of an attempt."""
        self.known[attempt.key] = attempt
        if attempt.state == "refused":
            self.sent.discard(attempt.key)

    def full(self, key: str, limit: int) -> bool:
        """Whether other calls have used up what one run may send."""
        return len(self.sent - {key}) >= limit
