"""Pausing, resuming and cancelling campaigns; only what was paused here is resumed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.api import segment
from reconciler.calls.campaign_starts import PATH, live
from reconciler.errors import Conflict
from reconciler.state.campaign_records import CampaignRecord, Pause, records, write

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.api import Api
    from reconciler.state.ledger import Ledger

CALLING = ("scheduled", "running")
_TRIES = 8


def pause(api: Api, ledger: Ledger, record: CampaignRecord, why: Pause) -> str:
    """Pause one that calls, and keep one that does not yet from being started; its status afterwards."""
    _rewrite(ledger, record, lambda now: replace(now, pause=why))
    body = live(api, record.campaign) or {}
    if body.get("status") not in CALLING:
        return str(body.get("status"))
    answer = api.post(f"{PATH}/{segment(record.campaign)}/pause", {})
    return str(answer.get("status"))


def resume(api: Api, ledger: Ledger, record: CampaignRecord) -> str:
    """Let one that was paused go on; its status afterwards."""
    body = live(api, record.campaign) or {}
    status = str(body.get("status"))
    if status == "paused":
        path = f"{PATH}/{segment(record.campaign)}/start"
        status = str(api.post(path, {"consent_to_charge": True}).get("status"))
    _rewrite(ledger, record, lambda now: replace(now, pause=None))
    return status


def cancel(api: Api, ledger: Ledger, record: CampaignRecord) -> str:
    """End one, and call off its start: nobody is called any more; its status afterwards."""
    status = str(api.post(f"{PATH}/{segment(record.campaign)}/cancel", {}).get("status"))
    _rewrite(ledger, record, lambda now: now.called_off)
    return status


def pause_all(api: Api, ledger: Ledger, why: Pause) -> list[str]:
    """Pause every campaign of the state that calls; their names."""
    known = known_to(ledger)
    statuses = {str(body.get("public_id")): body.get("status") for body in api.items(PATH)} if known else {}
    found = [it for it in known if statuses.get(it.campaign) in CALLING]
    for record in found:
        pause(api, ledger, record, why)
    return [record.name for record in found]


def resume_all(api: Api, ledger: Ledger) -> list[str]:
    """Resume those that the hold over all calls paused, and no others; their names."""
    found = paused_by_hold(ledger)
    for record in found:
        resume(api, ledger, record)
    return [record.name for record in found]


def paused_by_hold(ledger: Ledger) -> list[CampaignRecord]:
    """Those that the hold over all calls paused, of any project."""
    return [it for it in records(ledger, foreign=True) if it.pause is not None and it.pause.by_hold]


def known_to(ledger: Ledger) -> list[CampaignRecord]:
    """Every campaign of the state, of any project: also one of which nothing but its id is remembered."""
    found = {it.campaign: it for it in records(ledger, foreign=True)}
    for it in (*ledger.bindings().values(), *ledger.foreign_bindings()):
        if it.address.kind == "Campaign" and it.id:
            found.setdefault(it.id, CampaignRecord(it.address.name, it.id, project=it.project))
    return list(found.values())


def _rewrite(ledger: Ledger, record: CampaignRecord, change: Callable[[CampaignRecord], CampaignRecord]) -> None:
    """Remember what a switch made of it; over what another run wrote meanwhile."""
    for _ in range(_TRIES):
        found = [it for it in records(ledger, foreign=True) if it.campaign == record.campaign]
        now = found[0] if found else record
        try:
            write(ledger, change(now))
        except Conflict:
            ledger.refresh()
        else:
            return
    raise Conflict(f"`{record.name}` could not be recorded")
