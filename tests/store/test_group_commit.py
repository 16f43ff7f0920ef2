"""What threads that write at the same time may expect of each other."""

from __future__ import annotations

from concurrent.futures import Future, ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from waiting import PATIENCE, until

from reconciler.store.group_commit import Fairness, GroupCommit

if TYPE_CHECKING:
    from collections.abc import Callable


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
