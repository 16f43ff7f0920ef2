"""Agreement of this machine's clock and the server's: without it nothing is dialled."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import PlanRefused

if TYPE_CHECKING:
    from reconciler.api import Api

_LONGEST_SKEW = 30.0


def agree_on_time(api: Api) -> None:
    """A clock that is off by more than 30 s would dial outside the window; nothing is dialled then."""
    offset = api.server_offset()
    if offset is not None and abs(offset) > _LONGEST_SKEW:
        raise PlanRefused(
            f"this machine's clock is {abs(offset):.0f} s {'behind' if offset > 0 else 'ahead of'} the server's, "
            f"limit {_LONGEST_SKEW:.0f} s",
            code="RC306",
            hint="set the clock (NTP), then dispatch again",
        )
