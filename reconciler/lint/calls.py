"""This file exists to look at the declared calls together: facts that nobody says, and one telephone rung twice."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from itertools import islice, pairwise
from typing import TYPE_CHECKING, NamedTuple

from reconciler import clock
from reconciler.lint.rule import Complaint, at
from reconciler.lint.scripts import placeholders, speaker
from reconciler.occurrences import Schedule, occurrences
from reconciler.orders import LATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reconciler.model import Resource

_AHEAD = timedelta(days=31)
_MOST = 100  # occurrences of one recurring call that are looked at


def unused_variables(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """A variable that no text of the agent mentions is a slip of the pen, or data sent for nothing."""
    del now
    for call in _calls(resources):
        settings = speaker(call, resources)
        given = call.declared.get("variables")
        if settings is None or not given:
            continue
        said = frozenset(placeholders(settings))
        for name in given:
            if name not in said:
                yield at(
                    call,
                    f"nothing that the agent says mentions `{{{{{name}}}}}`",
                    f"remove `{name}`, or use it in the prompt",
                    "variables",
                    name,
                )


class _Ring(NamedTuple):
    opens: datetime
    closes: datetime
    call: Resource


def colliding(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """Two calls to one person whose windows overlap: the second finds the line busy, or a person annoyed."""
    by_callee: dict[str, list[Resource]] = defaultdict(list)
    for call in _calls(resources):
        by_callee[str(call.declared.get("to_number"))].append(call)
    for calls in by_callee.values():
        if len(calls) > 1:
            yield from _collisions(sorted((ring for call in calls for ring in _rings(call, now)), key=_when))


def _when(ring: _Ring) -> tuple[datetime, str]:
    return ring.opens, ring.call.address.name


def _collisions(rings: list[_Ring]) -> Iterator[Complaint]:
    told: set[tuple[str, str]] = set()
    for first, second in pairwise(rings):
        names = first.call.address.name, second.call.address.name
        if names[0] == names[1] or names in told or second.opens > first.closes:
            continue
        told.add(names)
        field = "schedule" if second.call.declared.get("schedule") else "at"
        yield at(
            second.call,
            f"`{names[0]}` calls the same person at that time too ({first.opens:%Y-%m-%d %H:%M} UTC)",
            "move one of the two, or make one call of them",
            field,
        )


def _rings(call: Resource, now: datetime) -> Iterator[_Ring]:
    """When a call may ring from now on; nothing for a time that cannot be read, which its kind complains about."""
    declared = call.declared
    try:
        late = clock.parse_duration(declared["late"]) if declared.get("late") else LATE
        if schedule := declared.get("schedule"):
            when = Schedule.parse(
                schedule["cron"], schedule["timezone"], start=schedule.get("from"), until=schedule.get("until")
            )
            found = list(islice(occurrences(when, now, now + _AHEAD), _MOST))
        else:
            found = [clock.nominal(declared["at"], declared.get("timezone")).instant]
    except (KeyError, ValueError):
        return
    yield from (_Ring(opens, opens + late, call) for opens in found if opens + late > now)


def _calls(resources: Mapping[str, Resource]) -> Iterator[Resource]:
    for resource in resources.values():
        if resource.address.kind == "ScheduledCall" and not resource.manifest.absent:
            yield resource
