"""What threads that write at the same time may expect of each other."""

from __future__ import annotations

import linecache
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from threading import get_ident
from typing import TYPE_CHECKING, Any

import pytest
from waiting import PATIENCE, until

from reconciler.store import group_commit
from reconciler.store.group_commit import Fairness, GroupCommit, _Waiter

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import FrameType


class Wish:
    """Something to commit."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.finished = False


class Commits:
    """What was committed together; ``during`` is done in the course of a commit."""

    def __init__(self, during: Callable[[str], None]) -> None:
        self.batches: list[str] = []
        self._during = during

    def __call__(self, wishes: list[Wish]) -> None:
        names = "".join(sorted(wish.name for wish in wishes))
        self.batches.append(names)
        try:
            self._during(names)
        finally:
            for wish in wishes:
                wish.finished = True


def until_waiting(group: GroupCommit[Wish], count: int) -> None:
    until(lambda: len(group._waiting) >= count, f"{count} that wait")


def test_what_is_asked_for_during_a_commit_goes_together_into_the_next() -> None:
    asked: list[Future[None]] = []

    def during(names: str) -> None:
        if names == "a":
            asked.extend(threads.submit(group.commit, Wish(name)) for name in "bcde")
            until_waiting(group, 4)

    commits = Commits(during)
    group = GroupCommit(commits)
    with ThreadPoolExecutor(5) as threads:
        group.commit(Wish("a"))
        for future in asked:
            future.result(PATIENCE)
    assert commits.batches == ["a", "bcde"]


def test_whose_write_is_stored_does_not_wait_for_the_next_commit() -> None:
    asked: dict[str, Future[None]] = {}

    def ask(*names: str) -> None:
        asked.update({name: threads.submit(group.commit, Wish(name)) for name in names})
        until_waiting(group, len(names))

    def during(names: str) -> None:
        match names:
            case "a":
                ask("b", "c")
            case "bc":
                ask("d")
            case "d":
                for name in "bc":
                    asked[name].result(PATIENCE)

    group = GroupCommit(Commits(during))
    with ThreadPoolExecutor(5) as threads:
        group.commit(Wish("a"))
        for name in "bcd":
            asked[name].result(PATIENCE)


def test_an_interrupted_commit_leaves_the_turn_to_the_next() -> None:
    def during(names: str) -> None:
        if names == "a":
            raise KeyboardInterrupt

    commits = Commits(during)
    group = GroupCommit(commits)
    with pytest.raises(KeyboardInterrupt):
        group.commit(Wish("a"))
    group.commit(Wish("b"))
    assert commits.batches == ["a", "b"]


def test_commits_in_a_row_leave_a_stranger_the_time_for_one_of_theirs() -> None:
    fairness, now, rooms = Fairness(), 100.0, []
    for _ in range(8):
        rooms.append(fairness.room(now))
        began = now + rooms[-1]
        now = began + 0.2
        fairness.committed(began, now)
    assert rooms[:4] == [0.0] * 4
    assert rooms[4:] == pytest.approx([0.4] * 4)


def test_a_commit_after_a_pause_waits_for_nobody() -> None:
    fairness = Fairness()
    for second in range(100, 120):
        assert fairness.room(float(second)) == 0.0
        fairness.committed(float(second), second + 0.2)


def test_the_room_for_others_has_an_end_where_commits_take_long() -> None:
    fairness = Fairness(ended=100.0, took=60.0, in_a_row=9)
    assert fairness.room(100.0) == 3.0


def test_each_thread_is_woken_once_however_many_commits_there_are() -> None:
    """What a burst of calls pays for each write: a condition woke every thread that waited with every commit."""
    woken: list[tuple[str, int]] = []
    own: dict[str, int] = {}
    asked: list[Future[None]] = []

    class Told(Wish):
        """Says when a thread looks whether it is finished: once it is woken."""

        def __init__(self, name: str) -> None:
            self._finished = False
            super().__init__(name)

        @property
        def finished(self) -> bool:
            woken.append((self.name, get_ident()))
            return self._finished

        @finished.setter
        def finished(self, value: bool) -> None:
            self._finished = value

    def ask(name: str) -> None:
        own[name] = get_ident()
        group.commit(Told(name))

    def during(names: str) -> None:
        if names == "a":
            asked.extend(threads.submit(ask, name) for name in "bcde")
            until_waiting(group, 4)

    group = GroupCommit(Commits(during))
    with ThreadPoolExecutor(5) as threads:
        group.commit(Told("a"))
        for future in asked:
            future.result(PATIENCE)
    # Each looks once when it is woken, and once when it leaves; the one that commits twice when it tells the others.
    assert sorted(woken.count((name, own[name])) for name in "bcde") == [2, 2, 2, 3]


@pytest.mark.parametrize(
    ("function", "text"),
    [
        ("_commit_waiting", "self._commit("),
        ("_tell", "waiting = {"),
        ("_tell", "it.called.release()"),
        ("_leave", "waiter.gone = True"),
        ("_leave", "self._call_next()"),
        ("_call_next", "self._leader.called.release()"),
    ],
)
def test_an_interrupt_at_any_line_of_the_turn_leaves_nobody_waiting(function: str, text: str) -> None:
    """What was asked for is committed, once, by whoever is there: the second to commit is interrupted at that line."""
    asked: dict[str, Future[None]] = {}

    def ask(names: str) -> None:
        for waiting, name in enumerate(names, 1):
            asked[name] = threads.submit(interrupted if name == "a" else group.commit, Wish(name))
            until_waiting(group, waiting)

    def interrupted(wish: Wish) -> None:
        sys.settrace(partial(_interrupt, function, text))
        try:
            with pytest.raises(KeyboardInterrupt):
                group.commit(wish)
        finally:
            sys.settrace(None)

    commits = Commits(lambda names: ask("abc") if names == "x" else ask("e") if names == "abc" else None)
    group: GroupCommit[Wish] = GroupCommit(commits)
    with ThreadPoolExecutor(5) as threads:
        group.commit(Wish("x"))
        for future in [asked[name] for name in "abc"]:
            future.result(PATIENCE)
        group.commit(Wish("f"))
        asked.get("e", asked["a"]).result(PATIENCE)
    assert sorted("".join(commits.batches).replace("e", "")) == list("abcfx")


def _interrupt(function: str, text: str, frame: FrameType, event: str, _: object) -> Any:
    """Raise KeyboardInterrupt once, where the named function is about to run the line with that text."""
    if frame.f_code.co_name != function or frame.f_code.co_filename != group_commit.__file__:
        return partial(_interrupt, function, text)
    if event == "line" and text in linecache.getline(frame.f_code.co_filename, frame.f_lineno):
        sys.settrace(None)
        frame.f_trace = None
        raise KeyboardInterrupt
    return partial(_interrupt, function, text)


def test_who_was_interrupted_while_he_waited_is_not_called_to_commit() -> None:
    """The turn goes to one who is there; what was asked for by the other is committed all the same."""
    group: GroupCommit[Wish] = GroupCommit(Commits(lambda _: None))
    commits = group._commit
    left, stays = _Waiter(Wish("a")), Wish("b")
    group._waiting.append(left)
    group._leave(left)
    group.commit(stays)
    assert isinstance(commits, Commits)
    assert commits.batches == ["ab"]


def test_who_is_interrupted_when_it_is_called_to_commit_passes_the_turn_on() -> None:
    commits = Commits(lambda _: None)
    group: GroupCommit[Wish] = GroupCommit(commits)
    first = _Waiter(Wish("a"))
    group._waiting.append(first)
    group._call_next()
    with ThreadPoolExecutor(1) as threads:
        second = threads.submit(group.commit, Wish("b"))
        until_waiting(group, 2)
        group._leave(first)  # as an interrupt does between the call and the commit
        second.result(PATIENCE)
    assert commits.batches == ["ab"]
