"""Check what only the SQLite store promises: its file, folder and journal."""

from __future__ import annotations

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from reconciler.errors import Conflict, StoreError
from reconciler.store import Write, open_store
from reconciler.store.request import TextRequest
from reconciler.store.sqlite import SqliteStore
from store.git_repository import everything_in

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.store import Store

URL = "sqlite:.reconciler/state.db"
DIES_WITHIN_A_WRITE = """
import os, signal, sqlite3, sys
connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 5")
connection.execute("BEGIN IMMEDIATE")
connection.execute("UPDATE entries SET value = 'half written'")
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """A store with 2,000 entries, closed."""
    with open_store(URL, root=tmp_path) as store:
        store.put_many([Write(f"key/{number}", {"text": "x" * 1000}) for number in range(2000)])
    return tmp_path / ".reconciler" / "state.db"


def test_the_folder_keeps_itself_out_of_git(file: Path) -> None:
    assert (file.parent / ".gitignore").read_text() == "*\n"
    assert sorted(path.name for path in file.parent.iterdir()) == [".gitignore", "state.db"]


def test_a_folder_of_the_users_is_not_hidden_from_git(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    open_store("sqlite:shared/state.db", root=tmp_path).close()
    open_store("sqlite:state.db", root=tmp_path).close()
    assert not list(tmp_path.rglob(".gitignore"))


def test_an_absolute_path_is_taken_as_it_is(tmp_path: Path) -> None:
    open_store(f"sqlite:{tmp_path}/else where/100%?#.db", root=tmp_path / "project").close()
    assert (tmp_path / "else where" / "100%?#.db").is_file()


def test_reading_makes_no_file_and_no_folder(tmp_path: Path) -> None:
    with open_store(URL, root=tmp_path / "missing", read_only=True) as store:
        assert store.list() == []
    assert list(tmp_path.iterdir()) == []


def test_reading_changes_no_byte(file: Path) -> None:
    before = everything_in(file.parent)
    with open_store(URL, root=file.parents[1], read_only=True) as store:
        assert len(store.list()) == 2000
        assert everything_in(file.parent) == before
    assert everything_in(file.parent) == before


def test_a_write_that_died_half_way_is_undone_for_a_reader_that_may_not_touch_the_file(file: Path) -> None:
    died = subprocess.run([sys.executable, "-c", DIES_WITHIN_A_WRITE, file], check=False)
    assert died.returncode == -signal.SIGKILL
    before = everything_in(file.parent)
    assert "state.db-journal" in before
    with open_store(URL, root=file.parents[1], read_only=True) as store:
        assert {entry.value["text"][:1] for entry in store.list()} == {"x"}
        assert len(store.list()) == 2000
    assert everything_in(file.parent) == before
    with open_store(URL, root=file.parents[1]) as store:
        assert {entry.value["text"][:1] for entry in store.list()} == {"x"}


@pytest.mark.parametrize("read_only", [True, False])
def test_a_file_that_is_no_database_is_left_alone(tmp_path: Path, *, read_only: bool) -> None:
    (tmp_path / "state.db").write_text("name: not a database\n" * 100)
    with pytest.raises(StoreError, match="is not a database") as caught:
        open_store("sqlite:state.db", root=tmp_path, read_only=read_only)
    assert caught.value.code == "RC500"
    assert caught.value.hint
    assert (tmp_path / "state.db").read_text().startswith("name: not")


@pytest.mark.parametrize("read_only", [True, False])
def test_the_database_of_another_program_is_left_alone(tmp_path: Path, *, read_only: bool) -> None:
    with closing(sqlite3.connect(tmp_path / "state.db")) as connection:
        connection.execute("CREATE TABLE entries (something TEXT)")
    with pytest.raises(StoreError, match="belongs to another program"):
        open_store("sqlite:state.db", root=tmp_path, read_only=read_only)


@pytest.mark.parametrize("read_only", [True, False])
def test_the_file_of_a_newer_version_is_left_alone(file: Path, *, read_only: bool) -> None:
    with closing(sqlite3.connect(file)) as connection:
        connection.execute("PRAGMA user_version = 7")
    with pytest.raises(StoreError, match="format 7") as caught:
        open_store(URL, root=file.parents[1], read_only=read_only)
    assert "upgrade" in caught.value.hint


def test_a_damaged_file_is_explained(file: Path) -> None:
    size = file.stat().st_size
    with file.open("r+b") as raw:
        raw.seek(4096)
        raw.write(os.urandom(size - 4096))
    with open_store(URL, root=file.parents[1], read_only=True) as store, pytest.raises(StoreError) as caught:
        store.list()
    assert "damaged" in caught.value.message
    assert "backup" in caught.value.hint


def test_a_folder_in_the_place_of_the_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "state.db").mkdir()
    with pytest.raises(StoreError, match="cannot be opened"):
        open_store("sqlite:state.db", root=tmp_path)


def test_a_file_in_the_place_of_the_folder_is_explained(tmp_path: Path) -> None:
    (tmp_path / ".reconciler").touch()
    with pytest.raises(StoreError, match="cannot be used"):
        open_store(URL, root=tmp_path)


def test_a_full_disk_is_explained_and_loses_nothing(file: Path) -> None:
    with open_store(URL, root=file.parents[1]) as store:
        store._connection.execute("PRAGMA max_page_count = 1")  # type: ignore[attr-defined]
        with pytest.raises(StoreError, match="disk is full"):
            store.put("big", {"text": "x" * 100_000}, expected=None)
        assert len(store.list()) == 2000


def test_a_store_that_stays_busy_is_explained(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("reconciler.store.sqlite.BUSY_SECONDS", 0.05)
    with closing(sqlite3.connect(file, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        with open_store(URL, root=file.parents[1]) as store:
            with pytest.raises(StoreError, match="busy") as caught:
                store.put("key", {}, expected=None)
            assert len(store.list()) == 2000
    assert "another process" in caught.value.hint


def test_a_value_damaged_by_hand_is_named_by_its_key(file: Path) -> None:
    with closing(sqlite3.connect(file, isolation_level=None)) as connection:
        connection.execute("UPDATE entries SET value = 'oops' WHERE key = 'key/7'")
    with open_store(URL, root=file.parents[1], read_only=True) as store:
        with pytest.raises(StoreError, match="`key/7` is not a JSON object"):
            store.get("key/7")
        assert store.get("key/8") is not None


def test_ten_thousand_writes_are_one_transaction_with_many_in_each_statement(tmp_path: Path) -> None:
    writes = [Write(f"call/{number}", {"state": "armed", "number": number}) for number in range(10_000)]
    with open_store(URL, root=tmp_path) as store:
        statements = counted(store)
        entries = store.put_many(writes)
        store.put_many([Write(entry.key, None, entry.version) for entry in entries])
    each = {"SELECT": 2 * 12, "REPLACE": 34, "DELETE": len(writes)}
    assert statements == {**each, "BEGIN": 2, "COMMIT": 2}


def counted(store: Store) -> Counter[str]:
    """The statements from now on, by their first word."""
    statements = Counter[str]()
    assert isinstance(store, SqliteStore)
    assert store._connection is not None
    store._connection.set_trace_callback(lambda text: statements.update([text.split()[0]]))
    return statements


def test_what_threads_write_at_once_is_one_transaction_with_one_look(tmp_path: Path) -> None:
    with open_store(URL, root=tmp_path) as store:
        kept = store.put("call/kept", {}, expected=None)
        statements = counted(store)
        batch = [TextRequest([Write(f"call/{number}", {"number": number})]) for number in range(40)]
        lost = TextRequest([Write("call/40", {}), Write("call/kept", {})])
        again = TextRequest([Write("call/1", {"number": -1})])
        assert isinstance(store, SqliteStore)
        store._commit_all([*batch, lost, again])
        assert statements == {"BEGIN": 2, "SELECT": 2, "REPLACE": 1, "COMMIT": 2}  # a second one to a key waits
        assert all(request.finished and request.error is None for request in batch)
        assert [type(request.error) for request in (lost, again)] == [Conflict, Conflict]
        assert store.get("call/40") is None
        assert store.get("call/kept") == kept
        assert {it.key: it for it in store.list("call/")} == {
            it.key: it for it in [kept, *(entry for request in batch for entry in request.entries())]
        }


def test_an_empty_file_is_an_empty_store(tmp_path: Path) -> None:
    (tmp_path / "state.db").touch()
    with open_store("sqlite:state.db", root=tmp_path, read_only=True) as store:
        assert store.list() == []
    with open_store("sqlite:state.db", root=tmp_path) as store:
        store.put("key", {}, expected=None)
    with open_store("sqlite:state.db", root=tmp_path, read_only=True) as store:
        assert len(store.list()) == 1
