"""Which calls a list shows: by day, time, state, outcome and label; all of them unless told otherwise."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import wraps
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.scope import selection
from reconciler.cli.shown_commands import is_path
from reconciler.diagnostics.suggestions import nearest
from reconciler.errors import InputError
from reconciler.schedule.call_report import OUTCOMES
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, zone

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from reconciler.cli.options import Command
    from reconciler.model import Resource
    from reconciler.schedule.call_report import CallRow
    from reconciler.state.ledger import Ledger

Bound = date | datetime | int  # a day, an instant, or so many days from today
_DAYS = {"yesterday": -1, "today": 0, "tomorrow": 1}
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")

_STATES = "reconciler.call_states"
_CAMPAIGN = "Campaign/"


class _StoreOrState(click.ParamType[str]):
    """A store's URL, as everywhere, or the state of a call: none of these words is a URL."""

    name = "state"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """As it is; a usage error for a word that is neither."""
        text = str(value)
        if ":" not in text and text not in _WORDS:
            self.fail(f"`{text}` is no store and no state of a call: {', '.join(_WORDS)}", param, ctx)
        return text


_WORDS = tuple(it.value for it in CallState)
_PERIOD = (
    click.option("--on", metavar="DAY", help="Only this day: a date, today, tomorrow or yesterday."),
    click.option("--since", metavar="TIME", help="Not before this day, or this instant with an offset."),
    click.option("--until", metavar="TIME", help="Not after this day, or this instant with an offset."),
)  # fmt: skip - one option a row
_FILTERS = (
    click.option("--outcome", "outcomes", multiple=True, type=click.Choice(OUTCOMES), help="Only this outcome."),
    click.option("-l", "--selector", "selectors", multiple=True, metavar="KEY=VALUE", help="Only these labels."),
)  # fmt: skip - one option a row


@dataclass(frozen=True, slots=True)
class CallFilter:
    """What was asked for. A day is one of the clock that each call was declared in, as its row shows it."""

    on: str | None = None
    since: str | None = None
    until: str | None = None
    states: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    selectors: tuple[str, ...] = ()
    names: tuple[str, ...] = ()

    def chosen(self, rows: Iterable[CallRow], resources: Mapping[str, Resource], *, now: datetime) -> list[CallRow]:
        """The rows that were asked for, in their order; raises InputError for a day or a label that is none."""
        first, last = _bound("--since", self.since), _bound("--until", self.until)
        day = _bound("--on", self.on)
        accepts = selection(self.selectors)
        labels = {it.address.name: (it.address, it.manifest.labels) for it in resources.values() if _is_call(it)}
        return [
            row
            for row in rows
            if (not self.names or any(is_of(row.name, name) or row.occurrence == name for name in self.names))
            and (not self.states or row.state in self.states)
            and (not self.outcomes or row.outcome in self.outcomes)
            and (accepts is None or (row.name in labels and accepts(*labels[row.name])))
            and _within(row, first, last, day, now)
        ]


def is_of(name: str, wanted: str) -> bool:
    """Whether a call is the one that is named, or a row of the list that is."""
    return name == wanted or name.startswith(f"{wanted}/")


def names_in(paths: Iterable[Path]) -> tuple[str, ...]:
    """What stands in place of paths and is none: names of calls, of lists, or of their rows."""
    return tuple(path.as_posix() for path in paths if not is_path(path))


def is_campaign(ledger: Ledger, name: str) -> str:
    """The name of the applied campaign that is meant by a name or an address; "" where none is."""
    name = name.removeprefix(_CAMPAIGN)
    return name if any(str(it) == f"{_CAMPAIGN}{name}" for it in ledger.bindings()) else ""


def unknown_name(rows: Iterable[CallRow], names: Iterable[str], ledger: Ledger) -> InputError | None:
    """The complaint about the first name that no call and no list has; None where each has one."""
    rows = list(rows)
    for name in names:
        if not any(is_of(row.name, name) or row.occurrence == name for row in rows):
            known = {row.name for row in rows} | {row.name.partition("/")[0] for row in rows}
            hint = nearest(name, known) or "`reconciler calls` lists them"
            if campaign := is_campaign(ledger, name):
                message, hint = f"`{campaign}` is a campaign, and no call", f"reconciler campaigns {campaign}"
                return InputError(message, code="RC106", hint=hint)
            return InputError(
                f"there is no `{name}`: no path, no call, no list and no command", code="RC106", hint=hint
            )
    return None


def _is_call(resource: Resource) -> bool:
    return resource.address.kind == "ScheduledCall"


def _bound(option: str, written: str | None) -> Bound | None:
    """A day, an instant, or so many days from today; raises InputError for anything else."""
    if written is None:
        return None
    if written in _DAYS:
        return _DAYS[written]
    try:
        if _DATE.fullmatch(written):
            return date.fromisoformat(written)
        if option != "--on":
            return parse_instant(written)
    except ValueError:
        pass
    hint = f"for example {option} tomorrow, or {option} 2026-12-01"
    raise InputError(f"`{written}` is not a day", code="RC124", hint=hint)


def _within(
    row: CallRow,
    first: Bound | None,
    last: Bound | None,
    day: Bound | None,
    now: datetime,
) -> bool:
    if first is None and last is None and day is None:
        return True
    at = row.placed_at or row.when
    if at is None:
        return False
    local, today = at.astimezone(zone(row.zone or "UTC")), now.astimezone(zone(row.zone or "UTC")).date()
    return (
        (day is None or local.date() == _day(day, today))
        and (first is None or at >= _instant(first, today, local, time.min))
        and (last is None or at <= _instant(last, today, local, time.max))
    )


def _day(bound: Bound, today: date) -> date:
    return today + timedelta(days=bound) if isinstance(bound, int) else bound


def _instant(bound: Bound, today: date, local: datetime, edge: time) -> datetime:
    """The instant itself, or the edge of the day by the call's clock."""
    if isinstance(bound, datetime):
        return bound
    return datetime.combine(_day(bound, today), edge, tzinfo=local.tzinfo)


def filtered(run: Command) -> Command:
    """Add the options; the command takes ``wanted``, a ``CallFilter``."""
    return _taking(run, (*_PERIOD, *_FILTERS), ("on", "since", "until", "outcomes", "selectors"))


def in_period(run: Command) -> Command:
    """As ``filtered``, with the days and times only."""
    return _taking(run, _PERIOD, ("on", "since", "until"))


def _taking(run: Command, options: tuple[Any, ...], names: tuple[str, ...]) -> Command:
    @wraps(run)
    def narrowed(*given: Any, **more: Any) -> int:
        asked = {name: more.pop(name) for name in names}
        states = click.get_current_context().meta.get(_STATES, ())
        return run(*given, wanted=CallFilter(states=states, **asked), **more)

    decorated: Any = narrowed
    for option in reversed(options):
        decorated = option(decorated)
    told: Command = decorated
    return told


def by_state(command: click.Command) -> click.Command:
    """Let ``--state`` take states of calls beside the store that it names in every command."""
    place = next(place for place, it in enumerate(command.params) if it.name == "state")
    command.params[place] = click.Option(
        ["--state"],
        multiple=True,
        type=_StoreOrState(),
        metavar="URL|STATE",
        callback=_divided,
        help=f"Where the state is, a URL (RECONCILER_STATE); or only calls in this state: {', '.join(_WORDS)}.",
    )
    return command


def _divided(ctx: click.Context, _: click.Parameter, values: tuple[str, ...]) -> str | None:
    """The store that was named last; the states go to the filter."""
    ctx.meta[_STATES] = tuple(it for it in values if it in _WORDS)
    stores = [it for it in values if it not in _WORDS]
    return stores[-1] if stores else os.environ.get("RECONCILER_STATE")
