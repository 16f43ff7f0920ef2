"""This file exists for `reconciler calls`: how every scheduled call stands."""

from __future__ import annotations

import click

from reconciler.calls.follow import follow, rows
from reconciler.cli.options import Options, declare
from reconciler.cli.session import Session, shown

UNDER_WAY = frozenset({"placed", "claimed"})
_PAUSE = 2.0


@declare("calls")
@click.option("--watch", is_flag=True, help="Go on until every placed call has ended.")
def command(options: Options, watch: bool) -> int:
    """Show every scheduled call: when, state, outcome, duration, recording.

    Reads only; the outcome of a placed call is asked of the platform each time until dispatch records it.
    """
    from reconciler.cli import view  # noqa: PLC0415 - the renderers are slow to load

    with Session(options, read_only=True) as session:
        loaded = session.checked()
        api, target = session.connect()
        ledger = session.ledger(target)
        orders = session.orders(loaded.resources)
        while True:
            attempts = follow(api, ledger.attempts())
            found = rows(ledger.armed(), attempts, orders, now=session.clock.now())
            if not watch or session.stopping.is_set() or not any(row.state in UNDER_WAY for row in found):
                break
            session.clock.sleep(_PAUSE)
            ledger.refresh()
        view.calls(session, [shown(row, session.output) for row in found])
    return 0
