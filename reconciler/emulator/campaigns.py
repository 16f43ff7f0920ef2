"""Campaigns (contract-next 3): many calls from one list, dialled by the platform within their hours."""

from __future__ import annotations

import re
from datetime import time
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.emulator import campaign_contacts as contacts
from reconciler.emulator import campaign_runs as runs
from reconciler.emulator import phone_numbers, placing
from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.organization import zone_of
from reconciler.emulator.resource import Field, Resource, administrator
from reconciler.emulator.routes import Route
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

CLOCK = re.compile(r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?")
ONE = "/v1/campaigns/{uuid}"
EDITABLE = ("draft", "scheduled", "paused")
# action → the states it may be taken in
ALLOWED = {
    "start": ("draft", "scheduled", "paused"),
    "pause": ("scheduled", "running"),
    "cancel": ("draft", "scheduled", "running", "paused"),
}
RECENT = 10


def clock_time(value: Any) -> str:
    """A time of day, told back with its seconds."""
    text = v.text()(value)
    if not CLOCK.fullmatch(text):
        raise v.Invalid("Time has wrong format. Use one of these formats instead: hh:mm[:ss].")
    return time.fromisoformat(text).isoformat()


def instant(value: Any) -> str:
    """A moment, told back in UTC."""
    try:
        return stamp(moment(v.text()(value)))
    except ValueError as error:
        raise v.Invalid("Datetime has wrong format.") from error


def add_contacts(exchange: Exchange) -> Reply:
    """``POST …/contacts``: 201, also when some rows or all of them are rejected."""
    administrator(exchange)
    body = CAMPAIGNS.load(exchange, exchange.arguments[0])
    if body["status"] not in EDITABLE:
        raise refused(409, f"Contacts cannot be added to a campaign that is {body['status']}.")
    rows = contacts.sent(exchange.body)
    return answer({**contacts.add(exchange, body["public_id"], rows), "x_emulated": True}, 201)


def stats(exchange: Exchange) -> Reply:
    """``GET …/stats``."""
    body = CAMPAIGNS.load(exchange, exchange.arguments[0])
    by_status = contacts.counts(exchange, body["public_id"])
    called = [each for each in contacts.every(exchange, body["public_id"]) if each["call_id"]]
    recent = [{name: each[name] for name in ("call_id", "phone_number", "status")} for each in called]
    seen = _counted(by_status)
    return answer(
        {
            **{name.removesuffix("_count"): value for name, value in seen.items()},
            "by_status": by_status,
            "recent_calls": recent[-RECENT:],
        }
    )


def act(action: str, exchange: Exchange) -> Reply:
    """``POST …/start``, ``…/pause`` or ``…/cancel``; only the start asks for consent and has gates."""
    administrator(exchange)
    before = CAMPAIGNS.load(exchange, exchange.arguments[0])
    if before["status"] not in ALLOWED[action]:
        raise refused(409, f"A campaign that is {before['status']} cannot be {_past(action)}.")
    if action == "start":
        _gates(exchange, before)
        changes = runs.opening(exchange, before)
    elif action == "pause":
        changes = {"status": "paused"}
    else:
        contacts.exhaust(exchange, before["public_id"])
        changes = {"status": "cancelled"}
    return answer(CAMPAIGNS.shown(exchange, CAMPAIGNS.store(exchange, before | changes, before)))


def _past(action: str) -> str:
    return {"start": "started", "pause": "paused", "cancel": "cancelled"}[action]


def _gates(exchange: Exchange, body: Body) -> None:
    if exchange.body.get("consent_to_charge") is not True:
        raise invalid("consent_to_charge", "You must consent to the charge.")
    placing.admit(exchange)
    if not contacts.counts(exchange, body["public_id"]):
        raise refused(400, "Add contacts before starting the campaign.")
    placing.caller(exchange, body["from_number"])
    if agent_name(exchange, body["agent"]) is None:
        raise refused(400, "The agent of this campaign does not exist.")


def _validate(scene: Scene, body: Body, before: Body | None) -> None:
    if before and before["status"] not in EDITABLE:
        raise refused(409, f"A campaign that is {before['status']} cannot be changed; pause it first.")
    if body["daily_window_start"] >= body["daily_window_end"]:
        raise invalid("daily_window_end", "The window must end after it starts, on the same day.")
    if body["start_at"] and body["end_at"] and body["start_at"] >= body["end_at"]:
        raise invalid("end_at", "The campaign must end after it starts.")
    if phone_numbers.owned(scene.database, body["from_number"]) is None:
        raise invalid("from_number", "This number is not registered to this organization.")


def _compute(scene: Scene, body: Body, before: Body | None) -> Body:
    return {"timezone": body["timezone"] or zone_of(scene)} | ({} if before else {"status": "draft"})


def _before_delete(_scene: Scene, body: Body, _before: Body | None) -> None:
    if body["status"] in {"scheduled", "running"}:
        raise refused(409, "Pause or cancel the campaign before deleting it.")


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    contacts.forget(scene, body["public_id"])


def _counted(by_status: dict[str, int]) -> dict[str, int]:
    return {
        "total_count": sum(by_status.values()),
        "completed_count": by_status.get("completed", 0),
        "failed_count": by_status.get("failed", 0) + by_status.get("exhausted", 0),
        "in_progress_count": by_status.get("calling", 0),
    }


def _view(scene: Scene, body: Body) -> Body:
    seen = _counted(contacts.counts(scene, body["public_id"]))
    return {**body, **seen, "agent_name": agent_name(scene, body["agent"]) or ""}


def _detail(scene: Scene, body: Body) -> Body:
    return {"contacts": contacts.every(scene, body["public_id"])}


def _on_due(scene: Scene, body: Body) -> Body:
    return runs.step(scene, body, _counted)


CAMPAIGNS = Resource(
    name="campaigns",
    noun="Campaign",
    path="/v1/campaigns",
    fields={
        "name": Field(v.text(minimum=1, maximum=255), required=True),
        "agent": Field(v.integer(1), required=True, refers="agents"),
        "from_number": Field(v.e164, required=True),
        "daily_window_start": Field(clock_time, required=True),
        "daily_window_end": Field(clock_time, required=True),
        "timezone": Field(v.timezone, ""),
        "start_at": Field(v.nullable(instant)),
        "end_at": Field(v.nullable(instant)),
        # Nobody asked for a second attempt: the server's own idea.
        "max_attempts": Field(v.integer(1), 3),
        "max_concurrent_calls": Field(v.integer(1), 5),
        "retry_backoff_minutes": Field(v.integer(1), 60),
        "retry_on": Field(v.each(v.text()), ["no_answer", "busy", "failed"]),
    },
    id_field="public_id",
    actions=(
        Route("GET", f"{ONE}/stats", stats),
        Route("POST", f"{ONE}/contacts", add_contacts, array="contacts", form=True),
        *(Route("POST", f"{ONE}/{action}", partial(act, action)) for action in ALLOWED),
    ),
    newest_first=True,
    validate=_validate,
    compute=_compute,
    before_delete=_before_delete,
    view=_view,
    detail=_detail,
    on_due=_on_due,
    after_delete=_after_delete,
)
