"""Run a small model along one schedule, and along all of them.

A schedule is the sequence of choices made in it: who acts next, how his effect turns out, what happens in
between. ``everything`` enumerates them depth first, each replayed from the start, each different from all
others; ``walks`` draws them at random, beyond what can be enumerated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from greenlet import GreenletExit, getcurrent, greenlet

from prove.actors import CALLEE, tick
from prove.judge import Judge, Violation, facts_of
from prove.world import CRASH, FAULTS, OK, Actor, World
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from prove.actors import Manifests

AFTERWARDS = timedelta(hours=12)


@dataclass(frozen=True)
class Part:
    """Somebody who acts: what he runs, how wrong his clock is, and which lease he takes first.

    Workers of one ``process`` die together; the others are a process each.
    """

    name: str
    program: Callable[[World, Actor], None]
    skew: float = 0.0
    lease: str = "dispatch"
    process: str = ""


@dataclass(frozen=True)
class Event:
    """Something that happens to the world by itself, at most once in a schedule."""

    name: str
    happen: Callable[[World], None]


@dataclass(frozen=True)
class Model:
    """A small situation, and how much may go wrong in one schedule of it.

    ``leases`` says whether a lease keeps its holders apart. ``switches`` counts changes of who acts that
    nobody had to make; ``faults`` and ``events`` are limits as well. ``final`` is the checkout in the end.
    """

    name: str
    start: datetime
    prepare: tuple[Callable[[World, Actor], None], ...]
    parts: tuple[Part, ...]
    final: Manifests
    keys: dict[str, tuple[str, int]]
    events: tuple[Event, ...] = ()
    allowed: frozenset[str] = frozenset(fault for kind in FAULTS.values() for fault in kind)
    leases: bool = True
    switches: int = 2
    faults: int = 1
    happenings: int = 1
    answered: bool = False
    callee: str = CALLEE
    prepared_at: timedelta = timedelta(hours=1)
    _kept: dict[str, Any] = field(default_factory=dict, repr=False, compare=False)

    def fresh(self) -> World:
        """The world as every schedule of this model finds it."""
        world = World(self.start)
        world.answered, world.callee = self.answered, self.callee
        if "entries" not in self._kept:
            before = World(self.start - self.prepared_at)
            before.sequence = -1000
            for program in self.prepare:
                program(before, Actor("before", lambda *_: OK))
            self._kept["entries"] = before.entries
        world.entries = dict(self._kept["entries"])
        return world

    def settled(self) -> dict[tuple[Any, ...], str]:
        """Ends of schedules already judged, by everything they depend on."""
        known: dict[tuple[Any, ...], str] = self._kept.setdefault("settled", {})
        return known


@dataclass
class _Task:
    part: Part
    actor: Actor
    thread: greenlet
    pending: str = "begin"
    done: bool = False
    leased: bool = False


class Run:
    """One schedule of a model; ``choose`` is asked for one of so many ways to go on."""

    def __init__(self, model: Model, choose: Callable[[int], int]) -> None:
        self.model, self.choose = model, choose
        self.world = model.fresh()
        self.judge = Judge(self.world, model.keys)
        self.trace: list[str] = []
        self.current: _Task | None = None
        self.switches, self.faults, self.happenings = model.switches, model.faults, model.happenings
        self.events = list(model.events)
        self.tasks = [self._task(part) for part in model.parts]

    def _task(self, part: Part) -> _Task:
        main = getcurrent()

        def pause(_: Actor, effect: str) -> str:
            told: str = main.switch(effect)
            return told

        actor = Actor(part.name, pause, part.skew)

        def body(_: str) -> str:
            try:
                part.program(self.world, actor)
            except ReconcilerError as error:
                actor.error = error
            pause(actor, "report")
            return ""

        return _Task(part, actor, greenlet(body, main))

    def go(self) -> None:
        """Run to the end and judge it; Violation carries the schedule."""
        try:
            while ways := self._ways():
                self._take(*ways[self.choose(len(ways)) if len(ways) > 1 else 0])
            self._judge_the_end()
        except Violation as violation:
            raise Violation(f"{self.model.name}: {violation}\n  " + "\n  ".join(self.trace)) from None
        finally:
            for task in self.tasks:
                task.thread.throw(GreenletExit)

    def _ways(self) -> list[tuple[_Task | Event, str]]:
        """Every way to go on; the first is the quiet one."""
        current = self.current
        going = current is not None and not current.done
        free = [task for task in self.tasks if not task.done and task is not current and self._is_free(task)]
        going = going and current is not None and self._is_free(current)
        first = [current] if going and current is not None else []
        looking = going and current is not None and current.pending == "look"
        others = free if not going else free if self.switches and not looking else []
        ways: list[tuple[_Task | Event, str]] = []
        for task in (*first, *others):
            ways.append((task, OK))
            if self.faults:
                ways += [(task, fault) for fault in FAULTS[task.pending] if fault in self.model.allowed]
        if ways and self.happenings:
            ways += [(event, "") for event in self.events]
        return ways

    def _is_free(self, task: _Task) -> bool:
        """Whether it can go on: it does not wait for a lease that another one holds. A dead holder's is over."""
        if task.pending == "lock":
            return not task.actor.blocked()
        if task.pending != "lease" or not self.model.leases:
            return True
        held = (other.part.lease for other in self.tasks if other.leased and not other.done)
        return task.part.lease not in held

    def _take(self, who: _Task | Event, outcome: str) -> None:
        if isinstance(who, Event):
            self.trace.append(f"-- {who.name}")
            self.events.remove(who)
            self.happenings -= 1
            self.world.step()
            who.happen(self.world)
            return
        current = self.current
        if current is not None and not current.done and who is not current and self._is_free(current):
            self.switches -= 1
        self.current = who
        self.faults -= outcome != OK
        self.trace.append(f"{who.part.name}: {who.pending}{'' if outcome == OK else ' ' + outcome}")
        who.leased = who.leased or who.pending == "lease"
        if outcome == CRASH:
            for task in self.tasks:
                if task is who or (who.part.process and task.part.process == who.part.process):
                    task.actor.crashed = task.done = True
            return
        self.world.acting = who.actor
        effect = who.thread.switch(outcome)
        if who.thread.dead:
            who.done = True
        else:
            who.pending = effect

    def _judge_the_end(self) -> None:
        """Late requests arrive; then two dispatches without faults: now, and when every window has closed."""
        world = self.world
        world.deliver()
        known = self.model.settled()
        key = (*facts_of(world), *(self._told()))
        if key in known:
            return
        first, last = self._quiet("afterwards"), self._quiet("at the end")
        tick(self.model.final)(world, first)
        self.judge.after_open_tick(world.now, frozenset(self._kept_as_armed()))
        world.now += AFTERWARDS
        tick(self.model.final)(world, last)
        self.judge.at_end([*(task.actor for task in self.tasks), first, last], last)
        known[key] = ""

    def _quiet(self, name: str) -> Actor:
        def pause(_: Actor, effect: str) -> str:
            self.trace.append(f"{name}: {effect}")
            return OK

        return Actor(name, pause)

    def _told(self) -> Iterator[Any]:
        """What the judge of the end knows besides the state of the world."""
        for task in self.tasks:
            expired = (row.occurrence for row in task.actor.rows if row.state == "expired")
            yield (task.actor.crashed, task.actor.uncertain_write, *expired)
        yield tuple(sorted(self.judge.rang))
        yield tuple(sorted(self.world.wrote.items()))

    def _kept_as_armed(self) -> Iterator[str]:
        for name, armed in self.judge.armed().items():
            chosen = self.model.final.orders.get(name)
            if chosen is not None and chosen.spec == armed["spec"]:
                yield name


def everything(model: Model, *, first: tuple[int, ...] = (), limit: int | None = None) -> int:
    """Every schedule of a model that starts with ``first``, up to a limit; how many there were.

    RuntimeError when one does not repeat itself: something in it is not simulated, a clock or a thread.
    """
    path: list[int] = list(first)
    before: list[int] = []
    count = 0
    while limit is None or count < limit:
        widths: list[int] = []

        def choose(width: int) -> int:
            place = len(widths)  # noqa: B023 - used only in this turn of the loop
            if place < min(len(path), len(before)) and width != before[place]:  # noqa: B023 - as above
                raise RuntimeError(f"{model.name}: choice {place} has {width} ways, {before[place]} a run ago")  # noqa: B023
            widths.append(width)  # noqa: B023 - as above
            if place == len(path):
                path.append(0)
            return path[place]

        Run(model, choose).go()
        before = widths
        count += 1
        del path[len(widths) :]
        while len(path) > len(first) and path[-1] + 1 >= widths[len(path) - 1]:
            path.pop()
        if len(path) <= len(first):
            break
        path[-1] += 1
    return count


def starts(model: Model, depth: int) -> list[tuple[int, ...]]:
    """The ways in which a schedule can begin, each so many choices long at most: how work is shared out."""
    found: list[tuple[int, ...]] = [()]
    for _ in range(depth):
        found = [(*start, way) for start in found for way in range(_width_after(model, start))]
    return found


def _width_after(model: Model, start: tuple[int, ...]) -> int:
    """How many ways there are after these choices; one where the schedule makes no more choices."""
    widths: list[int] = []

    def choose(width: int) -> int:
        widths.append(width)
        return start[len(widths) - 1] if len(widths) <= len(start) else 0

    Run(model, choose).go()
    return widths[len(start)] if len(widths) > len(start) else 1


def walks(model: Model, *, seed: int, count: int) -> int:
    """Schedules drawn at random, with more going wrong in each; how many different ones."""
    wild = replace(
        model,
        switches=model.switches * 3,
        faults=model.faults + 3,
        happenings=len(model.events),
        _kept=model._kept,
    )
    randomness = random.Random(seed)  # noqa: S311 - a draw that can be repeated
    seen: set[bytes] = set()
    for _ in range(count):
        made: list[int] = []

        def choose(width: int) -> int:
            # Quiet ways are taken more often than not, or no run would ever get far.
            made.append(0 if randomness.random() < 0.7 else randomness.randrange(width))  # noqa: B023 - said above
            return made[-1]  # noqa: B023 - used only in this turn of the loop

        Run(wild, choose).go()
        seen.add(bytes(made))
    return len(seen)


def at(text: str) -> datetime:
    """An instant of the models' one day, 1 December 2026, in UTC."""
    return datetime.fromisoformat(f"2026-12-01T{text}").replace(tzinfo=UTC)
