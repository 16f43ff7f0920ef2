"""`reconciler calls show`: how every scheduled call stands, and all that is known of one."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import click

from reconciler.calls.details import detail, occurrence, transcripts
from reconciler.calls.follow import follow, rows
from reconciler.calls.history import meant
from reconciler.calls.reports import damaged, errors_first
from reconciler.cli import view
from reconciler.cli.call_filters import CallFilter, filtered, is_of, names_in, unknown_name
from reconciler.cli.common_options import FORMATS, verb
from reconciler.cli.session import Session
from reconciler.errors import InputError
from reconciler.kinds.scheduled_call_orders import orders as declared_calls
from reconciler.schedule.call_report import CallList
from reconciler.schedule.occurrences import parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.model import Resource, Target
    from reconciler.schedule.call_detail import CallDetail
    from reconciler.schedule.call_report import CallRow
    from reconciler.schedule.planned_call import PlannedCall
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger

_PAUSE = 2.0


@verb("show", formats=(*FORMATS, "html", "csv"))
@click.option("--watch", is_flag=True, help="Go on until every placed call has ended.")
@click.option("--transcript", is_flag=True, help="Of one call: what was said, and a link to the recording.")
@filtered
def show(options: Options, watch: bool, transcript: bool, wanted: CallFilter) -> int:
    """Show scheduled calls: when, state, outcome, duration, cost, recording.

    In place of paths: the name of a call, of a list of calls (LIST), of a row of one (LIST/KEY), or of one
    occurrence (NAME@2026-12-01T09:00). Of a single call everything that is known is told.

    Reads only; the outcome of a placed call is asked of the platform each time until dispatch records it. A call
    whose document is in error comes first where it was asked for, else it is counted; the exit code is 1.
    """
    names = names_in(options.paths)
    options = options.reading(tuple(path for path in options.paths if path.as_posix() not in names))
    with Session(options, read_only=True) as session:
        look = _look(session, names, watch=watch)
        wanted = replace(wanted, names=look.names)
        in_error, others = look.rows[: len(session.left_out)], look.rows[len(session.left_out) :]
        wrong = [row for row in in_error if not look.names or any(_concerns(row, name) for name in look.names)]
        now = session.clock.now()
        chosen = [*wrong, *wanted.chosen(others, look.resources, now=now)]
        listed = CallList(
            look.target,
            tuple(view.shown(row, session.output) for row in chosen),
            hold=look.ledger.held_all(now),
            left_out=len(look.rows) - len(chosen),
            wrong=len(wrong),
        )
        one = _one(look, listed.rows[len(wrong) :])
        if transcript:
            one = _with_transcripts(session, look, one)
        view.calls(session, listed, one, now=now)
        if more := len(in_error) - len(wrong):
            are = "1 other call is" if more == 1 else f"{more:,} other calls are"
            session.output.talk(f"{are} in error: {session.options.command('validate')}")
    return 1 if in_error else 0


def _concerns(row: CallRow, name: str) -> bool:
    """Whether what was asked for is of the call, of its list, or a row of the list that is in error."""
    return is_of(row.name, name) or is_of(name, row.name)


class _Look(NamedTuple):
    """What was read for a list of calls: every row, first those in error, and the ``names`` that were asked for."""

    api: Api
    target: Target
    ledger: Ledger
    resources: Mapping[str, Resource]
    orders: Mapping[str, PlannedCall]
    attempts: list[Attempt]
    rows: list[CallRow]
    names: tuple[str, ...]


def _look(session: Session, names: tuple[str, ...], *, watch: bool) -> _Look:
    """Read manifests, state and platform; with ``watch`` until every placed call has ended."""
    loaded = session.usable(skip_rows=True)
    api, target = session.connect()
    ledger = session.ledger(target)
    orders = declared_calls(loaded.resources)
    names = tuple(meant(ledger, name) for name in names)
    closed = session.project.settings.calling_hours.closed_days
    while True:
        attempts = _followed(api, ledger, names)
        now, everything = session.clock.now(), ledger.held_all(session.clock.now())
        stopped = session.do_not_call.now(ledger)
        known = rows(
            ledger.armed(),
            attempts,
            orders,
            now=now,
            everything=everything,
            closed=closed,
            forbids=stopped.forbids,
        )
        found = [*damaged(ledger), *known]
        if not watch or session.stopping.is_set() or not any(row.state.under_way for row in found):
            break
        session.clock.sleep(_PAUSE)
        ledger.refresh()
    told = {row.occurrence for row in found}
    found += [row for name in names if name not in told for row in occurrence(ledger, name, found, now)]
    found = errors_first(found, session.left_out, ledger)
    if (unknown := unknown_name(found, names, ledger)) is not None:
        raise unknown
    return _Look(api, target, ledger, loaded.resources, orders, attempts, found, names)


def _followed(api: Api, ledger: Ledger, names: tuple[str, ...]) -> list[Attempt]:
    """The attempts, those that were asked for as the platform tells them now."""
    attempts = ledger.attempts()
    asked = [it for it in attempts if not names or any(is_of(it.name, parts_of(name)[0]) for name in names)]
    told = {(it.occurrence, it.attempt): it for it in follow(api, asked, ledger.digests)}
    return [told.get((it.occurrence, it.attempt), it) for it in attempts]


def _one(look: _Look, chosen: Sequence[CallRow]) -> CallDetail | None:
    """The one call that was named, with everything that is known of it; None for a list, or for several."""
    if len(look.names) != 1 or not chosen or {row.name for row in chosen} != {parts_of(look.names[0])[0]}:
        return None
    return detail(look.ledger, chosen, look.attempts, order=look.orders.get(chosen[0].name))


def _with_transcripts(session: Session, look: _Look, one: CallDetail | None) -> CallDetail:
    if one is None or session.output.form not in ("text", "json"):
        message = "a transcript is told of one call, as text or JSON"
        rang = next((row.name for row in look.rows if row.call_id), "LIST/KEY")
        raise InputError(message, code="RC124", hint=f"for example `reconciler calls show {rang} --transcript`")
    told = transcripts(look.api, one, show_numbers=session.output.show_numbers)
    return replace(one, transcripts=told)
