"""Rules about the declared calls together: facts that nobody says, and one person rung twice."""

from __future__ import annotations

from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any

from reconciler.documents.placeholders import mentioned
from reconciler.kinds.campaign_contacts import KEY, variables_of
from reconciler.lint.rings import calls
from reconciler.lint.rule import Complaint, at
from reconciler.lint.scripts import speaker
from reconciler.schedule import clock
from reconciler.schedule.callee_hours import callee_hours, closed_for, may_ring
from reconciler.schedule.zone_names import is_reversed, offset_of
from reconciler.telephony.phone_numbers import doubt, is_e164, zones

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from reconciler.lint.rings import Ring, Rings
    from reconciler.model import Location, Resource
    from reconciler.settings import Settings


_CAMPAIGN = "Campaign"


def unused_variables(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """A variable that no text of the agent mentions is a slip of the pen, or data sent for nothing."""
    del now
    said: dict[int, tuple[Mapping[str, Any], frozenset[str]]] = {}  # many calls have one speaker
    for giver, names in chain(_variables(resources), _columns(resources)):
        settings = speaker(giver, resources)
        if settings is None:
            continue
        if id(settings) not in said:
            said[id(settings)] = settings, mentioned(settings)
        for name in names:
            if name not in said[id(settings)][1]:
                what, where = _given(giver, name)
                message = f"nothing that the agent says mentions `{{{{{name}}}}}`"
                yield Complaint(giver, where, message, f"remove {what}, or use it in the prompt")


def _given(giver: Resource, name: str) -> tuple[str, Location]:
    """What an author calls a variable that is handed to the agent, and where it stands."""
    if giver.address.kind == _CAMPAIGN:
        return f"the column `{name}`", giver.tables[KEY].locate(1, name)
    return f"`{name}`", giver.manifest.locate("spec", "variables", name)


def _variables(resources: Mapping[str, Resource]) -> Iterator[tuple[Resource, Iterable[str]]]:
    for call in calls(resources):
        if names := call.declared.get("variables"):
            yield call, names


def _columns(resources: Mapping[str, Resource]) -> Iterator[tuple[Resource, Iterable[str]]]:
    """The columns of campaigns; a name is one that the platform keeps of a contact whether it is said or not."""
    for campaign in resources.values():
        if campaign.address.kind == _CAMPAIGN and not campaign.manifest.absent:
            yield campaign, [name for name in variables_of(campaign) or () if name != "name"]


def reversed_zones(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """``Etc/GMT+5`` is five hours behind UTC, which nobody expects of it."""
    del now
    for call in calls(resources):
        paths = (("timezone",), ("schedule", "timezone")) if call.declared.get("schedule") else (("timezone",),)
        for path in paths:
            zone = _inner(call.declared, path)
            if isinstance(zone, str) and is_reversed(zone):
                yield at(
                    call,
                    f"`{zone}` is {offset_of(zone)}: the sign of these zones is reversed",
                    "name a city such as America/New_York, or write the offset behind the time",
                    *path,
                )


def doubtful_callees(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """A number that nobody has, or that costs whoever calls it: most likely a digit that is wrong."""
    del now
    for call in calls(resources):
        number = call.declared.get("to_number")
        if isinstance(number, str) and is_e164(number) and (why := doubt(number)):
            yield at(call, why, "look the number up again; a wrong digit rings a stranger, or nobody", "to_number")


def _inner(declared: Mapping[str, Any], path: tuple[str, ...]) -> Any:
    for part in path:
        declared = (declared.get(part) or {}) if isinstance(declared, dict) else {}
    return declared


def colliding(rings: Rings, settings: Settings) -> Iterator[Complaint]:
    """Two calls to one person whose windows overlap: the second finds the line busy, or a person annoyed."""
    del settings
    for own in rings.by_callee.values():
        yield from _collisions(own)


def _collisions(rings: Sequence[Ring]) -> Iterator[Complaint]:
    told: set[tuple[str, str]] = set()
    for first, second in pairwise(rings):
        names = first.call.address.name, second.call.address.name
        if names[0] == names[1] or names in told or second.opens > first.closes:
            continue
        told.add(names)
        yield at(
            second.call,
            f"`{names[0]}` may call the same person within its window ({_spoken(first)})",
            "move one of the two, or make one call of them",
            _field(second.call),
        )


def at_night(rings: Rings, settings: Settings) -> Iterator[Complaint]:
    """A call whose whole window lies outside the calling hours is never placed: dispatch refuses it to the end."""
    hours = settings.calling_hours
    minutes, closed_days = hours.minutes, hours.closed_days
    told: Resource | None = None
    for ring in rings.all:
        callee = str(ring.call.declared.get("to_number"))
        if ring.call is told or may_ring(ring.opens, callee, *minutes) or closed_for(ring.opens, callee, closed_days):
            continue  # a closed day is an error of its own, or skipped
        there = callee_hours(ring.opens, callee, *minutes)
        if there.opens is None or there.opens > ring.closes:
            told = ring.call
            yield at(
                ring.call,
                f"it would ring at {there.local:%H:%M} in {there.zone}, and calling hours "
                f"({hours.start} to {hours.end}) do not begin within its window",
                "call when it is day where the callee is, or change `calling_hours` in reconciler.yaml",
                _field(ring.call),
            )


def too_many(rings: Rings, settings: Settings) -> Iterator[Complaint]:
    """More calls to a person on one day, by the clocks where the person may be, than dispatch will place."""
    limit = settings.limits.calls_per_callee_per_day
    for callee, own in rings.by_callee.items():
        told: set[str] = set()
        places = [clock.zone(name) for name in zones(callee)] if len(own) > limit else []
        for index, ring in enumerate(own[limit:]):
            name = ring.call.address.name
            if name in told or not all(_same_day(own[index + n].opens, ring.opens, places) for n in range(limit)):
                continue
            told.add(name)
            yield at(
                ring.call,
                f"call {limit + 1} to this person on one day ({_spoken(ring)}), limit {limit}",
                "move it to another day, or raise `limits.calls_per_callee_per_day` in reconciler.yaml",
                _field(ring.call),
            )


def _spoken(ring: Ring) -> str:
    """When it opens, by the clock that the call is declared in."""
    declared = ring.call.declared
    place = (declared.get("schedule") or declared).get("timezone")
    return clock.spoken_local(ring.opens, clock.zone(str(place or "UTC")))


def _same_day(one: datetime, other: datetime, places: list[ZoneInfo]) -> bool:
    """As dispatch counts: on one day in any of the places."""
    return any(one.astimezone(place).date() == other.astimezone(place).date() for place in places)


def _field(call: Resource) -> str:
    return "schedule" if call.declared.get("schedule") else "at"
