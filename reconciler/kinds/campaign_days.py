"""Closed days of a project, against the days of a campaign; the platform knows no such days."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING

from reconciler.kinds.campaign_contacts import contacts_of, counted, lines
from reconciler.kinds.campaign_start import lateness, starts_at
from reconciler.model import Finding, Severity
from reconciler.schedule import clock
from reconciler.schedule.callee_hours import closed_for

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from reconciler.model import Resource
    from reconciler.schedule.calling_hours import CallingHours

_AHEAD = timedelta(days=30)  # of a campaign without an end
_LISTED = 3


def on_closed_days(resource: Resource, hours: CallingHours, now: datetime) -> Iterator[Finding]:
    """An error for a start to come on a closed day, and a warning where later days of the campaign are closed."""
    opens = starts_at(resource)
    if resource.manifest.absent or opens is None or opens + lateness(resource) <= now:
        return
    where = resource.manifest.locate("spec", "start")
    if found := closed_at(resource, hours, opens):
        message = f"nobody is called then: {found}"
        hint = "choose another `start`, or change `calling_hours` in reconciler.yaml"
        yield Finding(Severity.ERROR, "RC158", message, hint, resource.address, where)
        return
    closed = hours.closed_days.of(contact.number for contact in contacts_of(resource))
    last = _end(resource) or opens + _AHEAD
    days = [f"{clock.spoken_day(day)}, {why}" for day, why in closed.between(opens.date(), last.date())]
    if days:
        more = f"; and {len(days) - _LISTED:,} more" if len(days) > _LISTED else ""
        message = f"the platform knows no closed days, and would go on calling on {'; '.join(days[:_LISTED])}{more}"
        hint = f"end it before (`end_at`), or on these days: reconciler campaigns pause {resource.address.name}"
        yield Finding(Severity.WARNING, "RC244", message, hint, resource.address, where)


def closed_at(resource: Resource, hours: CallingHours, instant: datetime) -> str:
    """Whose day it is on which nobody is called, and why; "" where nobody's is."""
    closed = hours.closed_days
    if not closed:
        return ""
    why = {it.line: said for it in contacts_of(resource) if (said := closed_for(instant, it.number, closed))}
    if not why:
        return ""
    return f"it is {next(iter(why.values()))} where {counted(len(why))} may be: {lines([*why])}"


def _end(resource: Resource) -> datetime | None:
    written = resource.declared.get("end_at")
    return clock.parse_moment(written).astimezone(UTC) if written else None
