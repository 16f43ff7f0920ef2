"""State in one SQLite file: the default, with nothing to set up.

A rollback journal rather than WAL: a reader then creates no side files, so a read-only command can keep its
promise, and the file may lie on a mounted volume. `synchronous=EXTRA` also syncs the directory after the
journal is gone, without which a power cut could undo a claim that was already acted on. What several threads
write while one transaction is synced goes together into the next, so that the syncs are shared.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
import threading
from contextlib import contextmanager
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from reconciler import distribution
from reconciler.documents import own_folder
from reconciler.errors import StoreError
from reconciler.store.group_commit import GroupCommit
from reconciler.store.interface import (
    Entry,
    Store,
    check_key,
    check_writes,
    closed_on_error,
    read,
    refuse_to_write,
    uncollected,
)
from reconciler.store.request import TextRequest, all_finished, choose, finish

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.store.interface import Entries, Write

APPLICATION_ID = 0x52434E43  # "RCNC", so that another program's database is not taken for ours
FORMAT = 1
BUSY_SECONDS = 30.0
_AT_ONCE = 900  # values of one statement; old versions of SQLite take 999
SCHEMA = (
    "CREATE TABLE entries (key TEXT PRIMARY KEY, value TEXT NOT NULL, version TEXT NOT NULL) WITHOUT ROWID",
    f"PRAGMA application_id = {APPLICATION_ID}",
    f"PRAGMA user_version = {FORMAT}",
)
RESTORE = "restore it from a backup, or move it away and run `plan`: what can be found again by name is"

Item = TypeVar("Item")

COMPLAINTS: dict[int, tuple[str, str]] = {
    sqlite3.SQLITE_NOTADB: ("is not a database", "name another file in `state`, or move this one away"),
    sqlite3.SQLITE_CORRUPT: ("is damaged", RESTORE),
    sqlite3.SQLITE_FULL: ("cannot grow: the disk is full", "make room and run the command again"),
    sqlite3.SQLITE_READONLY: ("may not be written", "check the permissions of the file and of its folder"),
    sqlite3.SQLITE_PERM: ("may not be opened", "check the permissions of the file and of its folder"),
    sqlite3.SQLITE_CANTOPEN: (
        "cannot be opened",
        "check that it is a file and that its folder may be written",
    ),
    sqlite3.SQLITE_BUSY: (
        f"was busy for {BUSY_SECONDS:.0f} seconds",
        "another process holds it: wait for it to end and run the command again",
    ),
    sqlite3.SQLITE_IOERR: ("cannot be read or written: input/output error", "check the disk it lies on"),
}


class SqliteStore(Store):
    """One file, one connection shared by the threads of the process, one writer at a time among processes."""

    is_cheap_to_watch = True
    is_quick = True

    def __init__(self, root: Path, path: str, *, read_only: bool = False) -> None:
        self.description = f"sqlite {path}"
        self._path = root / path
        self._read_only = read_only
        self._lock, self._door = threading.Lock(), threading.Lock()
        self._commits = GroupCommit(self._commit_all)
        self._snapshot: tempfile.TemporaryDirectory[str] | None = None
        self._connection: sqlite3.Connection | None = None
        with closed_on_error(self):
            self._connection = self._open()

    def get(self, key: str) -> Entry | None:
        """The entry, or None when there is none."""
        rows = self._read("SELECT key, value, version FROM entries WHERE key = ?", check_key(key))
        return rows[0] if rows else None

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> Entries:
        """Every entry whose key starts with ``prefix``, sorted by key."""
        # A range over the primary key instead of LIKE: no escapes, and the index is used.
        query = "SELECT key, value, version FROM entries WHERE key >= ? AND substr(key, 1, ?) = ? ORDER BY key"
        if not prefix:
            return self._read("SELECT key, value, version FROM entries ORDER BY key", known=known)
        return self._read(query, prefix, len(prefix), prefix, known=known)

    def refresh(self) -> str | None:
        """A mark of what other connections have committed: SQLite's own ``data_version``."""
        return self.look(lambda: None)

    def look(self, begun: Callable[[], None]) -> str | None:
        """As ``refresh``; a commit that is under way is waited for first."""
        if self._connection is None:
            return None
        with self._alone(), self._explained():
            begun()
            return str(_pragma(self._connection, "data_version"))

    def put_many(self, writes: Sequence[Write]) -> Entries:
        """All the writes or none, in one durable commit."""
        if self._read_only or self._connection is None:
            raise refuse_to_write(self.description)
        check_writes(writes)
        request = TextRequest(writes)
        self._commits.commit(request)
        if request.error is not None:
            raise request.error
        return request.entries()

    def _commit_all(self, batch: Sequence[TextRequest]) -> None:
        """Settle the requests: what threads write while one transaction is synced shares the syncs of the next."""
        with all_finished(batch, self.description):
            while any(not request.finished for request in batch):
                finish(self._commit(batch))

    def _commit(self, batch: Sequence[TextRequest]) -> Sequence[TextRequest]:
        """One transaction for all that may share it; who lost is finished by what was read in it."""
        connection = self._connection
        if connection is None:
            raise refuse_to_write(self.description)
        with self._alone(), self._explained(), _transaction(connection):
            keys = [write.key for request in batch if not request.finished for write in request.writes]
            chosen = choose(batch, _versions(connection, keys).get)
            _write(connection, chosen)
        return chosen

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
            if self._snapshot is not None:
                self._snapshot.cleanup()
            self._snapshot = None

    def _read(self, query: str, *parameters: Any, known: Mapping[str, Entry] | None = None) -> Entries:
        if self._connection is None:
            return []
        with self._alone(), self._explained():
            rows = self._connection.execute(query, parameters).fetchall()
        with uncollected():
            return [read(key, text, version, known or {}) for key, text, version in rows]

    def _open(self) -> sqlite3.Connection | None:
        """A checked connection, or None for a missing store that may not be created."""
        if self._read_only:
            return self._open_to_read()
        with self._explained():
            own_folder.make(self._path.parent)
            connection = self._connect(self._path, mode="rwc")
            with closed_on_error(connection):
                self._prepare(connection)
        return connection

    def _open_to_read(self) -> sqlite3.Connection | None:
        with self._explained():
            if not self._path.exists() or (self._path.is_file() and not self._path.stat().st_size):
                return None
            connection = self._readable()
            with closed_on_error(connection):
                self._check(connection)
                if not _is_empty(connection):
                    return connection
            connection.close()
        return None

    def _readable(self) -> sqlite3.Connection:
        connection = self._connect(self._path, mode="ro")
        try:
            _is_empty(connection)
        except sqlite3.Error as error:
            connection.close()
            interrupted = _journal(self._path).exists() and isinstance(error, sqlite3.OperationalError)
            if not interrupted or error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY:
                raise
            return self._connect(self._recovered_copy(), mode="rw")
        return connection

    def _recovered_copy(self) -> Path:
        """A private copy with its journal: a killed writer left work to undo, and we may not touch it."""
        self._snapshot = tempfile.TemporaryDirectory(prefix="reconciler-")
        copy = Path(self._snapshot.name) / "state.db"
        before = _state_of(self._path)
        shutil.copyfile(self._path, copy)
        shutil.copyfile(_journal(self._path), _journal(copy))
        if _state_of(self._path) != before:
            raise StoreError(f"{self.description} changed while it was read", hint="run the command again")
        return copy

    def _connect(self, path: Path, *, mode: str) -> sqlite3.Connection:
        return sqlite3.connect(
            f"{path.absolute().as_uri()}?mode={mode}",
            uri=True,
            timeout=BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
        )

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("PRAGMA journal_mode = DELETE")
        connection.execute("PRAGMA synchronous = EXTRA")
        if _is_empty(connection):
            with _transaction(connection):
                if _is_empty(connection):
                    for statement in SCHEMA:
                        connection.execute(statement)
        self._check(connection)

    def _check(self, connection: sqlite3.Connection) -> None:
        if _is_empty(connection):
            return
        application, found = _pragma(connection, "application_id"), _pragma(connection, "user_version")
        if application != APPLICATION_ID:
            raise StoreError(
                f"{self.description} belongs to another program",
                hint="name another file in `state`, this one was left alone",
            )
        if found > FORMAT:
            raise StoreError(
                f"{self.description} has format {found}, this version reads up to {FORMAT}",
                hint=f"it was written by a newer reconciler: `{distribution.upgrade()}`",
            )

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """The connection for one thread: a read gets in before the next commit, and waits for one at most."""
        with self._door:
            self._lock.acquire()
        try:
            yield
        finally:
            self._lock.release()

    @contextmanager
    def _explained(self) -> Iterator[None]:
        """Translate what SQLite and the file system say into what a person can do about it."""
        try:
            yield
        except sqlite3.Error as error:
            primary = getattr(error, "sqlite_errorcode", sqlite3.SQLITE_ERROR) & 0xFF
            said, hint = COMPLAINTS.get(primary, (f"failed: {error}", RESTORE))
            raise StoreError(f"{self.description} {said}", hint=hint) from error
        except OSError as error:
            raise StoreError(
                f"{self.description} cannot be used: {error.strerror}", hint=f"check `{error.filename}`"
            ) from error


def _versions(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, str]:
    """The versions of those keys that are there: a statement for many, since threads wait their turn at each."""
    found: dict[str, str] = {}
    for some in _parts(keys, _AT_ONCE):
        places = ", ".join("?" * len(some))
        query = f"SELECT key, version FROM entries WHERE key IN ({places})"  # noqa: S608 - question marks alone
        found.update(connection.execute(query, some).fetchall())
    return found


def _write(connection: sqlite3.Connection, chosen: Sequence[TextRequest]) -> None:
    gone = [(write.key,) for request in chosen for write in request.writes if write.value is None]
    rows = [(key, text, request.mark) for request in chosen for key, text in request.texts.items()]
    if gone:
        connection.executemany("DELETE FROM entries WHERE key = ?", gone)
    for some in _parts(rows, _AT_ONCE // 3):
        places = ", ".join(["(?, ?, ?)"] * len(some))
        connection.execute(f"REPLACE INTO entries VALUES {places}", [*chain.from_iterable(some)])  # noqa: S608 - as above


def _parts(items: Sequence[Item], size: int) -> Iterator[Sequence[Item]]:
    for first in range(0, len(items), size):
        yield items[first : first + size]


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    """Hold the write lock from the start, so that what was compared is still so when it is set."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield connection
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")


def _is_empty(connection: sqlite3.Connection) -> bool:
    return not connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]


def _pragma(connection: sqlite3.Connection, name: str) -> int:
    number: int = connection.execute(f"PRAGMA {name}").fetchone()[0]
    return number


def _journal(path: Path) -> Path:
    return path.with_name(path.name + "-journal")


def _state_of(path: Path) -> list[tuple[int, int, int]]:
    found = [path.stat(), _journal(path).stat()]
    return [(each.st_ino, each.st_size, each.st_mtime_ns) for each in found]
