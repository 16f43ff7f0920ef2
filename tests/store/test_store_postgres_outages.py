"""A PostgreSQL server that is restarted, stopped for a while, or hangs, under a store that is in use."""

from __future__ import annotations

import signal
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from postgres_server import PostgresServer, running_server

from reconciler.errors import StoreError
from reconciler.store import Store, Write, open_store, postgres_connection

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from reconciler.store import Entry

RESTARTS = pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT], ids=["in order", "as in a crash"])


@pytest.fixture(scope="module")
def own_server() -> Iterator[PostgresServer]:
    with running_server() as server:
        yield server


@pytest.fixture
def store(own_server: PostgresServer, tmp_path: Path) -> Iterator[Store]:
    with open_store(own_server.url(), root=tmp_path) as opened:
        yield opened


@RESTARTS
def test_a_server_that_is_restarted_in_the_middle_costs_no_write_and_makes_none_twice(
    store: Store, own_server: PostgresServer, how: signal.Signals
) -> None:
    def written(key: str) -> list[Entry]:
        return [store.put(f"{key}/{number}", {"number": number}, expected=None) for number in range(40)]

    with ThreadPoolExecutor(4) as pool:
        running = [pool.submit(written, f"call-{number}") for number in range(4)]
        own_server.restart(how)
        entries = [entry for it in running for entry in it.result()]
    assert sorted(entries, key=lambda it: it.key) == store.list("call-")


def test_a_server_that_stays_away_is_told_once_waited_for_and_at_once_from_then_on(
    store: Store, own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "RESTART_SECONDS", 0.5)
    entry = store.put("key", {"number": 1}, expected=None)
    own_server.stop()
    try:
        for _ in range(3):
            with pytest.raises(StoreError, match="refused"):
                store.get("key")
            with pytest.raises(StoreError):
                store.put("key", {"number": 2}, expected=entry.version)
    finally:
        own_server.start()
    assert store.get("key") == entry
    assert store.put("key", {"number": 2}, expected=entry.version).value == {"number": 2}


def test_a_server_that_says_nothing_is_given_up_and_used_again_when_it_speaks(
    store: Store, own_server: PostgresServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry = store.put("key", {"number": 1}, expected=None)
    monkeypatch.setattr(postgres_connection.BoundedConnection, "longest_silence", 0.3)
    monkeypatch.setattr(postgres_connection, "RESTART_SECONDS", 0.1)
    monkeypatch.setitem(postgres_connection.DEFAULTS, "connect_timeout", "2")
    with own_server.frozen():
        with pytest.raises(StoreError):
            store.get("key")
        with pytest.raises(StoreError):
            store.put_many([Write("key", {"number": 2}, entry.version)])
    monkeypatch.undo()
    assert store.get("key") == entry
