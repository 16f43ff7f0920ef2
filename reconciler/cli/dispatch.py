"""`reconciler dispatch`: place the calls that are due."""

from __future__ import annotations

import os
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from reconciler.calls.campaign_starts import next_opening
from reconciler.calls.dispatch import dispatch
from reconciler.calls.due import Agenda, may_be_tried_again, todo, unarmed
from reconciler.calls.follow import follow, remember
from reconciler.calls.rate_limit import Throttle
from reconciler.calls.reports import call_row, damaged, errors_first
from reconciler.calls.run_state import REST, RunState
from reconciler.cli.campaign_dispatch import starts
from reconciler.cli.common_options import verb
from reconciler.cli.dispatch_context import dispatch_context
from reconciler.cli.notices import of_balance, of_calls, tell
from reconciler.cli.session import Session
from reconciler.cli.view import shown
from reconciler.errors import PlanRefused
from reconciler.kinds.scheduled_call_orders import orders as declared_calls
from reconciler.planning.scope import Scope
from reconciler.render.terminal import clean
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_duration

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.calls.context import DispatchContext
    from reconciler.cli.options import Options
    from reconciler.load.reader import Loaded
    from reconciler.planning.survey import Connection
    from reconciler.schedule.call_report import CallRow
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger

IN_PART, MISSED, INTERRUPTED = 4, 5, 130
AT_ONCE = 8
_SLICE = 1.0


class Done(NamedTuple):
    """The last row of each call that was due, how many another run could take up, and how many it waited for."""

    rows: list[CallRow]
    left: int
    awaited: int = 0


class Duration(click.ParamType[timedelta]):
    """A length of time such as 45m."""

    name = "duration"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> timedelta:
        """A timedelta; a usage error otherwise."""
        if isinstance(value, timedelta):
            return value
        try:
            return parse_duration(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


@verb("dispatch")
@click.option("--lookahead", type=Duration(), default=timedelta(0), metavar="DURATION",
              help="Wait in this run for calls that become due within it, e.g. 45m.")  # fmt: skip
@click.option("--dry-run", is_flag=True, help="Say what would be placed now; dial nobody.")
@click.option("--parallelism", type=click.IntRange(1, 64), default=AT_ONCE, show_default=True,
              help="Requests in flight at once.")  # fmt: skip
def command(options: Options, lookahead: timedelta, dry_run: bool, parallelism: int) -> int:
    """Place the calls that are due; each at most once, never outside its window.

    Exits 5 when a call was missed or its outcome is unknown, 4 when one that is due failed or could not be placed yet,
    or when the manifests that were read for it hold a call in error: it stops that call alone, and is told first.
    """
    from reconciler import render  # noqa: PLC0415 - the renderers are slow to load
    from reconciler.cli import view  # noqa: PLC0415 - as above

    with Session(options, read_only=dry_run) as session:
        read = partial(session.usable, skip_rows=True)
        done = run(session, read, lookahead=lookahead, dry_run=dry_run, parallelism=parallelism)
        view.dispatch(session, done.rows, dry_run=dry_run)
        if session.stopping.is_set():
            session.output.talk(render.text.interrupted(done.left, done.awaited, session.options.command("dispatch")))
            return INTERRUPTED
    return 0 if dry_run else code_of_calls(done.rows)


def code_of_calls(rows: list[CallRow]) -> int:
    """5 when a call was missed or is unknown, 4 when one that is due did not go out or failed at once, else 0."""
    if any(row.state.alarming and not row.kept_back for row in rows):
        return MISSED
    return IN_PART if any(row.state.not_out for row in rows) else 0


def place(session: Session, read: Callable[[], Loaded]) -> list[CallRow]:
    """Dispatch what is due now, as ``run`` does; rows as shown."""
    return run(session, read).rows


def run(
    session: Session,
    read: Callable[[], Loaded],
    *,
    lookahead: timedelta = timedelta(0),
    dry_run: bool = False,
    parallelism: int = AT_ONCE,
) -> Done:
    """Dispatch now, and within ``lookahead`` whatever becomes due or may be tried again; rows as shown.

    What is due is told by the ledger alone: the manifests (``read``) and the account are only looked at, and
    the lease only taken, when there is something to do. What was done is told also when something stops the
    rest: a missed call is recorded once, and nobody would hear of it again. A rehearsal on a clock that is set
    places one call after the other, so that the platform numbers them alike every time (promise P10).
    """
    from reconciler.cli import view  # noqa: PLC0415 - the renderers are slow to load

    rows: list[CallRow] = []
    began = session.clock.now()
    connection = session.connected()
    view.whose_calls(session, connection.target)
    throttle = Throttle(1 if session.options.now else parallelism, session.project.settings.limits.calls_per_second)
    try:
        missing, left = _rounds(session, connection, read, rows, throttle, lookahead=lookahead, dry_run=dry_run)
    except BaseException:
        if rows:  # whatever stopped the run: who was rung, and which call was missed, is told now or never
            view.dispatch(session, _latest(session, connection.ledger, rows), dry_run=dry_run)
        raise
    finally:
        if not dry_run:
            billing = of_balance(session, session.looked) if session.looked else ()
            tell(session, connection.ledger, [*of_calls(_latest(session, connection.ledger, rows)), *billing])
    still = len(left.place) + len(left.settle)
    return Done(
        _latest(session, connection.ledger, [*rows, *missing]),
        still,
        _awaited(connection.ledger, left, began + lookahead),
    )


def _awaited(ledger: Ledger, left: Agenda, until: datetime) -> int:
    """How many calls open until then beside those that are due already."""
    return max(0, len(todo(ledger, now=until).place) - len(left.place))


def _latest(session: Session, ledger: Ledger, rows: list[CallRow]) -> list[CallRow]:
    """The last row of each attempt, as it may be shown; calls whose documents are in error come first."""
    latest = {(row.occurrence, row.attempt): row for row in rows}.values()
    return [shown(row, session.output) for row in errors_first(latest, session.left_out, ledger)]


def _rounds(
    session: Session,
    connection: Connection,
    read: Callable[[], Loaded],
    rows: list[CallRow],
    throttle: Throttle,
    *,
    lookahead: timedelta,
    dry_run: bool,
) -> tuple[list[CallRow], Agenda]:
    """Dispatch into ``rows`` while something is to come in the lookahead.

    Returns what is due but not armed at all, and what there is still to do.
    """
    api, ledger, run_state = connection.api, connection.ledger, RunState()
    _check_clock(session, api, dry_run=dry_run)
    until = session.clock.now() + lookahead
    while True:
        if not dry_run:
            # A second try is decided from what the first one came to, and who is still on the line is not rung;
            # nothing else may delay what is due.
            people = frozenset(due.attempt.to for due in _todo(session, ledger).place)
            _follow(session, api, ledger, partial(_decides, ledger, people))
        starts(session, connection, read, rows, dry_run=dry_run)
        found = _todo(session, ledger)
        due = _is_due(found, run_state, session.clock.now())
        if due:
            happened = partial(_happened, session) if lookahead and not dry_run else None
            line = partial(
                _context, session, read(), connection, run_state=run_state, throttle=throttle, happened=happened
            )
            _round(session, line, ledger, rows, dry_run=dry_run)
        if (not dry_run and _follow(session, api, ledger, lambda _: True)) or due:
            found = _todo(session, ledger)
        coming = next_opening(ledger, session.clock.now()) or until + timedelta(seconds=1)
        wake = min(until, coming, _wake(found, run_state, session.clock.now()))
        if session.clock.now() >= until or not (_is_coming(found, until) or coming <= until):
            return _untold(session, read, ledger), found
        _announce(session, found, until)
        if not _wait(session, wake):
            return _untold(session, read, ledger), found
        ledger.refresh()


def _check_clock(session: Session, api: Api, *, dry_run: bool) -> None:
    """Say first where nothing tells whether this machine's clock is right; refuse where the project is strict."""
    if session.options.emulator or api.server_offset() is not None:
        return
    told = "no answer told the time, so this machine's clock cannot be checked: calls could ring at a wrong hour"
    setting = session.project.settings.clock or ("strict" if os.environ.get("CI") else "lenient")
    if setting == "strict" and not dry_run:
        hint = "let the server's `Date` header through, or set `clock: lenient` in reconciler.yaml"
        raise PlanRefused(told, code="RC308", hint=hint)
    session.output.talk(f"warning: {told}")


def _decides(ledger: Ledger, people: frozenset[str], attempt: Attempt) -> bool:
    """Whether how a placed call ended decides what may be placed now."""
    return attempt.to in people or may_be_tried_again(ledger.armed_call(attempt.name), attempt)


def _follow(session: Session, api: Api, ledger: Ledger, wanted: Callable[[Attempt], bool]) -> bool:
    """Ask how placed calls ended, and record it; False when there was none to ask about."""
    placed = [attempt for attempt in ledger.attempts(CallState.PLACED) if wanted(attempt)]
    remember(ledger, placed, follow(api, placed, ledger.digests, stopping=session.stopping))
    return bool(placed)


def _is_due(todo: Agenda, run_state: RunState, now: datetime) -> bool:
    """Whether there is anything to do that was not tried a moment ago."""
    return bool(todo.missed) or any(run_state.ready(due.attempt.key, now) <= now for due in (*todo.settle, *todo.place))


def _is_coming(todo: Agenda, until: datetime) -> bool:
    """Whether waiting can be worth it: something opens by then, or is open and may still be placed.

    A run that has nothing to wait for ends: the next timer finds what is armed meanwhile.
    """
    return bool(todo.place or todo.settle) or (todo.next_opening is not None and todo.next_opening <= until)


def _wake(todo: Agenda, run_state: RunState, now: datetime) -> datetime:
    """When to look again: other runs may arm calls meanwhile, so it is never long."""
    again = (run_state.ready(due.attempt.key, now) for due in (*todo.settle, *todo.place))
    return min([now + REST, *again, *([todo.next_opening] if todo.next_opening else [])])


def _todo(session: Session, ledger: Ledger) -> Agenda:
    return todo(ledger, now=session.clock.now())


def _round(
    session: Session,
    line: Callable[[Callable[[], None]], DispatchContext],
    ledger: Ledger,
    rows: list[CallRow],
    *,
    dry_run: bool,
) -> None:
    if dry_run:
        dispatch(line(lambda: None), dry_run=True, told=rows)
        return
    with session.lease(ledger, "dispatch") as lease:
        dispatch(line(lease.check), told=rows)


def _untold(session: Session, read: Callable[[], Loaded], ledger: Ledger) -> list[CallRow]:
    """Rows of calls that no attempt stands for: those of a damaged record, or all that are due in a new state."""
    return damaged(ledger) if ledger.has_calls() else _unarmed(session, read(), ledger)


def _unarmed(session: Session, loaded: Loaded, ledger: Ledger) -> list[CallRow]:
    """Calls that are due when this state knows of none at all: it is new, or it is not the one apply wrote."""
    orders = declared_calls(loaded.resources).values()
    return [
        call_row(
            order,
            state=CallState.DECLARED,
            when=order.at,
            detail=f"due, but not armed in {ledger.store.description}",
            hint="reconciler apply; in CI keep the state in git or PostgreSQL, so that every run finds it",
            code="RC611",
        )
        for order in unarmed(orders, ledger.armed(), session.clock.now())
    ]


def _context(
    session: Session,
    loaded: Loaded,
    connection: Connection,
    check: Callable[[], None],
    *,
    run_state: RunState,
    throttle: Throttle,
    happened: Callable[[CallRow], None] | None,
) -> DispatchContext:
    found = session.look(loaded, connection, Scope())
    return dispatch_context(
        session,
        connection,
        loaded,
        found,
        check_lease=check,
        throttle=throttle,
        run_state=run_state,
        happened=happened,
    )


def _happened(session: Session, row: CallRow) -> None:
    """Report a call when it is over: a run that waits may be killed long before it tells its end."""
    if row.state.rang:
        told = shown(row, session.output)
        tried = f" (attempt {told.attempt})" if told.attempt > 1 else ""
        session.output.talk(
            clean(
                f"{told.state}  {told.occurrence}{tried}  {told.to}  {f'call {told.call_id}' if told.call_id else ''}"
            )
        )


def _announce(session: Session, todo: Agenda, until: datetime) -> None:
    """Say what the run waits for: a log that stays empty for half an hour looks like one that hangs."""
    opening = todo.next_opening
    if opening is not None and opening <= until:
        coming = f"the next call opens at {opening:%H:%M:%S} UTC"
    else:
        coming = f"{len(todo.place) + len(todo.settle)} to try again"
    session.waits.say(f"waiting until {until:%H:%M:%S} UTC at the latest: {coming}")


def _wait(session: Session, until: Any) -> bool:
    """Wait for an instant in small slices; False when the run was asked to stop."""
    while not session.stopping.is_set():
        left = (until - session.clock.now()).total_seconds()
        if left <= 0:
            return True
        session.clock.sleep(min(left, _SLICE))
    return False
