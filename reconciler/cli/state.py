"""`reconciler state`: look at what is remembered, and fix it by hand."""

from __future__ import annotations

import os
from collections import Counter
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.calls.follow import standing
from reconciler.cli import completed_values
from reconciler.cli.addresses import address_of
from reconciler.cli.common_options import verb
from reconciler.cli.json_files import json_file
from reconciler.cli.session import Session
from reconciler.cli.state_secret import secret
from reconciler.cli.verbs import Verbs
from reconciler.errors import InputError
from reconciler.schedule.call_states import CallState
from reconciler.state_key import VARIABLE, StateKey

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.cli.options import Options
    from reconciler.state.ledger import Ledger

_FORMAT = "reconciler.state/v1"
_CHANGE = "reconciler.state-change/v1"


@click.group("state", cls=Verbs)
def command() -> None:
    """Show what is remembered of the account, or fix it.

    `reconciler state` alone is `reconciler state show`. Nothing here touches the account.
    """


@contextmanager
def _opened(options: Options, *, writing: bool) -> Iterator[tuple[Session, Ledger]]:
    """The ledger of the account the key opens; under the lease of apply when something will be written."""
    with Session(options, read_only=not writing) as session:
        _, target = session.connect()
        ledger = session.ledger(target)
        if not writing:
            yield session, ledger
            return
        with session.lease(ledger, "apply"):
            yield session, ledger


def _entries(ledger: Ledger) -> dict[str, Any]:
    """Everything remembered of this organisation but its leases, by key without the organisation."""
    prefix = f"{ledger.organization}/"
    return {
        entry.key.removeprefix(prefix): entry.value
        for entry in ledger.store.list(prefix)
        if not entry.key.startswith(f"{prefix}lease/")
    }


@verb("show", paths=False)
def show(options: Options) -> int:
    """List bindings and calls as they stand; with --format json everything there is."""
    with _opened(options, writing=False) as (session, ledger):
        if options.format == "json":
            session.output.json({"format": _FORMAT, "organization": ledger.organization, "entries": _entries(ledger)})
            return 0
        session.output.talk(ledger.store.description)
        told = [
            *_standstill(session, ledger),
            *_bindings(ledger),
            *_calls(ledger, session.clock.now()),
            *_elsewhere(ledger),
        ]
        if options.format == "markdown":
            from reconciler.render.markup import escape, row, table  # noqa: PLC0415 - where Markdown was asked for

            shown = table(("What", "Stands", "Since", "More"), [row(map(escape, line)) for line in told])
            session.output.data(shown.lstrip("\n") or "Nothing is remembered.")
            return 0
        for line in told:
            session.output.data("  ".join(cell for cell in line if cell))
    return 0


def _standstill(session: Session, ledger: Ledger) -> Iterator[tuple[str, str, str, str]]:
    """That every call is held, before anything else: since when, by whom, why, and how to end it."""
    if held := ledger.standstill(session.clock.now()):
        yield held, "", "", session.options.command("calls release", "--all")


def _bindings(ledger: Ledger) -> Iterator[tuple[str, str, str, str]]:
    """Each binding: its address, its id, when it was applied, what was begun and not finished."""
    for address, binding in ledger.bindings().items():
        unfinished = f"unfinished: {binding.intent.step}" if binding.intent else ""
        yield str(address), f"id {binding.id or '?'}", f"applied {binding.applied_at or 'never'}", unfinished


def _calls(ledger: Ledger, now: datetime) -> Iterator[tuple[str, str, str, str]]:
    """Each call as it stands now, then each attempt."""
    attempts, everything = ledger.attempts(), ledger.held_all(now)
    for armed in ledger.armed().values():
        stands = standing(armed, [it for it in attempts if it.name == armed.name], now, everything)
        yield (
            f"ScheduledCall/{armed.name}",
            stands,
            armed.opens or "recurs",
            armed.holds_now(now).spoken(armed.call.zone) if armed.holds_now(now) and stands == CallState.HELD else "",
        )
    for attempt in attempts:
        yield f"  {attempt.occurrence} attempt {attempt.attempt}", attempt.state, "", attempt.call_id


def _elsewhere(ledger: Ledger) -> Iterator[tuple[str, str, str, str]]:
    """What other projects declared, by project: how much, and not what."""
    calls, bindings = ledger.foreign_calls().values(), ledger.foreign_bindings()
    for project, count in sorted(Counter([*calls, *(binding.project for binding in bindings)]).items()):
        yield f"project {project}", f"{count} {'entry' if count == 1 else 'entries'}", "", ""


def _leases(ledger: Ledger) -> list[dict[str, Any]]:
    """Who is writing: what, who, until when."""
    return [
        {"lease": entry.key.rpartition("/")[2], **{name: entry.value.get(name) for name in ("owner", "expires")}}
        for entry in ledger.store.list(f"{ledger.organization}/lease/")
    ]


def _say(session: Session, said: str, **what: Any) -> None:
    """What was changed, as a sentence or, where that was asked for, as a document."""
    if session.output.form == "json":
        session.output.json({"format": _CHANGE, **what})
    else:
        session.output.talk(said)


@verb("locks", paths=False, formats=("text", "json"))
def locks(options: Options) -> int:
    """Say who is writing, if anybody."""
    with _opened(options, writing=False) as (session, ledger):
        found = _leases(ledger)
        if options.format == "json":
            session.output.json({"format": _CHANGE, "locks": found})
            return 0
        for lease in found:
            session.output.data(f"{lease['lease']}  {lease['owner']}  until {lease['expires']}")
        if not found:
            session.output.data("nobody holds a lease")
    return 0


@verb("unlock", paths=False, formats=("text", "json"))
def unlock(options: Options) -> int:
    """Take the leases away from a run that is dead; one that is alive stops at its next write."""
    with Session(options, read_only=False) as session:
        _, target = session.connect()
        ledger = session.ledger(target)
        found = _leases(ledger)
        for entry in ledger.store.list(f"{ledger.organization}/lease/"):
            ledger.store.delete(entry.key, expected=entry.version)
        said = [f"unlocked {lease['lease']}: {lease['owner']}" for lease in found] or ["nobody holds a lease"]
        _say(session, "\n".join(said), unlocked=found)
    return 0


@verb("forget", paths=False, formats=("text", "json"))
@click.argument("address", shell_complete=completed_values.addresses)
def forget(options: Options, address: str) -> int:
    """Forget which live object an address is; the object stays. Calls are never forgotten."""
    wanted = address_of(address)
    with _opened(options, writing=True) as (session, ledger):
        if not ledger.is_bound(wanted):
            raise InputError(f"`{wanted}` is not bound", code="RC633", hint="`reconciler state` lists what is")
        ledger.unbind(wanted)
        _say(session, f"{wanted}: forgotten; the next plan finds it by name", forgotten=str(wanted))
    return 0


@verb("move", paths=False, formats=("text", "json"))
@click.argument("source", shell_complete=completed_values.addresses)
@click.argument("destination", shell_complete=completed_values.addresses)
@click.option("--project", "of_project", is_flag=True, help="Both are names of a project: move all that it declared.")
def move(options: Options, source: str, destination: str, of_project: bool) -> int:
    """Give what is remembered of one address to another of the same kind, or of one project to its new name."""
    if of_project:
        return _project_moved(options, source, destination)
    old, new = address_of(source), address_of(destination)
    with _opened(options, writing=True) as (session, ledger):
        binding = ledger.binding(old)
        if binding is None or old.kind != new.kind or ledger.binding(new) is not None:
            raise InputError(
                f"`{old}` cannot become `{new}`",
                code="RC633",
                hint="the first must be bound, the second not, and both of one kind",
            )  # fmt: skip - one sentence
        ledger.bind_all([replace(binding, address=new, was=(*binding.was, old.name))], without=[old])
        _say(session, f"{old} is {new} from now on", moved={"from": str(old), "to": str(new)})
    return 0


def _project_moved(options: Options, old: str, new: str) -> int:
    """Give all that one project declared to the name it has now."""
    with _opened(options, writing=True) as (session, ledger):
        if old == new or not (count := ledger.move_project(old, new)):
            known = ", ".join(f"`{name}`" for name in ledger.projects()) or "none"
            raise InputError(
                f"nothing here belongs to a project `{old}`" if old != new else "the two names are one",
                code="RC633",
                hint=f"projects in this state: {known}",
            )
        session.output.talk(f"{count} {'entry' if count == 1 else 'entries'} of {old} belong to {new} from now on")
    return 0


@verb("export", paths=False, formats=("text", "json"))
def export(options: Options) -> int:
    """Write everything that is remembered to stdout, for `state import` on another store."""
    with _opened(options, writing=False) as (session, ledger):
        document = {"format": _FORMAT, "organization": ledger.organization, "entries": _entries(ledger)}
        session.output.json(document)
    return 0


@verb("import", paths=False, formats=("text", "json"))
@click.argument("file", type=click.Path(path_type=Path, allow_dash=True))
def import_(options: Options, file: Path) -> int:
    """Read what `state export` wrote into an empty store; nothing that is there is overwritten."""
    with _opened(options, writing=True) as (session, ledger):
        count = ledger.bring_in(_document(file, ledger.organization))
        _say(session, f"{count} entries read into {ledger.store.description}", imported=count)
    return 0


def _document(file: Path, organization: str) -> dict[str, Any]:
    document = json_file(file, what="an exported state", hint="reconciler state export > FILE")
    if not isinstance(document, dict) or document.get("format") != _FORMAT:
        raise InputError(f"`{file}` is not an exported state", code="RC125", hint="reconciler state export > FILE")
    if document.get("organization") != organization:
        raise InputError(
            f"`{file}` is of organisation {document.get('organization')}, and the key opens {organization}",
            code="RC303",
        )
    entries: dict[str, Any] = document.get("entries", {})
    if not isinstance(entries, dict) or not all(isinstance(value, dict) for value in entries.values()):
        raise InputError(f"`{file}` is not an exported state", code="RC125", hint="reconciler state export > FILE")
    return entries


@verb("rekey", paths=False, formats=("text", "json"))
def rekey(options: Options) -> int:
    """Key the state anew, after a line with a new key was added to RECONCILER_STATE_KEY.

    What the lines before made is taken over: every call stays as it was, and the old key alone reads nothing of it.
    """
    if not StateKey.of(os.environ):
        raise InputError(f"{VARIABLE} is not set", code="RC124", hint=f"set {VARIABLE}: the old key, and the new below")
    with _opened(options, writing=True) as (session, ledger), session.lease(ledger, "dispatch"):
        count = ledger.rekey()
        _say(session, f"{count} entries of {ledger.store.description} keyed anew", rekeyed=count)
    return 0


for each in (show, locks, unlock, forget, move, export, import_, rekey, secret):
    command.add_command(each)
