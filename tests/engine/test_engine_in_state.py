"""Steps that write to the state alone: as few commits as can be, and nothing lost where one of them conflicts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast

from reconciler.apply.in_state import taken_together
from reconciler.contract.kind import Kind
from reconciler.errors import Conflict, StoreError
from reconciler.model import Action, Address, Change, Observed
from reconciler.planning.steps import Step, Verb

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.contract.account import Context, Look

NO_CONTEXT = cast("Context", None)


class Notes(Kind):
    """A kind in the state; another run has written some of its names, and the disk may be full."""

    name = "Note"
    spec = cast("Any", None)
    kept_in_state = True

    def __init__(self, *, taken: frozenset[str] = frozenset(), full: bool = False) -> None:
        self.taken, self.full = taken, full
        self.commits: list[int] = []
        self.asked = 0

    def observe(self, look: Look) -> Iterable[Observed]:
        return ()

    def record_all(self, changes: Sequence[Change], context: Context) -> Sequence[Observed | None]:
        self.asked += 1
        if self.full:
            raise StoreError("the disk is full")
        if any(change.address.name in self.taken for change in changes):
            raise Conflict("another run wrote it")
        self.commits.append(len(changes))
        return [Observed("Note", change.address.name, {}) for change in changes]


def wave(count: int, verb: Verb = Verb.CREATE) -> list[Step]:
    return [Step(Change(Address("Note", f"n{n:05}"), Action.CREATE, "missing", ""), verb) for n in range(count)]


def take(kind: Notes, steps: list[Step], held_back: frozenset[str] = frozenset()) -> tuple[list[str], list[str]]:
    """The names that were done, and those that are left."""
    done: list[str] = []
    left = taken_together(
        steps,
        {"Note": kind},
        NO_CONTEXT,
        free=lambda step: step.change.address.name not in held_back,
        begun=lambda _: None,
        done=lambda change, _: done.append(change.address.name),
    )
    return done, [step.change.address.name for step in left]


def test_twelve_thousand_are_stored_in_three_commits() -> None:
    kind = Notes()
    done, left = take(kind, wave(12_000))
    assert (len(done), left, kind.commits) == (12_000, [], [5_000, 5_000, 2_000])


def test_one_that_another_run_wrote_first_leaves_only_its_neighbours_for_single_takes() -> None:
    kind = Notes(taken=frozenset({"n01234"}))
    done, left = take(kind, wave(5_000))
    assert "n01234" in left
    assert len(left) <= 64
    assert sorted(done + left) == [step.change.address.name for step in wave(5_000)]


def test_where_nothing_can_be_stored_every_step_is_left_and_the_store_is_asked_once() -> None:
    kind = Notes(full=True)
    done, left = take(kind, wave(1_000))
    assert (done, len(left), kind.asked) == ([], 1_000, 1)


def test_what_is_held_back_or_is_no_write_is_left() -> None:
    held_back = frozenset({"n00007"})
    assert take(Notes(), wave(100), held_back)[1] == ["n00007"]
    assert len(take(Notes(), wave(100, Verb.UNPROTECT))[1]) == 100
