"""End of a hold as it is given on the command line."""

from __future__ import annotations

from datetime import UTC
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from reconciler.errors import InputError
from reconciler.schedule.clock import stamp
from reconciler.schedule.occurrences import ending

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime, tzinfo


def told_in(clocks: Iterable[tzinfo]) -> str:
    """The zone by whose clock the end is told: the one that all calls are declared in, else "" for UTC."""
    names = {place.key if isinstance(place, ZoneInfo) else "" for place in clocks}
    return names.pop() if len(names) == 1 else ""


def hold_end(written: str, clocks: Iterable[tzinfo], now: datetime) -> str:
    """The instant of it, as it is stored: the last one at which it has come by all these clocks, UTC for none.

    Raises InputError for what is no date and no time, or has passed.
    """
    try:
        end = max(ending(written, place) for place in [*clocks] or [UTC])
    except ValueError as error:
        hint = "write it as 2026-12-31, or as 2026-12-31T15:00:00-05:00"
        raise InputError(f"--until: {error}", code="RC145", hint=hint) from None
    if end <= now:
        raise InputError(f"--until: `{written}` has passed", code="RC146", hint="give a time to come, or leave it out")
    return stamp(end)
