"""Campaigns in the service: started at their instant, apart from calls, which wait for nobody."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.cli.campaign_dispatch import starts
from reconciler.errors import Locked, ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.session import Session
    from reconciler.load.reader import Loaded
    from reconciler.schedule.call_report import CallRow
    from reconciler.survey import Connection

_LOOK_SECONDS = 0.5
_FAILED_SECONDS = 15.0


def start_campaigns(
    session: Session,
    connection: Connection,
    read: Callable[[], Loaded],
    *,
    told: Callable[[list[CallRow]], None],
    failed: Callable[[ReconcilerError], None],
) -> None:
    """Start what is due, each at most once, until the run is asked to stop."""
    pause = _LOOK_SECONDS
    while not session.stopping.wait(pause):
        rows: list[CallRow] = []
        pause = _LOOK_SECONDS
        try:
            starts(session, connection, read, rows, dry_run=False)
        except Locked:  # another replica is at it
            continue
        except ReconcilerError as error:
            failed(error)
            pause = _FAILED_SECONDS
        finally:
            if rows:
                told(rows)
                pause = _FAILED_SECONDS
