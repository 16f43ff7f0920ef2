"""Rings to come: when each declared call may ring, found once for all rules about times."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.schedule import clock
from reconciler.schedule.occurrences import Schedule, occurrences
from reconciler.schedule.planned_call import LATE

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.model import Resource

_AHEAD = timedelta(days=31)
_MOST = 100  # occurrences of one recurring call that are looked at


class Ring(NamedTuple):
    """One window in which a declared call may ring."""

    opens: datetime
    closes: datetime
    call: Resource


@dataclass(frozen=True)
class Rings:
    """The windows of all declared calls, found when they are first asked for."""

    resources: Mapping[str, Resource]
    now: datetime

    @cached_property
    def all(self) -> Sequence[Ring]:
        """In the order of the manifests."""
        return [ring for call in calls(self.resources) for ring in _rings(call, self.now)]

    @cached_property
    def by_callee(self) -> Mapping[str, Sequence[Ring]]:
        """Those of each callee who may be rung more than once, in the order of time."""
        numbers = [str(ring.call.declared.get("to_number")) for ring in self.all]
        several = {number for number, count in Counter(numbers).items() if count > 1}
        found: dict[str, list[Ring]] = defaultdict(list)
        for number, ring in zip(numbers, self.all, strict=True) if several else ():
            if number in several:
                found[number].append(ring)
        return {callee: sorted(rings, key=_when) for callee, rings in found.items()}


def calls(resources: Mapping[str, Resource]) -> Iterator[Resource]:
    """The calls that are declared, and not called off."""
    for resource in resources.values():
        manifest = resource.manifest
        if manifest.address.kind == "ScheduledCall" and not (manifest.absent or resource.declared.get("cancelled")):
            yield resource


def _when(ring: Ring) -> tuple[datetime, str]:
    return ring.opens, ring.call.address.name


def _rings(call: Resource, now: datetime) -> list[Ring]:
    """When a call may ring from now on; nothing for a time that cannot be read, which its kind complains about."""
    declared = call.declared
    try:
        late = clock.parse_duration(declared["late"]) if declared.get("late") else LATE
        found = _openings(declared, now)
    except (KeyError, ValueError):
        return []
    return [Ring(opens, closes, call) for opens in found if (closes := opens + late) > now]


def _openings(declared: Mapping[str, Any], now: datetime) -> list[datetime]:
    if schedule := declared.get("schedule"):
        return list(islice(occurrences(Schedule.of(schedule), now, now + _AHEAD), _MOST))
    return [clock.nominal(declared["at"], declared.get("timezone")).instant] if declared.get("at") else []
