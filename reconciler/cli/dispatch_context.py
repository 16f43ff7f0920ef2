"""The context of dispatching, wired from a session: once for a run of dispatch, anew in serve."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.calls.context import DispatchContext
from reconciler.calls.run_state import RunState
from reconciler.cli.run_identity import owner
from reconciler.kinds.scheduled_call_orders import Comparisons, orders

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.calls.rate_limit import Throttle
    from reconciler.cli.session import Session
    from reconciler.load.reader import Loaded
    from reconciler.planning.survey import Connection, Survey
    from reconciler.schedule.call_report import CallRow


def dispatch_context(
    session: Session,
    connection: Connection,
    loaded: Loaded,
    found: Survey,
    *,
    check_lease: Callable[[], None],
    throttle: Throttle,
    run_state: RunState | None = None,
    happened: Callable[[CallRow], None] | None = None,
) -> DispatchContext:
    """What all workers share over one survey of the account; without a ``run_state`` a fresh one."""
    ledger = connection.ledger
    return DispatchContext(
        api=connection.api,
        ledger=ledger,
        resolver=found.resolver,
        account=found.account,
        orders=orders(loaded.resources),
        organization=connection.target.organization_id,
        clock=session.clock,
        owner=owner(),
        differs=Comparisons(loaded.resources, lambda: ledger.digests).differs,
        check_lease=check_lease,
        stopping=session.stopping,
        run_state=RunState() if run_state is None else run_state,
        throttle=throttle,
        do_not_call=lambda: session.do_not_call.as_read(ledger),
        left_out=session.left_out,
        sent=session.sent_here,
        happened=happened,
    )
