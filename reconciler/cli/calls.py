"""`reconciler calls`: how every scheduled call stands, and the switches of one call."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.calls.follow import follow, rows
from reconciler.calls.history import adopt, resolve
from reconciler.calls.reports import damaged
from reconciler.cli import completed_values
from reconciler.cli.call_filters import CallFilter, by_state, filtered
from reconciler.cli.common_options import FORMATS, declare
from reconciler.cli.session import Session, shown
from reconciler.cli.verbs import Verbs
from reconciler.errors import Conflict, InputError
from reconciler.redaction import storable
from reconciler.schedule.call_report import CallList
from reconciler.schedule.clock import parse_instant, stamp
from reconciler.schedule.occurrences import idempotency_key
from reconciler.state.call_records import Attempt, next_number
from reconciler.state.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.state.call_records import Armed
    from reconciler.state.ledger import Ledger

_PAUSE = 2.0
_TRIES = 8  # of a write that other runs may be first to


@click.group("calls", cls=Verbs, invoke_without_command=False)
def command() -> None:
    """Show every scheduled call, or hold, release, cancel or resolve one.

    `reconciler calls [PATHS]...` alone is `reconciler calls show`.
    """


@declare("show", formats=(*FORMATS, "html", "csv"))
@click.option("--watch", is_flag=True, help="Go on until every placed call has ended.")
@filtered
def show(options: Options, watch: bool, wanted: CallFilter) -> int:
    """Show scheduled calls: when, state, outcome, duration, cost, recording.

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
            found = [*damaged(ledger), *rows(ledger.armed(), attempts, orders, now=session.clock.now())]
            if not watch or session.stopping.is_set() or not any(CallState(row.state).under_way for row in found):
                break
            session.clock.sleep(_PAUSE)
            ledger.refresh()
        chosen = wanted.chosen(found, loaded.resources, now=session.clock.now())
        listed = CallList(
            target,
            tuple(shown(row, session.output) for row in chosen),
            hold=ledger.held_all(),
            left_out=len(found) - len(chosen),
        )
        view.calls(session, listed)
    return 0


@contextmanager
def _writing(options: Options) -> Iterator[tuple[Session, Api, Ledger, str]]:
    """A session that may write its state; the account itself is only read."""
    with Session(options, read_only=False) as session:
        api, target = session.connect()
        yield session, api, session.ledger(target), target.organization_id


def _written(ledger: Ledger, write: Callable[[], None]) -> None:
    """Write what was decided upon what is stored, deciding anew where another run was first.

    No lease is taken: a dispatch that is dialling must hear of it before the next telephone rings.
    """
    for _ in range(_TRIES - 1):
        try:
            return write()
        except Conflict:
            ledger.refresh()
    return write()


def _known(ledger: Ledger, name: str) -> Armed:
    armed = ledger.armed().get(name)
    if armed is None:
        raise InputError(f"no call `{name}` is armed", code="RC630", hint="`reconciler calls` lists them")
    return armed


def _last(ledger: Ledger, armed: Armed) -> Attempt | None:
    own = [attempt for attempt in ledger.attempts() if attempt.occurrence == armed.name]
    return max(own, key=lambda attempt: attempt.attempt, default=None)


def _over(ledger: Ledger, armed: Armed, now: datetime) -> str:
    """How a call stands of which nothing can come any more; "" where something can."""
    if armed.state != CallState.ARMED:
        return armed.state
    last = _last(ledger, armed)
    if last is None or (last.state == CallState.REFUSED and last.attempt == 1):
        return "over: its window closed" if armed.closes and parse_instant(armed.closes) <= now else ""
    if last.state == CallState.PLACED:
        return CallState.PLACED if last.attempt >= armed.call.most_attempts else ""
    return last.state if last.state.over and next_number(last, armed) == last.attempt else ""


@declare("hold", paths=False)
@click.argument("name", required=False, shell_complete=completed_values.calls)
@click.option("--all", "everything", is_flag=True, help="Hold every call of the account.")
@click.option("--why", default="by hand", show_default=True, help="The reason, for whoever wonders.")
def hold(options: Options, name: str | None, everything: bool, why: str) -> int:
    """Let a call, or every call, not be placed until it is released; takes effect at once."""
    return _switch(options, name, everything=everything, why=storable(why) or "by hand")


@declare("release", paths=False)
@click.argument("name", required=False, shell_complete=completed_values.calls)
@click.option("--all", "everything", is_flag=True, help="Release what `hold --all` holds.")
def release(options: Options, name: str | None, everything: bool) -> int:
    """Let a held call be placed again, if its window is still open then."""
    return _switch(options, name, everything=everything, why="")


def _switch(options: Options, name: str | None, *, everything: bool, why: str) -> int:
    if everything == bool(name):
        raise InputError("name one call, or say --all", code="RC124", hint="reconciler calls hold NAME")
    with _writing(options) as (session, _, ledger, _):

        def write() -> None:
            if name is None:
                return ledger.hold_all(why)
            armed = _known(ledger, name)
            if stands := _over(ledger, armed, session.clock.now()):
                raise InputError(f"`{name}` is {stands}", code="RC631", hint="`reconciler calls` shows it")
            return ledger.arm(replace(armed, held=why))

        _written(ledger, write)
        session.output.talk(f"{name or 'every call'}: {'held: ' + why if why else 'released'}")
    return 0


@declare("cancel", paths=False)
@click.argument("name", shell_complete=completed_values.calls)
def cancel(options: Options, name: str) -> int:
    """Cancel a call for good: its name will never ring anybody again, whatever the manifests say."""
    with _writing(options) as (session, _, ledger, organization):
        at = stamp(session.clock.now())
        _written(ledger, lambda: ledger.record(_cancelled(ledger, name, organization, at)))
        session.output.talk(f"{name}: cancelled; it will not be placed")
    return 0


def _cancelled(ledger: Ledger, name: str, organization: str, at: str) -> Attempt:
    """The attempt that is to come, as cancelled; raises InputError when none is."""
    armed = _known(ledger, name)
    if not armed.opens:
        hint = f"reconciler calls hold {name}, and remove its document"
        raise InputError(f"`{name}` recurs", code="RC631", hint=hint)
    last = _last(ledger, armed)
    number = next_number(last, armed) if last else 1
    tried = last if last is not None and number == last.attempt else None
    if tried is not None and tried.state != CallState.REFUSED:
        raise InputError(f"`{name}` is {tried.state} already", code="RC631", hint="`reconciler calls` shows it")
    fresh = Attempt(
        name, name, number, CallState.CANCELLED, key=idempotency_key(organization, name, number), to=armed.callee
    )  # fmt: skip - one attempt
    return replace(tried or fresh, state=CallState.CANCELLED, claimed_at="", detail=f"cancelled by hand at {at}")


@declare("resolve", paths=False)
@click.argument("name", shell_complete=completed_values.calls)
@click.option("--rang", metavar="CALL_ID", help="You found it in the dashboard: this is the call.")
@click.option("--did-not-ring", is_flag=True, help="You made sure that nobody was rung.")
def resolve_command(options: Options, name: str, rang: str | None, did_not_ring: bool) -> int:
    """Settle a call whose outcome is unknown: by the platform's records, or by what you found out.

    One occurrence of a recurring call is NAME@INSTANT, as `reconciler calls` lists it.
    """
    with _writing(options) as (session, api, ledger, _), session.lease(ledger, "dispatch"):
        order = session.orders(session.load().resources).get(name.partition("@")[0])
        settled = resolve(api, ledger, name, order=order, rang=rang, did_not_ring=did_not_ring)
        for attempt in settled:
            session.output.talk(f"{attempt.occurrence}: {attempt.state}; {attempt.detail}")
    return 5 if any(attempt.state.uncertain for attempt in settled) else 0


@declare("adopt-history")
def adopt_history(options: Options) -> int:
    """Rebuild what the platform's list of calls can tell after the state was lost; dials nobody.

    A declared call counts as placed when the platform shows a call between its two numbers in its window.
    """
    with Session(options, read_only=False) as session:
        loaded = session.checked()
        api, target = session.connect()
        ledger = session.ledger(target)
        with session.lease(ledger, "dispatch"):
            orders = session.orders(loaded.resources)
            found = adopt(api, ledger, orders, organization=target.organization_id, now=session.clock.now())
        for attempt in found:
            session.output.talk(f"{attempt.occurrence}: {attempt.state}; {attempt.detail}")
        session.output.talk(f"{len(found)} taken over from the platform's history")
    return 0


for each in (by_state(show), hold, release, cancel, resolve_command, adopt_history):
    command.add_command(each)
