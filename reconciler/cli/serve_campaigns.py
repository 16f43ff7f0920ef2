"""Campaigns in the service: started at their instant, apart from calls, which wait for nobody."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.errors import Locked, ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.campaign_dispatch import Start
    from reconciler.schedule.call_report import CallRow

AHEAD = timedelta(seconds=10)  # in which the lease is taken and the account looked at before an instant
_LOOK_SECONDS = 0.5
_FAILED_SECONDS = 15.0


def start_campaigns(
    start: Start, *, told: Callable[[list[CallRow]], None], failed: Callable[[ReconcilerError], None]
) -> None:
    """Start what is due, each at most once, until the run is asked to stop."""
    pause = _LOOK_SECONDS
    while not start.session.stopping.wait(pause):
        rows: list[CallRow] = []
        pause = _LOOK_SECONDS
        try:
            start.run(rows)
        except Locked:  # another replica is at it
            continue
        except ReconcilerError as error:
            failed(error)
            pause = _FAILED_SECONDS
        finally:
            if rows:
                told(rows)
                pause = _FAILED_SECONDS
