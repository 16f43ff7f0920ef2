"""`reconciler calls opt-out` and `calls dnc`: who asked not to be called."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import verb
from reconciler.cli.run_identity import person
from reconciler.cli.session import Session
from reconciler.cli.verbs import Verbs
from reconciler.errors import InputError
from reconciler.redaction import mask, storable
from reconciler.schedule.clock import stamp
from reconciler.state.opt_outs import opt_out
from reconciler.state_key import VARIABLE, StateKey
from reconciler.telephony.do_not_call import Hashing
from reconciler.telephony.phone_numbers import normalise

if TYPE_CHECKING:
    from reconciler.cli.options import Options


@verb("opt-out", paths=False)
@click.argument("number")
@click.option("--why", required=True, help="The reason, for everybody who asks later.")
def opt_out_command(options: Options, number: str, why: str) -> int:
    """Never call a person again, by any call or list; takes effect at once and is permanent.

    NUMBER is in E.164. A hash of it is kept: with the RECONCILER_STATE_KEY variable, one that nobody can try out.
    """
    try:
        called = normalise(number)
    except ValueError as error:
        raise InputError(f"NUMBER: {error}", code="RC114") from None
    options.output.hide_numbers({called})
    with Session(options, read_only=False) as session:
        _, target = session.connect()
        ledger = session.ledger(target)
        ledger.check_key()
        ledger.use_key()
        key = StateKey.of(os.environ)
        hashed = Hashing(ledger.organization, key).hash(called)
        record = {"why": storable(why), "at": stamp(session.clock.now()), "by": person()}
        opt_out(ledger.store, ledger.organization, hashed, record)
        known = "" if key else f"; {VARIABLE} is not set, so whoever reads the state can try which number it is"
        session.output.talk(f"{mask(called)} is never called again, in {ledger.store.description}{known}")
    return 0


class _Exports(Verbs):
    """Verbs of which the one that exports is the default."""

    default = "export"


@click.group("dnc", cls=_Exports, invoke_without_command=False)
def dnc() -> None:
    """Export who must not be called.

    `reconciler calls dnc` alone is `reconciler calls dnc export`.
    """


@verb("export", paths=False, formats=("text",))
def export(options: Options) -> int:
    """Print a hash of everybody who must not be called, one a line: another project's list may hold it."""
    with Session(options, read_only=True) as session:
        _, target = session.connect()
        everybody = session.do_not_call.now(session.ledger(target))
        if everybody.unknown:
            raise InputError(f"the do-not-call list cannot be read: {everybody.unknown}", code="RC182")
        for line in everybody.exported():
            session.output.data(f"{line}\n")
    return 0


dnc.add_command(export)
