"""`reconciler campaigns`: how campaigns stand, and the switches that act at once."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import click

from reconciler.api import segment
from reconciler.calls import campaign_switches as switches
from reconciler.calls.campaign_starts import PATH
from reconciler.cli import completed_values
from reconciler.cli.common_options import verb
from reconciler.cli.run_identity import person
from reconciler.cli.session import Session
from reconciler.cli.verbs import Verbs
from reconciler.errors import InputError, PlanRefused
from reconciler.model import Address
from reconciler.redaction import storable
from reconciler.schedule.call_report import spoken_moment
from reconciler.schedule.clock import stamp
from reconciler.state.campaign_records import CampaignRecord, Pause, record_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.api import Api
    from reconciler.cli.options import Options
    from reconciler.state.ledger import Ledger

KIND = "Campaign"
_COUNTS = ("total_count", "completed_count", "failed_count", "in_progress_count")


@click.group("campaigns", cls=Verbs)
def command() -> None:
    """Show campaigns, or pause, resume or cancel one.

    `reconciler campaigns [NAME]` alone is `reconciler campaigns show [NAME]`.
    """


@verb("show", paths=False, formats=("text", "json"))
@click.argument("name", required=False, shell_complete=completed_values.addresses)
def show(options: Options, name: str | None) -> int:
    """Show the campaigns that were applied: status and counts; of one that is named, also its cost so far."""
    with Session(options, read_only=True) as session:
        api, target = session.connect()
        ledger = session.ledger(target)
        chosen = [_bound(ledger, name)] if name else _all(ledger)
        bodies = {str(body.get("public_id")): body for body in api.items(PATH)} if chosen else {}
        found = [_document(record, bodies.get(record.campaign), ledger, session.clock.now()) for record in chosen]
        if name and found[0]["status"] != "gone":
            found[0]["cost_cents"] = _cost(api, chosen[0].campaign)
        if options.format == "json":
            session.output.json({"format": "reconciler.campaigns/v1", "campaigns": found})
            return 0
        for each in found:
            session.output.data(_line(each))
        if not found:
            session.output.data("no campaign was applied")
    return 0


def _all(ledger: Ledger) -> list[CampaignRecord]:
    bound = [(address.name, it.id) for address, it in ledger.bindings().items() if address.kind == KIND and it.id]
    return [record_of(ledger, name, id_) for name, id_ in sorted(bound)]


def _bound(ledger: Ledger, name: str) -> CampaignRecord:
    """What is remembered of a name; raises InputError where it is not bound."""
    name = name.removeprefix(f"{KIND}/")
    binding = ledger.binding(Address(KIND, name))
    if binding is None or not binding.id:
        known = [record.name for record in _all(ledger)]
        hint = f"bound are {', '.join(known)}" if known else "apply first"
        raise InputError(f"`{KIND}/{name}` is not bound", code="RC633", hint=hint)
    return record_of(ledger, name, binding.id)


def _document(record: CampaignRecord, body: Mapping[str, Any] | None, ledger: Ledger, now: datetime) -> dict[str, Any]:
    body = body or {}
    hold = record.pause.why if record.pause else ledger.held_all(now).why
    return {
        "name": record.name,
        "id": record.campaign,
        "status": body.get("status", "gone"),
        **{key: body.get(key, 0) for key in _COUNTS},
        "start": record.opens or None,
        "start_state": str(record.start),
        "timezone": body.get("timezone"),
        "held": hold or None,
    }


def _cost(api: Api, id_: str) -> int:
    """What the calls of a campaign cost so far, as far as the platform tells."""
    contacts = api.get(f"{PATH}/{segment(id_)}").get("contacts") or ()
    ids = {str(it["call_id"]) for it in contacts if isinstance(it, dict) and it.get("call_id")}
    calls = api.items("/v1/calls", {"limit": 100}) if ids else []
    mine = (call for call in calls if str(call.get("call_id")) in ids)
    return sum(int(call.get("billing_total_cents") or 0) for call in mine)


def _line(each: Mapping[str, Any]) -> str:
    """``recall  running  12 of 120 completed, 3 failed, 2 in progress``."""
    counts = (
        f"{each['completed_count']} of {each['total_count']} completed, {each['failed_count']} failed, "
        f"{each['in_progress_count']} in progress"
    )
    when = spoken_moment(each["start"], each["timezone"] or "") if each["start"] else ""
    start = f"start {each['start_state']} {when}" if when else ""
    held = f"held: {each['held']}" if each["held"] else ""
    cost = f"cost so far {each['cost_cents'] / 100:.2f} USD" if "cost_cents" in each else ""
    return "  ".join(part for part in (each["name"], each["status"], counts, start, held, cost) if part)


@verb("pause", paths=False)
@click.argument("name", shell_complete=completed_values.addresses)
@click.option("--why", default="by hand", show_default=True, help="The reason, for everybody who asks later.")
def pause(options: Options, name: str, why: str) -> int:
    """Pause a campaign at once; one that is not started yet is not started until it is resumed."""
    with Session(options, read_only=False) as session:
        api, target = session.connect()
        ledger = session.ledger(target)
        record = _bound(ledger, name)
        said = Pause(storable(why) or "by hand", stamp(session.clock.now()), person())
        status = switches.pause(api, ledger, record, said)
        session.output.talk(f"{record.name}: held: {said.why}; it is {status}")
    return 0


@verb("resume", paths=False)
@click.argument("name", shell_complete=completed_values.addresses)
def resume(options: Options, name: str) -> int:
    """Let a paused campaign go on, or one that is not started yet be started again."""
    with Session(options, read_only=False) as session:
        api, target = session.connect()
        ledger = session.ledger(target)
        record = _bound(ledger, name)
        if hold := ledger.held_all(session.clock.now()):
            message = f"every call is held: {hold.why}"
            raise PlanRefused(message, code="RC603", hint="reconciler calls release --all")
        status = switches.resume(api, ledger, record)
        session.output.talk(f"{record.name}: resumed; it is {status}")
    return 0


@verb("cancel", paths=False)
@click.argument("name", shell_complete=completed_values.addresses)
@click.option("--yes", is_flag=True, help="Do not ask.")
def cancel(options: Options, name: str, yes: bool) -> int:
    """End a campaign permanently: nobody of it is called any more."""
    with Session(options, read_only=False) as session:
        api, target = session.connect()
        ledger = session.ledger(target)
        record = _bound(ledger, name)
        if not yes and not _confirmed(record.name):
            raise PlanRefused("cancelling was not confirmed", hint=f"reconciler campaigns cancel {record.name} --yes")
        status = switches.cancel(api, ledger, record)
        session.output.talk(f"{record.name}: it is {status}; nobody of it is called any more")
    return 0


def _confirmed(name: str) -> bool:
    return sys.stdin.isatty() and click.confirm(f"End the campaign {name} permanently?", default=False, err=True)


for each in (show, pause, resume, cancel):
    command.add_command(each)
