"""Calls of a plan in groups of one verb, agent and day, so that hundreds are read as a few lines."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from reconciler.left_out import list_of
from reconciler.model import Action
from reconciler.render import forecasts
from reconciler.render.one_cause import some
from reconciler.render.reading_order import Section, section
from reconciler.render.terminal import clean, cut
from reconciler.render.values import differences, line, visible
from reconciler.render.words import counted
from reconciler.schedule import clock

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from reconciler.model import Address, Change
    from reconciler.schedule.expected_calls import ExpectedCall, Forecast

_Key: TypeAlias = tuple[bool, bool, str, str, str]  # rung, recurring, day, agent, verb
FEW = 5  # calls up to which each is told in full
_WIDEST_CHANGE = 60
_MOMENT = re.compile(rf"\b\w{{3}} (\d{{1,2}}) ({'|'.join(clock.MONTHS)}) (\d{{4}}) (\d\d:\d\d)(?::\d\d)?\b")
_MOST = 20  # groups by agent and day that are read one by one


@dataclass(frozen=True, slots=True)
class Call:
    """One change of a call, with the first time it will ring; None where nobody is to be rung."""

    change: Change
    ring: ExpectedCall | None


@dataclass(frozen=True, slots=True)
class CallGroup:
    """Calls of one verb and day ("" without one), of one agent or of several, ascending in time."""

    verb: str
    agents: tuple[str, ...]
    day: str
    calls: tuple[Call, ...]

    @property
    def agent(self) -> str:
        """The one agent that makes them; "" for none and for several."""
        return self.agents[0] if len(self.agents) == 1 else ""

    @property
    def whose(self) -> str:
        """``front-desk``, ``6 agents``; "" for none."""
        return counted(len(self.agents), "agent") if len(self.agents) > 1 else self.agent

    @property
    def title(self) -> str:
        """``40 calls``, ``3 recurring calls``."""
        recurs = any(it.ring and it.ring.recurs for it in self.calls)
        return counted(len(self.calls), "recurring call" if recurs else "call")

    @property
    def sentence(self) -> str:
        """``Mon 30 Nov 09:00 to 10:57 New York, 38 people``; where nobody will be rung what all say, "" for nothing."""
        rings = [it.ring for it in self.calls if it.ring]
        if not rings:
            said = {it.change.sentence for it in self.calls}
            return clean(said.pop()) if len(said) == 1 and len(self.calls) > 1 else ""
        return f"{self._when(rings)}, {counted(len({ring.to for ring in rings}), 'person')}"

    def _when(self, rings: Sequence[ExpectedCall]) -> str:
        zones = {ring.zone for ring in rings}
        first, last = (f"{_local(ring):%H:%M}" for ring in (rings[0], rings[-1]))
        where = forecasts.place(rings[0].zone or "UTC") if len(zones) == 1 else f"in {len(zones)} time zones"
        if rings[0].recurs:
            return f"first on {self.day} {first} {where}"
        span = first if first == last else f"{first}\N{EN DASH}{last}"
        return f"{self.day} {span} {where}"


@dataclass(frozen=True, slots=True)
class AlikeRows:
    """Rows of one list of which the same is to be said, but for a time in it: what each says, unless ``said``."""

    name: str
    changes: tuple[Change, ...]
    said: str = ""

    @property
    def title(self) -> str:
        """``40 rows of week``."""
        return f"{counted(len(self.changes), 'row')} of {clean(self.name)}"

    @property
    def sentence(self) -> str:
        """What there is to say of them."""
        return clean(self.said or _from_to([change.sentence for change in self.changes]))


def alike_rows(kept: Sequence[Change]) -> tuple[list[Change], list[AlikeRows]]:
    """What stays as it is without the rows of a list that say the same but for a time, and these once for each list."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in kept:
        found.setdefault((list_of(change.address), _MOMENT.sub("…", change.sentence)), []).append(change)
    many = [
        AlikeRows(name, tuple(own))
        for (name, _), own in found.items()
        if name and len(own) > 1 and not any(it.notes for it in own)
    ]
    told = {change.address for group in many for change in group.changes}
    return [change for change in kept if change.address not in told], many


def _from_to(sentences: Sequence[str]) -> str:
    """One sentence for all that differ by a time alone: ``already placed on Mon 14 Jan 2030 09:45 to …``."""
    moments = {found[0]: _order(found) for said in sentences if (found := _MOMENT.search(said))}
    ordered = sorted(moments, key=lambda moment: moments[moment])
    if len(ordered) <= 1:
        return sentences[0]
    return _MOMENT.sub(f"{ordered[0]} to {ordered[-1]}", sentences[0], count=1)


def _order(moment: re.Match[str]) -> tuple[int, int, int, str]:
    day, month, year, time = moment.groups()
    return int(year), clock.MONTHS.index(month), int(day), time


def refused_rows(changes: Sequence[Change]) -> tuple[list[Change], list[AlikeRows]]:
    """The changes without the refused rows of lists that have many, and these, each list once."""
    found: dict[tuple[str, str], list[Change]] = {}
    for change in changes:
        if change.action is Action.REFUSE and (name := list_of(change.address)):
            # Those that are in error name the place of each, those that go with their list say the same.
            found.setdefault((name, re.sub(r"\d+", "", change.sentence)), []).append(change)
    many = [AlikeRows(name, tuple(own), _refused(own)) for (name, _), own in found.items() if len(own) > FEW]
    told = {change.address for group in many for change in group.changes}
    return [change for change in changes if change.address not in told], many


def _refused(rows: Sequence[Change]) -> str:
    """Why they are refused, and the first of them."""
    alike = len({it.sentence for it in rows}) == 1
    why = rows[0].sentence if alike else "not as they should be"
    return f"{why} ({some([it.address.name for it in rows])})"


def is_grouped(changes: Sequence[Change]) -> bool:
    """Whether there are too many calls to tell each in full."""
    return sum(section(change) is Section.CALLS for change in changes) > FEW


def groups(changes: Sequence[Change], forecast: Forecast | None, *, most: int = _MOST) -> list[CallGroup]:
    """The calls among changes: cancelled ones first, then by day and agent; by day alone where those are many."""
    rings = _first_rings(forecast)
    found: dict[_Key, list[Call]] = {}
    for change in changes:
        if section(change) is Section.CALLS:
            call = Call(change, rings.get(change.address))
            found.setdefault(_key(call), []).append(call)
    if len(found) > most:
        found = _by_day(found)
    return [_group(found[key], forecast) for key in sorted(found)]


def _by_day(found: Mapping[_Key, list[Call]]) -> dict[_Key, list[Call]]:
    """The same calls, those of all agents together."""
    together: dict[_Key, list[Call]] = {}
    for key, own in found.items():
        together.setdefault((*key[:3], "", key[4]), []).extend(own)
    return together


def _first_rings(forecast: Forecast | None) -> Mapping[Address, ExpectedCall]:
    """The rings of a forecast ascend, so the first of an address is its next."""
    found: dict[Address, ExpectedCall] = {}
    for ring in forecast.rings if forecast else ():
        found.setdefault(ring.address, ring)
    return found


def _key(call: Call) -> _Key:
    ring = call.ring
    if ring is None:
        return False, False, "", "", call.change.verb
    return True, ring.recurs, "" if ring.recurs else _local(ring).date().isoformat(), ring.agent, call.change.verb


def _group(calls: Sequence[Call], forecast: Forecast | None) -> CallGroup:
    ordered = sorted(calls, key=_when)
    ring = ordered[0].ring
    now = forecast.now if forecast else None
    day = forecasts.as_declared(ring, now).rsplit(f" {_local(ring):%H:%M}", 1)[0] if ring and now else ""
    agents = tuple(dict.fromkeys(it.ring.agent for it in ordered if it.ring and it.ring.agent))
    return CallGroup(ordered[0].change.verb, agents, day, tuple(ordered))


def _when(call: Call) -> tuple[float, str, str]:
    address = call.change.address
    return call.ring.at.timestamp() if call.ring else 0, address.kind, address.name


def _local(ring: ExpectedCall) -> datetime:
    return ring.at.astimezone(clock.zone(ring.zone or "UTC"))


def cells(call: Call, *, show_numbers: bool, said: str = "") -> tuple[str, str, str]:
    """When, whom, and what else there is to say about one call, each in one clean line; ``said`` its group does."""
    ring, change = call.ring, call.change
    if ring is None:
        own = clean(change.sentence)
        return (_was_to_ring(change), "", "") if own == said else ("", "", own)
    when = f"{_local(ring):%H:%M} {forecasts.place(ring.zone or 'UTC')}"
    more = "; ".join([*_moved(change, show_numbers=show_numbers), *map(clean, change.notes)])
    return when, forecasts.callee(ring, show_numbers=show_numbers), more


def _was_to_ring(change: Change) -> str:
    """When a call that nobody rings any more would have rung; "" of one that recurs, or was never armed."""
    known = change.observed.body if change.observed else {}
    try:
        at = clock.nominal(str(known["at"]), known.get("timezone")).instant
    except (KeyError, ValueError):
        return ""
    return clock.spoken_local(at, clock.zone(str(known.get("timezone") or "UTC")))


def _moved(change: Change, *, show_numbers: bool) -> list[str]:
    """What a call that was armed before changes, a few words for each field."""
    if change.observed is None:
        return []
    found = []
    for diff in change.diffs:
        before, after = visible(change, diff, show_numbers=show_numbers)
        for part in differences(before, after):
            path = f"{diff.path}.{part.path}" if part.path else diff.path
            words = f"{clean(path)}: {line(part.before, path)} → {line(part.after, path)}"
            found.append(cut(words, _WIDEST_CHANGE))
    return found
