"""Check what only the PostgreSQL store promises: its server, connection and table."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import traceback
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING

import psycopg
import pytest
from waiting import PATIENCE

from reconciler.errors import Conflict, StoreError
from reconciler.store import Store, Write, open_store, postgres_connection
from reconciler.store.postgres import PostgresStore

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from postgres_server import PostgresServer

HANG_UP_ALL = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'reconciler'"


@pytest.fixture
def url(postgres_server: PostgresServer) -> str:
    return postgres_server.url()


@pytest.fixture
def store(url: str, tmp_path: Path) -> Iterator[Store]:
    with open_store(url, root=tmp_path) as opened:
        yield opened


class Cable:
    """A loopback proxy that can be cut when a given word is on its way to the server, before or after it."""

    def __init__(self, port: int) -> None:
        self._target = port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.cut_at: bytes | None = None
        self.deliver = True
        self._threads = [threading.Thread(target=self._accept)]
        self._threads[0].start()

    def close(self) -> None:
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                for work in (self._there, self._back):
                    self._threads.append(threading.Thread(target=work, args=(client, server)))
                    self._threads[-1].start()

    def _there(self, client: socket.socket, server: socket.socket) -> None:
        with suppress(OSError):
            while data := client.recv(65536):
                if self.cut_at and self.cut_at in data:
                    self.cut_at = None
                    client.shutdown(socket.SHUT_RDWR)
                    if self.deliver:
                        server.sendall(data)
                    break
                server.sendall(data)
        with suppress(OSError):
            server.shutdown(socket.SHUT_WR)

    @staticmethod
    def _back(client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)


@contextmanager
def cable(server: PostgresServer, root: Path) -> Iterator[tuple[Cable, Store]]:
    with closing(Cable(server.port)) as between:
        url = server.url(port=between.port) + "&sslmode=disable&gssencmode=disable"
        with open_store(url, root=root) as store:
            store.put("before", {}, expected=None)
            yield between, store


def test_the_description_has_no_password(store: Store, postgres_server: PostgresServer) -> None:
    assert store.description == f"postgresql 127.0.0.1:{postgres_server.port}/postgres"


def test_a_connection_dropped_while_idle_is_not_noticed(store: Store, postgres_server: PostgresServer) -> None:
    entry = store.put("key", {"number": 1}, expected=None)
    postgres_server.execute(HANG_UP_ALL)
    assert store.get("key") == entry
    postgres_server.execute(HANG_UP_ALL)
    assert store.put("key", {"number": 2}, expected=entry.version) == store.get("key")


@pytest.mark.parametrize("delivered", [True, False])
@pytest.mark.parametrize("word", [b"COMMIT", b"INSERT", b"BEGIN"])
def test_a_connection_cut_in_a_claim_stores_it_exactly_once(
    postgres_server: PostgresServer, tmp_path: Path, word: bytes, *, delivered: bool
) -> None:
    with cable(postgres_server, tmp_path) as (between, store):
        between.deliver = delivered
        between.cut_at = word
        entry = store.put("call/1", {"claimed": True}, expected=None)
        assert not between.cut_at
        assert store.get("call/1") == entry
        with pytest.raises(Conflict):
            store.put("call/1", {"claimed": True}, expected=None)


def test_a_cut_that_cannot_be_settled_says_so(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres_connection, "RESTART_SECONDS", 0.1)
    with cable(postgres_server, tmp_path) as (between, store):
        between.cut_at = b"COMMIT"
        between._listener.shutdown(socket.SHUT_RDWR)
        with pytest.raises(StoreError, match="not known whether `call/1` was stored"):
            store.put("call/1", {"claimed": True}, expected=None)


def test_a_transaction_id_that_a_crashed_server_gave_to_another_proves_nothing(
    postgres_server: PostgresServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(PostgresStore, "_status", lambda *_: "committed")
    with cable(postgres_server, tmp_path) as (between, store):
        between.deliver = False
        between.cut_at = b"COMMIT"
        with pytest.raises(StoreError, match="not known whether `call/1` was stored"):
            store.put("call/1", {"claimed": True}, expected=None)
        assert store.get("call/1") is None


def test_a_transaction_id_that_is_still_to_come_stored_nothing(store: Store) -> None:
    assert isinstance(store, PostgresStore)
    assert store._status("1000000000") == "aborted"


def test_a_server_that_is_not_there_is_explained(tmp_path: Path) -> None:
    url = "postgresql://runner:hunter2@127.0.0.1:1/db"
    with pytest.raises(StoreError, match="refused") as caught:
        open_store(url, root=tmp_path)
    assert "server runs" in caught.value.hint
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_wrong_password_is_explained_and_not_repeated(url: str, tmp_path: Path) -> None:
    wrong = url.replace("s3cret", "hunter2")
    with pytest.raises(StoreError) as caught:
        open_store(wrong, root=tmp_path)
    assert "password authentication failed" in caught.value.message
    assert "hunter2" not in "".join(traceback.format_exception(caught.value))


def test_a_missing_database_is_explained(url: str, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="does not exist"):
        open_store(url.replace("/postgres?", "/nowhere?"), root=tmp_path)


def test_a_user_without_rights_is_explained(postgres_server: PostgresServer, url: str, tmp_path: Path) -> None:
    schema = url.rpartition("%3D")[2]
    postgres_server.execute("DROP ROLE IF EXISTS guest")
    postgres_server.execute("CREATE ROLE guest LOGIN PASSWORD 'guest'")
    postgres_server.execute(f"GRANT USAGE ON SCHEMA {schema} TO guest")
    address = url.rpartition("@")[2]
    with open_store(f"postgresql://guest:guest@{address}", root=tmp_path) as store:
        assert store.list() == []
        with pytest.raises(StoreError, match="does not let this user") as caught:
            store.put("key", {}, expected=None)
    assert "GRANT" in caught.value.hint.upper()
    postgres_server.execute(f"REVOKE ALL ON SCHEMA {schema} FROM guest")


def test_a_table_of_another_program_is_left_alone(postgres_server: PostgresServer, url: str, tmp_path: Path) -> None:
    schema = url.rpartition("%3D")[2]
    postgres_server.execute(f"CREATE TABLE {schema}.reconciler_state (mine text)")
    with pytest.raises(StoreError, match="is not ours"):
        open_store(url, root=tmp_path)


def test_the_table_of_a_newer_version_is_left_alone(
    postgres_server: PostgresServer, store: Store, url: str, tmp_path: Path
) -> None:
    store.put("key", {}, expected=None)
    schema = url.rpartition("%3D")[2]
    postgres_server.execute(f"COMMENT ON TABLE {schema}.reconciler_state IS 'reconciler state, format 2'")
    with pytest.raises(StoreError, match="format 2") as caught:
        open_store(url, root=tmp_path)
    assert "upgrade" in caught.value.hint


def test_opening_creates_nothing_and_the_first_write_does(store: Store, url: str) -> None:
    def tables() -> int:
        with psycopg.connect(url) as connection:
            row = connection.execute("SELECT to_regclass('reconciler_state') IS NOT NULL").fetchone()
            return int(row[0]) if row else 0

    assert tables() == 0
    store.put("key", {}, expected=None)
    assert tables() == 1


def test_writers_of_the_same_keys_in_other_orders_do_not_block_each_other(url: str, tmp_path: Path) -> None:
    keys = [f"key/{number}" for number in range(50)]
    done: list[int] = []

    def work(keys: list[str]) -> None:
        with open_store(url, root=tmp_path) as store:
            for _ in range(10):
                found = {entry.key: entry.version for entry in store.list()}
                with suppress(Conflict):
                    store.put_many([Write(key, {}, found.get(key)) for key in keys])
                    done.append(1)

    threads = [threading.Thread(target=work, args=(order,)) for order in (keys, keys[::-1], keys[25:] + keys[:25])]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert done


def test_without_the_driver_the_hint_says_what_to_install(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['psycopg'] = None\n"
        "from pathlib import Path\n"
        "from reconciler.errors import StoreError\n"
        "from reconciler.store import open_store\n"
        "try: open_store('postgresql://u:hunter2@127.0.0.1:1/db', root=Path())\n"
        "except StoreError as error: print(error.hint)\n"
    )
    answer = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert answer.stdout == "pip install 'thunderphone-reconciler[postgres]'\n"


def test_what_many_threads_write_meanwhile_shares_transactions(store: Store) -> None:
    store.put("warm", {}, expected=None)
    before = _transaction(store)
    with ThreadPoolExecutor(32) as pool:
        list(pool.map(lambda number: store.put(f"k/{number}", {"n": number}, expected=None), range(400)))
    assert len(store.list("k/")) == 400
    assert _transaction(store) - before < 200


def _transaction(store: Store) -> int:
    assert isinstance(store, PostgresStore)
    row = store._connection.execute("SELECT pg_current_xact_id()::text").fetchone()
    return int(row[0]) if row else 0


def test_whoever_listens_hears_of_writes_that_wake_and_of_no_others(url: str, store: Store, tmp_path: Path) -> None:
    heard = threading.Semaphore(0)
    listener = store.listen(heard.release)
    assert listener is not None
    assert heard.acquire(timeout=PATIENCE)  # it is connected: what was said before is to be looked for
    with open_store(url, root=tmp_path) as other:
        other.put("quiet", {}, expected=None)
        other.put_many([Write("loud", {}, None, wakes=True)])
        assert heard.acquire(timeout=PATIENCE)
    listener.close()
    assert not heard.acquire(blocking=False)
