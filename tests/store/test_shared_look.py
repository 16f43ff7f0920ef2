"""Looks that threads share: never one that began before somebody asked."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import TYPE_CHECKING

import pytest
from waiting import until

from reconciler.errors import StoreError
from reconciler.state.ledger import Ledger
from reconciler.store import open_store
from reconciler.store.shared_look import SharedLook
from reconciler.store.sqlite import SqliteStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from concurrent.futures import Future
    from pathlib import Path


class Looks:
    """Numbers the looks; the first goes on once it is let, and begins before that, or only then."""

    def __init__(self, *, first_fails: bool = False, waits_its_turn: bool = False) -> None:
        self.begun, self.let = Event(), Event()
        self.first_fails, self.waits_its_turn = first_fails, waits_its_turn
        self.count = 0

    def __call__(self, begun: Callable[[], None]) -> int:
        self.count += 1
        number = self.count
        if number == 1:
            self.begun.set()
            assert self.let.wait(60)
            if self.waits_its_turn:
                begun()
            if self.first_fails:
                raise StoreError("cannot be reached")
        return number


@pytest.fixture
def threads() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(4) as pool:
        yield pool


def three_ask_during_the_first(threads: ThreadPoolExecutor, looks: Looks) -> tuple[Future[int], list[Future[int]]]:
    """What the one who looks finds, and what those find who ask while he does."""
    shared = SharedLook(looks)
    first = threads.submit(shared.now)
    assert looks.begun.wait(60)
    others = [threads.submit(shared.now) for _ in range(3)]
    until(lambda: shared.asked == 4, "everybody to have asked")
    looks.let.set()
    return first, others


def test_all_who_ask_during_a_look_are_served_by_the_next_one(threads: ThreadPoolExecutor) -> None:
    looks = Looks()
    first, others = three_ask_during_the_first(threads, looks)
    assert (first.result(), [each.result() for each in others], looks.count) == (1, [2, 2, 2], 2)


def test_all_who_ask_while_a_look_waits_for_its_turn_are_served_by_it(threads: ThreadPoolExecutor) -> None:
    looks = Looks(waits_its_turn=True)
    first, others = three_ask_during_the_first(threads, looks)
    assert (first.result(), [each.result() for each in others], looks.count) == (1, [1, 1, 1], 1)


def test_the_ledger_looks_once_for_all_who_ask_during_a_commit(threads: ThreadPoolExecutor, tmp_path: Path) -> None:
    with open_store("sqlite:state.db", root=tmp_path) as store:
        assert isinstance(store, SqliteStore)
        ledger, looked = Ledger(store, "42"), Counter[str]()
        assert store._connection is not None
        store._connection.set_trace_callback(lambda text: looked.update([text]))
        with store._lock:  # as a commit holds it
            asking = [threads.submit(ledger.refresh) for _ in range(4)]
            until(lambda: ledger._others.asked == 4, "everybody to have asked")
        for each in asking:
            each.result(60)
    assert looked == {"PRAGMA data_version": 1}


def test_who_asks_after_a_look_is_served_by_one_of_his_own() -> None:
    looks = Looks()
    looks.let.set()
    shared = SharedLook(looks)
    assert [shared.now(), shared.now()] == [1, 2]


def test_what_a_look_raises_is_for_who_looked_and_the_others_look_again(threads: ThreadPoolExecutor) -> None:
    looks = Looks(first_fails=True)
    first, others = three_ask_during_the_first(threads, looks)
    with pytest.raises(StoreError, match="cannot be reached"):
        first.result()
    assert [each.result() for each in others] == [2, 2, 2]
