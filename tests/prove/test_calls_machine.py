from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import TYPE_CHECKING

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from prove.actors import apply, cancel, document, hold, hold_all, keys_of, manifests, settle_by_list, tick
from prove.explore import at
from prove.judge import Judge
from prove.world import CRASH, FAULTS, OK, Actor, World
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Callable

    from prove.actors import Manifests

_AT = "at: 2026-12-01T18:00:00Z"
_TWICE = "attempts: {max: 2, gap: 10m}"
_VERSIONS: tuple[Manifests, ...] = (
    manifests(document("confirm", _AT, late="1h", more=_TWICE), document("other", _AT, to="+14155550188")),
    manifests(document("confirm", _AT, late="1h", more=f"{_TWICE}\n  variables: {{time: noon}}")),
    manifests(document("confirm", "at: 2026-12-01T18:20:00Z", late="1h", more=_TWICE)),
    manifests(document("confirm", _AT, late="1h", more=_TWICE), file="elsewhere.yaml"),
    manifests(),
)
_KEYS = keys_of(("confirm", "other"), (), 3)
_NAMES = st.sampled_from(("confirm", "other"))
_VERSION = st.sampled_from(_VERSIONS)
_SKEW = st.sampled_from((0.0, 29.0, -29.0))


class _Fate(Exception):
    """The process died here."""


class ScheduledCalls(RuleBasedStateMachine):
    """Runs of the tool one after the other on one world, each with at most one thing going wrong in it."""

    @initialize(answered=st.booleans(), version=st.sampled_from(_VERSIONS[:4]))
    def begin(self, answered: bool, version: Manifests) -> None:  # noqa: FBT001 - drawn
        self.world = World(at("17:50:00"))
        self.world.answered = answered
        self.world.callee = "+14155550199"
        self.judge = Judge(self.world, _KEYS)
        self.actors: list[Actor] = []
        self.version = version
        self._run(apply(version), 0.0, None, "")

    def _run(self, program: Callable[[World, Actor], None], skew: float, moment: int | None, fault: str) -> Actor:
        """One run; at its ``moment``-th effect the fault happens, where that effect can fail so."""
        count = 0

        def pause(actor: Actor, effect: str) -> str:
            nonlocal count
            count += 1
            if count - 1 != moment or fault not in FAULTS[effect]:
                return OK
            if fault == CRASH:
                actor.crashed = True
                raise _Fate
            return fault

        actor = Actor(f"run {len(self.actors)}", pause, skew)
        self.actors.append(actor)
        with suppress(_Fate, ReconcilerError):
            program(self.world, actor)
            actor.at("report")
        return actor

    @rule(skew=_SKEW, moment=st.integers(0, 25), fault=st.sampled_from(sorted({f for k in FAULTS.values() for f in k})))
    def dispatch_with_a_fault(self, skew: float, moment: int, fault: str) -> None:
        self._run(tick(self.version), skew, moment, fault)

    @rule(skew=_SKEW)
    def dispatch(self, skew: float) -> None:
        self._run(tick(self.version), skew, None, "")

    @rule(version=_VERSION)
    def dispatch_from_another_checkout(self, version: Manifests) -> None:
        self._run(tick(version), 0.0, None, "")

    @rule(version=_VERSION, moment=st.none() | st.integers(0, 6))
    def apply_a_commit(self, version: Manifests, moment: int | None) -> None:
        self.version = version
        self._run(apply(version), 0.0, moment, CRASH)

    @rule(name=_NAMES, why=st.sampled_from(("by hand", "")))
    def hold_or_release(self, name: str, why: str) -> None:
        self._run(hold(name, why), 0.0, None, "")

    @rule()
    def hold_everything(self) -> None:
        self._run(hold_all, 0.0, None, "")

    @rule(name=_NAMES)
    def cancel_by_hand(self, name: str) -> None:
        self._run(cancel(name), 0.0, None, "")

    @rule(name=_NAMES)
    def resolve(self, name: str) -> None:
        self._run(settle_by_list(self.version, name), 0.0, None, "")

    @rule(minutes=st.sampled_from((1, 5, 10, 12, 25)))
    def time_passes(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)

    @rule()
    def late_requests_arrive(self) -> None:
        self.world.deliver()

    @precondition(lambda self: not self.world.rings)
    @rule()
    def the_store_is_lost(self) -> None:
        self.world.lose_store()

    @invariant()
    def nobody_was_rung_twice(self) -> None:
        rung = [ring.key for ring in getattr(self, "world", World(at("17:50:00"))).rings]
        assert len(rung) == len(set(rung))

    def teardown(self) -> None:
        if not hasattr(self, "world"):
            return
        self.world.deliver()
        self.world.now = max(self.world.now, at("18:00:00")) + timedelta(hours=8)
        last = self._run(tick(self.version), 0.0, None, "")
        self.judge.at_end(self.actors, last)


TestScheduledCalls = ScheduledCalls.TestCase
TestScheduledCalls.settings = settings(max_examples=150, stateful_step_count=25)
