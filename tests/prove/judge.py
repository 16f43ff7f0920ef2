"""Say what must never happen, checked at every ring and at the end of every schedule."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from prove.actors import ORGANIZATION
from reconciler.schedule.call_states import CallState, may_follow
from reconciler.schedule.callee_hours import callee_hours
from reconciler.schedule.clock import parse_duration, parse_instant, zone
from reconciler.schedule.occurrences import occurrence_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from prove.world import Actor, Ring, World

TOLERANCE = timedelta(seconds=30)
_RECORDED = frozenset(state for state in CallState if state.rang)
_SURE = frozenset(state for state in CallState if state.certain)
_UNCERTAIN = frozenset(state for state in CallState if state.uncertain)
_MORNING, _EVENING = 8 * 60, 21 * 60


class Violation(AssertionError):
    """A promise was broken; the message says which, and the schedule that broke it is added on the way."""


@dataclass
class Judge:
    """Watches one schedule; ``keys`` tells which occurrence and attempt an idempotency key means."""

    world: World
    keys: Mapping[str, tuple[str, int]]

    def __post_init__(self) -> None:
        self.rang: dict[tuple[str, int], Ring] = {}
        self.world.watch = self.at_ring
        self.world.watch_record = self.at_record

    def at_ring(self, ring: Ring) -> None:
        """One call for one attempt, inside its window and hours, with nothing that forbade it."""
        what = self.keys.get(ring.key) or self.world.last_claim.get(ring.sender)
        if what is None:
            raise Violation("a telephone rang that no occurrence asked for")
        if what in self.rang:
            raise Violation(f"{what} rang twice: {self.rang[what].sender}, then {ring.sender}")
        self.rang[what] = ring
        claim = self.world.claims.get(what)
        armed = (claim.armed if claim else None) or self.armed().get(what[0].partition("@")[0])
        if claim is None or armed is None:
            raise Violation(f"{what} rang without a claim on an armed call")
        if what[1] > 1:
            self._second_try(what, ring, armed)
        self._in_time(what, ring, armed)
        self._not_forbidden(what, ring, claim.sequence)

    def at_record(self, before: str | None, after: str) -> None:
        """A record only ever goes the ways that the table of states knows."""
        if not may_follow(CallState(before) if before else None, CallState(after)):
            raise Violation(f"a record went from {before or 'nothing'} to {after}")

    def _second_try(self, what: tuple[str, int], ring: Ring, armed: Mapping[str, Any]) -> None:
        first = self.rang.get((what[0], what[1] - 1))
        again = armed["spec"].get("attempts") or {}
        if what[1] > int(again.get("max", 1)):
            raise Violation(f"{what} rang: more than {again.get('max', 1)} attempts")
        if first is None or self.world.answered or first.at + timedelta(minutes=1) > ring.at:
            raise Violation(f"{what} rang, and the one before it was not over and unanswered")

    def _in_time(self, what: tuple[str, int], ring: Ring, armed: Mapping[str, Any]) -> None:
        opens, closes = self.window(what, armed)
        if not opens - TOLERANCE <= ring.judged < closes + TOLERANCE:
            raise Violation(f"{what} rang at {ring.judged:%H:%M:%S}, window {opens:%H:%M} to {closes:%H:%M}")
        around = (ring.judged - TOLERANCE, ring.judged, ring.judged + TOLERANCE)
        if not any(callee_hours(instant, ring.to, _MORNING, _EVENING).allowed for instant in around):
            raise Violation(f"{what} rang outside the hours of the callee")

    def window(self, what: tuple[str, int], armed: Mapping[str, Any]) -> tuple[datetime, datetime]:
        """When an attempt may ring, by the armed call as stored."""
        firing = occurrence_of(what[0], zone("UTC"))
        opens = firing.nominal if firing else parse_instant(str(armed["opens"]))
        if what[1] > 1 and (before := self.rang.get((what[0], what[1] - 1))):
            gap = parse_duration((armed["spec"].get("attempts") or {}).get("gap", "30m"))
            opens = before.at + timedelta(minutes=1) + gap
        return opens, opens + parse_duration(armed["spec"].get("late", "10m"))

    def _not_forbidden(self, what: tuple[str, int], ring: Ring, claimed: int) -> None:
        """Held or cancelled before the claim, or before the sender last read the store: it must not ring."""
        name = what[0].partition("@")[0]
        since = min(self.world.forbidden.get(name, 10**9), self.world.forbidden.get("*", 10**9))
        if since < claimed:
            raise Violation(f"{what} rang though it was held or cancelled before it was claimed")
        if since < ring.read_at:
            raise Violation(f"{what} rang though {ring.sender} could know that it was held or cancelled")

    def records(self) -> dict[tuple[str, int], Mapping[str, Any]]:
        """Every attempt in the store."""
        return {
            (str(entry.value["occurrence"]), int(entry.value["attempt"])): entry.value
            for entry in self.world.entries.values()
            if "attempt" in entry.value
        }

    def armed(self) -> dict[str, Mapping[str, Any]]:
        """Every armed or cancelled call in the store."""
        found = (entry for entry in self.world.entries.values() if entry.key.endswith("/armed"))
        return {str(entry.value["name"]): entry.value for entry in found}

    def after_open_tick(self, now: datetime, kept: frozenset[str]) -> None:
        """No faults, the window is open, somebody looked: it rang, unless something forbids it.

        ``kept`` names the calls whose manifest is what is armed.
        """
        records = self.records()
        for name, armed in self.armed().items():
            if not armed["opens"] or name not in kept or armed["state"] != "armed" or name in self.world.forbidden:
                continue
            opens, closes = self.window((name, 1), armed)
            hours = callee_hours(now, self.world.callee, _MORNING, _EVENING).allowed
            state = records.get((name, 1), {}).get("state", "nothing")
            if any(now < ring.at + timedelta(minutes=1) for ring in self.rang.values()):
                continue  # whoever is still on the line with us is not rung by another call
            silent = (name, 1) not in self.rang and state not in ("cancelled", "expired")
            if opens <= now < closes and hours and silent and "*" not in self.world.forbidden:
                raise Violation(f"{name} was not placed by a tick without faults; its record says {state}")

    def at_end(self, actors: Sequence[Actor], last: Actor) -> None:
        """Every window has closed and somebody looked: nothing is lost, nothing is told wrongly."""
        records, armed = self.records(), self.armed()
        for what in self.rang:
            state = records.get(what, {}).get("state", "nothing")
            if what[0].partition("@")[0] in armed and state not in _RECORDED:
                raise Violation(f"{what} rang, and its record says {state}")
        for what, value in records.items():
            if value["state"] in _SURE and what not in self.rang:
                raise Violation(f"{what} is {value['state']}, and it never rang")
        told = {(row.occurrence, row.attempt) for row in last.rows if row.state == CallState.UNKNOWN}
        for what, value in records.items():
            if value["state"] in _UNCERTAIN and what not in told and what[0].partition("@")[0] in armed:
                raise Violation(f"{what} is {value['state']}, and nobody said so")
        self._missed(records, armed, actors)

    def _missed(
        self,
        records: Mapping[tuple[str, int], Mapping[str, Any]],
        armed: Mapping[str, Mapping[str, Any]],
        actors: Sequence[Actor],
    ) -> None:
        told = Counter(
            (row.occurrence, row.attempt)
            for actor in actors
            if not actor.crashed
            for row in actor.rows
            if row.state == CallState.EXPIRED
        )
        for what, times in told.items():
            if times > 1:
                raise Violation(f"{what} was reported missed {times} times")
            if what in self.rang:
                raise Violation(f"{what} was reported missed, and it rang")
        lost = {actor.name for actor in actors if actor.crashed or actor.uncertain_write}
        for what, value in records.items():
            if value["state"] == "expired" and not told[what] and self.world.wrote.get(what) not in lost:
                raise Violation(f"{what} expired, and nobody said so")
        for name, call in armed.items():
            silent = call["opens"] and call["state"] == "armed" and (name, 1) not in records
            if silent and parse_instant(call["opens"]) < self.world.now - timedelta(hours=3):
                raise Violation(f"{name} was armed, never placed, and never reported")


def facts_of(world: World) -> tuple[Any, ...]:
    """Everything a run without faults can depend on: two schedules that agree in it end alike."""
    entries = tuple(f"{key}={entry.value}" for key, entry in sorted(world.entries.items()))
    calls = tuple(call["start_time"] + call["to_number"] for call in world.calls)
    wires = tuple(str(request) for _, request, *_ in world.wires)
    return (ORGANIZATION, world.now, entries, calls, tuple(world.keys), wires, tuple(sorted(world.forbidden)))
