"""The switch of the service's page: every call held for a reason, or released for none."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING

from reconciler.errors import Conflict
from reconciler.redaction import storable
from reconciler.schedule.clock import stamp
from reconciler.state.call_records import Hold

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.state.ledger import Ledger

_TRIES = 8


def hold_all(ledger: Ledger, why: str, now: datetime) -> None:
    """Write what was decided, decided anew where another run was first."""
    hold = Hold(storable(why), stamp(now), "the page of the service")
    for _ in range(_TRIES - 1):
        with suppress(Conflict):
            ledger.hold_all(hold)
            return
        ledger.refresh()
    ledger.hold_all(hold)
