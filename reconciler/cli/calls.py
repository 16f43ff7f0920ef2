"""`reconciler calls`: how every scheduled call stands, and the switches of one call."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.calls.campaign_switches import known_to, pause_all, resume_all
from reconciler.calls.gates import release_of
from reconciler.calls.history import adopt, firing_of, meant, resolve
from reconciler.cli import completed_values
from reconciler.cli.call_filters import by_state, is_campaign, is_of
from reconciler.cli.call_list import show
from reconciler.cli.call_report import report
from reconciler.cli.common_options import verb
from reconciler.cli.hold_end import hold_end, told_in
from reconciler.cli.opt_outs import dnc, opt_out_command
from reconciler.cli.run_identity import person
from reconciler.cli.session import Session
from reconciler.cli.verbs import Verbs
from reconciler.diagnostics.suggestions import nearest
from reconciler.errors import Conflict, InputError, PlanRefused
from reconciler.kinds.scheduled_call_orders import orders as declared_calls
from reconciler.left_out import list_of
from reconciler.redaction import storable
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, stamp
from reconciler.schedule.occurrences import parts_of
from reconciler.schedule.planned_call import clock_of
from reconciler.state.call_records import Attempt, Hold, next_number
from reconciler.state.campaign_records import Pause

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from datetime import datetime, tzinfo

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.state.call_records import Armed
    from reconciler.state.ledger import Ledger

_TRIES = 8  # of a write that other runs may be first to


@click.group("calls", cls=Verbs, invoke_without_command=False)
def command() -> None:
    """Show every scheduled call, or hold, release, cancel or resolve one.

    `reconciler calls [PATHS]...` alone is `reconciler calls show`.
    """


@contextmanager
def _writing(options: Options) -> Iterator[tuple[Session, Api, Ledger]]:
    """A session that may write its state; the account itself is only read."""
    with Session(options, read_only=False) as session:
        api, target = session.connect()
        yield session, api, session.ledger(target)


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


def _known(ledger: Ledger, name: str, switch: str) -> Armed:
    """The call of that name; ``switch`` is what the same is called of a campaign."""
    armed = ledger.armed().get(name)
    if armed is None:
        campaign = is_campaign(ledger, name)
        hint = f"reconciler campaigns {switch} {campaign}" if campaign else _meant(ledger, name)
        message = f"`{campaign}` is a campaign, and no call" if campaign else f"no call `{name}` is armed"
        raise InputError(message, code="RC630", hint=hint)
    return armed


def _meant(ledger: Ledger, name: str) -> str:
    """What may have been meant by a name that no call has: its list, or one that is spelt like it."""
    armed = ledger.armed()
    lists = {it for known in armed.values() if (it := list_of(known.call.address))}
    if name in lists:
        return f"it is a list: name one of its calls, {name}/KEY, or all: `cancelled: {{why: …}}` in CallList/{name}"
    return nearest(name, {*armed, *lists}) or "`reconciler calls` lists them"


def _last(ledger: Ledger) -> dict[str, Attempt]:
    """The last attempt of each occurrence."""
    return {attempt.occurrence: attempt for attempt in sorted(ledger.attempts(), key=lambda it: it.attempt)}


def _over(armed: Armed, last: Attempt | None, now: datetime) -> str:
    """How a call stands of which nothing can come any more; "" where something can."""
    if armed.state != CallState.ARMED:
        return armed.state
    if last is None or (last.state == CallState.REFUSED and last.attempt == 1):
        closes = parse_instant(armed.closes) if armed.closes else None
        return "over: its window closed" if closes is not None and closes <= now else ""
    if last.state == CallState.PLACED:
        return CallState.PLACED if last.attempt >= armed.call.most_attempts else ""
    return last.state if last.state.over and next_number(last, armed) == last.attempt else ""


def _to_come(ledger: Ledger, now: datetime) -> list[str]:
    """The calls of which something can come: those that a switch over all calls touches."""
    last = _last(ledger)
    return [name for name, armed in ledger.armed().items() if not _over(armed, last.get(name), now)]


def _touched(ledger: Ledger, count: int) -> str:
    """How many calls a switch touched, and in which state."""
    return f"{count} call{'' if count == 1 else 's'} in {ledger.store.description}"


def _untouched(ledger: Ledger, what: str, *, environments: Iterable[str]) -> PlanRefused:
    """The refusal of a switch that would touch no call: nobody may believe that it did something."""
    known = " or ".join(f"--env {name}" for name in environments)
    hint = f"did you mean {known}?" if known else "`reconciler calls` lists the calls; `--state` names another state"
    return PlanRefused(f"{what}: this touches {_touched(ledger, 0)}", code="RC634", hint=hint)


@verb("hold", paths=False)
@click.argument("name", required=False, shell_complete=completed_values.calls)
@click.option("--all", "everything", is_flag=True, help="Hold every call of the account.")
@click.option("--why", default="by hand", show_default=True, help="The reason, for everybody who asks later.")
@click.option("--until", metavar="DATE|INSTANT", help="When it ends by itself; of a date, the whole day is held.")
def hold(options: Options, name: str | None, everything: bool, why: str, until: str | None) -> int:
    """Let a call, all calls of a list, or every call, not be placed until it is released; takes effect at once.

    With `--until` it ends by itself, at a time or after a day, by the clock of the call (of several, of the last one).
    """
    return _switch(options, name, everything=everything, why=storable(why) or "by hand", until=until)


@verb("release", paths=False)
@click.argument("name", required=False, shell_complete=completed_values.calls)
@click.option("--all", "everything", is_flag=True, help="Release what `hold --all` holds.")
def release(options: Options, name: str | None, everything: bool) -> int:
    """Let a held call, or all of a list, be placed again, if its window is still open then."""
    return _switch(options, name, everything=everything, why="")


def _switch(options: Options, name: str | None, *, everything: bool, why: str, until: str | None = None) -> int:
    if everything == bool(name):
        message = "a name and --all exclude each other" if name else "name one call, or say --all"
        raise InputError(message, code="RC124", hint="reconciler calls hold NAME, or reconciler calls hold --all")
    with _writing(options) as (session, api, ledger):
        now = session.clock.now()
        clocks = _clocks(ledger, name, now) if until is not None else []
        end = hold_end(until, clocks, now) if until is not None else ""
        hold = Hold(why, stamp(now), person(), end)
        released = "released" if _is_held(ledger, name, now) else "released (nothing was held)"
        count = _held_all(session, api, ledger, hold) if name is None else _held_by_name(ledger, name, hold, now)
        did = hold.spoken(told_in(clocks)) if why else released
        session.output.talk(f"{name or 'every call'}: {did}; {_touched(ledger, count)}")
        if name and not why and ledger.held_all(now):
            session.output.talk(f"every call is still held: {options.command('calls release', '--all')}")
    return 0


def _is_held(ledger: Ledger, name: str | None, now: datetime) -> bool:
    """Whether a switch over a call, a list or everything would lift anything."""
    if name is None:
        return bool(ledger.held_all(now))
    call, at = parts_of(name)
    armed = ledger.armed()
    named = [armed[call]] if call in armed else [one for row, one in armed.items() if is_of(row, name)]
    return any(one.holds_now(now, name if at else "") for one in named)


def _clocks(ledger: Ledger, name: str | None, now: datetime) -> list[tzinfo]:
    """The clocks of the calls that a switch is about."""
    armed = ledger.armed()
    call = parts_of(name or "")[0]
    found = (
        [armed[call]] if call in armed else [armed[it] for it in _to_come(ledger, now) if not name or is_of(it, name)]
    )
    return [clock_of(one.spec) for one in found]


def _held_by_name(ledger: Ledger, name: str, hold: Hold, now: datetime) -> int:
    """Hold or release a call, or every call of a list of which something can come; how many that touches."""
    armed = ledger.armed()
    if name in armed or not (rows := [row for row in _to_come(ledger, now) if is_of(row, name)]):
        _written(ledger, lambda: ledger.arm(_held(ledger, name, hold, now)))
        return 1
    known = [armed[row] for row in rows]
    if not hold:
        _refuse_what_a_manifest_holds(name, known, now)
    _written(ledger, lambda: ledger.arm_all(it.switched(hold) for it in known))
    return len(rows)


def _held_all(session: Session, api: Api, ledger: Ledger, hold: Hold) -> int:
    """Hold or release all; how many calls that touches. Raises PlanRefused where there is none."""
    count = len(_to_come(ledger, session.clock.now()))
    if not count and not known_to(ledger) and not (not hold and ledger.held_all()):
        what = "nothing was held" if hold else "nothing was released"
        others = (it for it in session.project.settings.environments if it != session.project.environment)
        raise _untouched(ledger, what, environments=others)
    _written(ledger, lambda: ledger.hold_all(hold))
    if hold:
        moved = pause_all(api, ledger, Pause(hold.why, hold.since, hold.by, by_hold=True))
    else:
        moved = resume_all(api, ledger)
    for name in moved:
        session.output.talk(f"Campaign/{name}: {'paused' if hold else 'resumed'}")
    return count


def _held(ledger: Ledger, name: str, hold: Hold, now: datetime) -> Armed:
    """The call, or one occurrence of it, held or released; raises InputError where nothing can come of it."""
    call, at = parts_of(name)
    armed = _known(ledger, call, "pause" if hold else "resume")
    if not hold and not at:
        _refuse_what_a_manifest_holds(name, [armed], now)
    last = _last(ledger)
    if stands := _over(armed, last.get(name), now):
        raise InputError(f"`{name}` is {stands}", code="RC631", hint="`reconciler calls` shows it")
    if not at:
        return armed.switched(hold)
    occurrence = meant(ledger, name)
    firing_of(armed, occurrence)
    holds = {wall: one for wall, one in armed.occurrence_holds.items() if wall != parts_of(occurrence)[1]}
    return replace(armed, occurrence_holds={**holds, **({parts_of(occurrence)[1]: hold} if hold else {})})


def _refuse_what_a_manifest_holds(name: str, calls: Sequence[Armed], now: datetime) -> None:
    """Raises InputError where nobody but the manifest holds the calls: only an edit of it releases them."""
    declared = [it for it in calls if it.declared_hold.in_force(now)]
    if declared and not any(it.hold for it in calls):
        hint = f"{release_of(declared[0].declared_hold, declared[0], name)}"
        raise InputError(f"`{name}` is held by its manifest", code="RC631", hint=hint)


@verb("cancel", paths=False)
@click.argument("name", shell_complete=completed_values.calls)
def cancel(options: Options, name: str) -> int:
    """Cancel a call permanently: its name will never ring anybody again, whatever the manifests say.

    Of a call that recurs one occurrence is cancelled: NAME@2026-12-01T09:00.
    """
    with _writing(options) as (session, _, ledger):
        at = stamp(session.clock.now())
        _written(ledger, lambda: ledger.record(_cancelled(ledger, name, at)))
        session.output.talk(f"{name}: cancelled; it will not be placed; {_touched(ledger, 1)}")
    return 0


def _cancelled(ledger: Ledger, name: str, at: str) -> Attempt:
    """The attempt that is to come, as cancelled; raises InputError when none is."""
    call, recurs = parts_of(name)
    armed = _known(ledger, call, "cancel")
    occurrence = meant(ledger, name) if recurs else armed.name
    if recurs:
        firing_of(armed, occurrence)
    if not armed.opens and not recurs:
        hint = f"reconciler calls cancel {name}@2026-12-01T09:00 for one of them; else hold it, or remove its document"
        raise InputError(f"`{name}` recurs", code="RC631", hint=hint)
    last = _last(ledger).get(occurrence)
    number = next_number(last, armed) if last else 1
    if last is not None and last.state == CallState.PLACED and last.attempt < armed.call.most_attempts:
        number = last.attempt + 1  # how the one under way ends decides nothing any more
    tried = last if last is not None and number == last.attempt else None
    if tried is not None and tried.state != CallState.REFUSED:
        raise InputError(f"`{name}` is {tried.state} already", code="RC631", hint="`reconciler calls` shows it")
    key = ledger.key(occurrence, number)
    fresh = Attempt(armed.name, occurrence, number, CallState.CANCELLED, key=key, to=armed.callee)
    return replace(tried or fresh, state=CallState.CANCELLED, claimed_at="", detail=f"cancelled by hand at {at}")


@verb("resolve", paths=False)
@click.argument("name", shell_complete=completed_values.calls)
@click.option("--rang", metavar="CALL_ID", help="You found it in the dashboard: this is the call.")
@click.option("--did-not-ring", is_flag=True, help="You made sure that nobody was rung.")
def resolve_command(options: Options, name: str, rang: str | None, did_not_ring: bool) -> int:
    """Settle a call whose outcome is unknown: by the platform's records, or by what you found out.

    One occurrence of a recurring call is NAME@2026-12-01T09:00, as `reconciler calls` lists it.
    """
    with _writing(options) as (session, api, ledger), session.lease(ledger, "dispatch"):
        order = declared_calls(session.load().resources).get(parts_of(name)[0])
        settled = resolve(api, ledger, name, order=order, rang=rang, did_not_ring=did_not_ring)
        for attempt in settled:
            session.output.talk(f"{attempt.occurrence}: {attempt.state}; {attempt.detail}")
        session.output.talk(f"resolved: {_touched(ledger, len(settled))}")
    return 5 if any(attempt.state.uncertain for attempt in settled) else 0


@verb("adopt-history")
def adopt_history(options: Options) -> int:
    """Rebuild what the platform's list of calls can tell after the state was lost; dials nobody.

    A declared call counts as placed when the platform shows a call between its two numbers in its window.
    """
    with Session(options, read_only=False) as session:
        loaded = session.checked()
        api, target = session.connect()
        ledger = session.ledger(target)
        with session.lease(ledger, "dispatch"):
            orders = declared_calls(loaded.resources)
            found = adopt(api, ledger, orders, now=session.clock.now())
            ledger.note_history(stamp(session.clock.now()))
        for attempt in found:
            session.output.talk(f"{attempt.occurrence}: {attempt.state}; {attempt.detail}")
        session.output.talk(f"{len(found)} taken over from the platform's history")
        session.output.talk("it does not know what was held or cancelled by hand: look at the plan before you apply")
    return 0


for each in (by_state(show), report, hold, release, cancel, resolve_command, adopt_history, opt_out_command, dnc):
    command.add_command(each)
