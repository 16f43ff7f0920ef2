"""Closed days of a project, against the time that a call's document chose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.scheduled_call_checks import lateness, wrong
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.schedule import clock
from reconciler.schedule.callee_hours import callee_hours, closed_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from reconciler.model import Finding, Resource
    from reconciler.schedule.calling_hours import CallingHours


def on_closed_days(own: Iterable[Resource], hours: CallingHours, now: datetime) -> Iterator[Finding]:
    """An error for each call to come whose own `at` falls on a closed day; what recurs is skipped there."""
    minutes, closed = hours.minutes, hours.closed_days
    if not closed:
        return
    for resource in own:
        opens, callee = _opens(resource, now), str(resource.declared.get("to_number"))
        if opens is None or not closed_for(opens, callee, closed):
            continue
        there = callee_hours(opens, callee, *minutes, closed)
        if there.closed:
            message = f"nobody is called then: {clock.spoken_day(there.local)} in {there.zone} is {there.closed}"
            following = ""
            if there.opens is not None:
                day = clock.spoken_day(there.opens.astimezone(clock.zone(there.zone)))
                following = f"the next open day there is {day}: "
            hint = f"{following}choose another `at`, or change `calling_hours` in reconciler.yaml"
            yield wrong(resource, "at", "RC158", message, hint)


def _opens(resource: Resource, now: datetime) -> datetime | None:
    """When it is due, if that can be told and is to come."""
    spec = resource.spec
    if not isinstance(spec, ScheduledCallSpec) or resource.manifest.absent or "to_number" not in resource.declared:
        return None
    if spec.at is None or spec.schedule is not None or spec.cancelled is not None:
        return None
    try:
        opens = clock.nominal(spec.at, spec.timezone).instant
    except ValueError:
        return None
    return opens if opens + lateness(spec) > now else None
