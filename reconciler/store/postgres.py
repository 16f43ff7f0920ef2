"""State in one PostgreSQL table, for teams that run a server already.

A write is one transaction: lock the rows it names, compare their versions, change them. When the connection
breaks on the way, the server is asked for its outcome by transaction id (``pg_xact_status``, new in
PostgreSQL 13), so nothing is ever sent twice on a guess.
"""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any, LiteralString, NamedTuple, TypeAlias, TypeVar

from reconciler import distribution
from reconciler.errors import InputError, StoreError
from reconciler.store.group_commit import GroupCommit
from reconciler.store.interface import (
    Entry,
    Store,
    Write,
    check_key,
    check_writes,
    closed_on_error,
    read,
    refuse_to_write,
    uncollected,
)
from reconciler.store.request import TextRequest, all_finished, choose, finish

try:
    import psycopg
    from psycopg.conninfo import conninfo_to_dict
    from psycopg.errors import DeadlockDetected, InvalidParameterValue, SerializationFailure
except ImportError:
    raise StoreError("the PostgreSQL driver is not installed", hint=distribution.with_extra("postgres")) from None

from reconciler.store.postgres_connection import Outage, connect  # only where there is a driver
from reconciler.store.postgres_listener import NOTIFY, Listener  # as above

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Mapping, Sequence

    from reconciler.store.interface import Entries

Rows: TypeAlias = list[tuple[Any, ...]]
Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"
Names: TypeAlias = list[str]  # inside a store `list` is its own method
Answer = TypeVar("Answer")

CREATION_LOCK = 0x52434E43  # "RCNC": one creator at a time
SETTLE_SECONDS = 10.0
SETTLE_PAUSE_SECONDS = 0.2
ATTEMPTS = 5
DROPPED = ("08", "57P")  # SQLSTATE classes after which the connection is of no more use
FIND = "SELECT to_regclass('reconciler_state')::text, obj_description(to_regclass('reconciler_state'))"
FORMAT = "reconciler state, format 1"
TABLE = '(key text COLLATE "C" PRIMARY KEY, value text NOT NULL, version text NOT NULL)'
CREATE: tuple[LiteralString, ...] = (
    f"CREATE TABLE IF NOT EXISTS reconciler_state {TABLE}",
    "COMMENT ON TABLE reconciler_state IS 'reconciler state, format 1'",
)
SNAPSHOT = "SELECT pg_current_snapshot()::text"
MANY = 10_000
GET = "SELECT key, value, version FROM reconciler_state WHERE key = %s"
LIST = "SELECT key, value, version FROM reconciler_state WHERE starts_with(key, %s) ORDER BY key"
# In one order for everybody, so that two writers of the same keys cannot wait for each other.
LOCK = "SELECT key, version FROM reconciler_state WHERE key = ANY(%s) ORDER BY key FOR UPDATE"
VERSIONS = "SELECT key, version FROM reconciler_state WHERE key = ANY(%s)"
INSERT = (
    "INSERT INTO reconciler_state SELECT * FROM unnest(%s::text[], %s::text[], %s::text[])"
    " ON CONFLICT DO NOTHING RETURNING key"
)
UPDATE = (
    "UPDATE reconciler_state AS state SET value = new.value, version = new.version"
    " FROM unnest(%s::text[], %s::text[], %s::text[]) AS new (key, value, version) WHERE state.key = new.key"
)
DELETE = "DELETE FROM reconciler_state WHERE key = ANY(%s)"

COMPLAINTS: tuple[tuple[str, str, str], ...] = (
    ("28", "refused the user or the password", "check the user and the password of the state URL"),
    ("3D", "has no such database", "create it: `createdb NAME`"),
    ("42501", "does not let this user do that", "grant CREATE on the schema, and all on `reconciler_state`"),
    ("42883", "is older than PostgreSQL 13", "use a newer server"),
    ("25006", "only reads (a replica?)", "name the primary in the state URL"),
    ("53", "has no room left (disk, memory or connections)", "make room and run the command again"),
    ("57014", "took longer than 30 seconds", "see what holds it: `select * from pg_stat_activity`"),
    ("XX", "reports damaged data", "restore the database from a backup"),
)


class _Snapshot(NamedTuple):
    """Which transactions a look at the server can see: those before ``after`` that are not ``running``.

    Every one before ``first`` has ended.
    """

    first: int
    after: int
    running: frozenset[int]

    @classmethod
    def read(cls, text: str) -> _Snapshot:
        """As ``pg_current_snapshot`` writes it: ``10:20:10,14,15``."""
        first, after, running = text.split(":")
        return cls(int(first), int(after), frozenset(int(one) for one in running.split(",") if one))

    def shows_more_than(self, before: _Snapshot, *, besides: Container[int]) -> bool:
        """Whether it shows a transaction that an earlier one did not; also where there are too many to look at."""
        if self.after - before.first > MANY:
            return True
        fresh = range(before.first, self.after)
        return any(not (self.hides(one) or one in besides) and before.hides(one) for one in fresh)

    def hides(self, transaction: int) -> bool:
        """Whether what it wrote cannot be seen."""
        return transaction >= self.after or transaction in self.running


class _Overtaken(Exception):
    """Another transaction inserted one of our new keys since we looked for it."""


Requests: TypeAlias = list[TextRequest]


class PostgresStore(Store):
    """One table in the database of the URL, created at the first write; one connection shared by threads."""

    shared = True
    is_quick = True

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._url = url
        self._given = _parsed(url)
        place = f"{self._given.get('host', 'localhost')}:{self._given.get('port', '5432')}"
        self.description = f"postgresql {place}/{self._given.get('dbname', '')}"
        self._read_only = read_only
        self._lock = threading.RLock()
        self._commits = GroupCommit(self._commit_all)
        self._ready = False
        self._own: set[int] = set()
        self._seen = _Snapshot(0, 0, frozenset())
        self._others = 0
        self._outage = Outage()
        self._connection = self._connect()
        with closed_on_error(self):
            self._safely(self._find_table)

    def get(self, key: str) -> Entry | None:
        """The entry, or None when there is none."""
        rows = self._read(GET, check_key(key))
        return rows[0] if rows else None

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> Entries:
        """Every entry whose key starts with ``prefix``, sorted by key."""
        return self._read(LIST, prefix, known)

    def refresh(self) -> str:
        """A mark of what others have committed: it counts the looks since which a transaction not ours was committed.

        Two snapshots of the server tell exactly which have, in whatever order they were begun or committed.
        """
        return self.look(lambda: None)

    def look(self, begun: Callable[[], None]) -> str:
        """As ``refresh``; a transaction that is under way is waited for first."""
        with self._lock:
            begun()
            row = self._safely(lambda: self._connection.execute(SNAPSHOT).fetchone())
            now = _Snapshot.read(str(row[0]) if row else "")
            self._others += now.shows_more_than(self._seen, besides=self._own)
            self._seen = now
            self._own = {transaction for transaction in self._own if transaction >= now.first}
            return str(self._others)

    def put_many(self, writes: Sequence[Write]) -> Entries:
        """All the writes or none, in one transaction."""
        if self._read_only:
            raise refuse_to_write(self.description)
        check_writes(writes)
        request = TextRequest(writes)
        if writes:
            self._commits.commit(request)
        if request.error is not None:
            raise request.error
        return request.entries()

    def listen(self, heard: Callable[[], None]) -> Listener:
        """Tell ``heard`` of every write that wakes, by ``LISTEN`` on a connection of its own."""
        return Listener(self._connect, heard)

    def close(self) -> None:
        """Hang up."""
        with self._lock:
            self._connection.close()

    def _read(self, query: LiteralString, parameter: str, known: Mapping[str, Entry] | None = None) -> Entries:
        with self._lock:
            rows = self._safely(lambda: self._rows(query, parameter))
        with uncollected():
            return [read(key, text, version, known or {}) for key, text, version in rows]

    def _rows(self, query: LiteralString, parameter: str) -> Rows:
        if not self._find_table():
            return []
        return self._connection.execute(query, (parameter,)).fetchall()

    def _find_table(self) -> bool:
        if not self._ready:
            row = self._connection.execute(FIND).fetchone()
            table, comment = row or (None, None)
            if table is not None and comment != FORMAT:
                raise self._foreign(comment)
            self._ready = table is not None
        return self._ready

    def _create_table(self) -> None:
        if self._find_table():
            return
        with self._connection.transaction():
            self._connection.execute("SELECT pg_advisory_xact_lock(%s)", (CREATION_LOCK,))
            if not self._find_table():
                for statement in CREATE:
                    self._connection.execute(statement)
        self._ready = True

    def _commit_all(self, batch: Sequence[TextRequest]) -> None:
        """Settle the requests: what threads write while one transaction is under way shares the next."""
        with all_finished(batch, self.description), self._lock:
            self._safely(self._create_table)
            undone = 0
            while any(not request.finished for request in batch):
                undone += not self._commit(batch)
                if undone == ATTEMPTS:
                    raise StoreError(f"{self.description}: the write was undone {ATTEMPTS} times", hint="run it again")

    def _commit(self, batch: Sequence[TextRequest]) -> bool:
        """One transaction for all that may share it, finished once that is known to have happened; else False."""
        transaction: Names = []
        chosen: Requests = []
        try:
            self._transaction(transaction, batch, chosen)
        except (DeadlockDetected, SerializationFailure, _Overtaken):  # undone: run it again
            return False
        except psycopg.Error as error:
            if not self._is_dropped(error):
                raise self._explained(error) from None
            if not self._is_committed(transaction, chosen, batch[0].writes[0].key):
                return False
        finish(chosen)
        return True

    def _transaction(self, begun: Names, batch: Sequence[TextRequest], chosen: Requests) -> None:
        """Compare and set; ``begun`` receives the id before anything is changed, ``chosen`` the requests in it.

        A request that lost is finished by what was read: no later answer could make it win.
        """
        connection = self._connection
        with connection.transaction():
            row = connection.execute("SELECT pg_current_xact_id()::text").fetchone()
            begun.extend(row or ())
            self._own.update(int(transaction) for transaction in begun)
            keys = sorted({write.key for request in batch if not request.finished for write in request.writes})
            found: dict[str, str] = dict(connection.execute(LOCK, (keys,)).fetchall())
            chosen += choose(batch, found.get)
            self._write(connection, chosen, found)

    @staticmethod
    def _write(connection: Connection, chosen: Requests, found: Mapping[str, str]) -> None:
        """What the chosen ask for, over what was found; raises _Overtaken where another inserted a key first."""
        rows = {key: (key, text, it.mark) for it in chosen for key, text in it.texts.items()}
        new = [rows[key] for key in sorted(rows.keys() - found.keys())]
        if new and len(connection.execute(INSERT, _columns(new)).fetchall()) < len(new):
            raise _Overtaken
        if old := [rows[key] for key in sorted(rows.keys() & found.keys())]:
            connection.execute(UPDATE, _columns(old))
        writes = [write for request in chosen for write in request.writes]
        if gone := sorted(write.key for write in writes if write.value is None):
            connection.execute(DELETE, (gone,))
        if any(write.wakes for write in writes):
            connection.execute(NOTIFY)

    def _is_committed(self, transaction: Sequence[str], chosen: Requests, key: str) -> bool:
        """The result of a transaction, asked on a new connection; StoreError when nobody can tell."""
        doubt = f"{self.description}: the connection broke, it is not known whether `{key}` was stored"
        try:
            self._reconnect()
            status = self._status(transaction[0]) if transaction else "aborted"  # it broke before there was one
            stored = status == "committed" and self._is_found(chosen)
        except (psycopg.Error, StoreError):
            raise StoreError(doubt, hint="run the command again when the server answers") from None
        if status == "aborted" or stored:
            return stored
        raise StoreError(doubt, hint="run the command again")

    def _status(self, transaction: str) -> str:
        """``committed``, ``aborted``, or what it is still after a while."""
        deadline = time.monotonic() + SETTLE_SECONDS
        while True:
            try:
                row = self._connection.execute("SELECT pg_xact_status(%s::xid8)", (transaction,)).fetchone()
            except InvalidParameterValue:  # one to come: a server that crashed remembers none that wrote nothing
                return "aborted"
            status = str(row[0]) if row else ""
            if status in ("committed", "aborted") or time.monotonic() >= deadline:
                return status
            time.sleep(SETTLE_PAUSE_SECONDS)

    def _is_found(self, chosen: Requests) -> bool:
        """Whether what was written is there: a server that crashed may have given the id to another transaction."""
        marks = {key: it.mark for it in chosen for key in it.texts}
        rows = self._connection.execute(VERSIONS, (list(marks),)).fetchall()
        return not marks or any(marks[key] == version for key, version in rows)

    def _safely(self, work: Callable[[], Answer]) -> Answer:
        """Do what can be done twice: once more on a new connection when the old one was dropped."""
        try:
            try:
                return work()
            except psycopg.Error as error:
                if not self._is_dropped(error):
                    raise
                self._reconnect()
                return work()
        except psycopg.Error as error:
            raise self._explained(error) from None

    def _is_dropped(self, error: psycopg.Error) -> bool:
        return self._connection.closed or (error.sqlstate or "").startswith(DROPPED)

    def _reconnect(self) -> None:
        """Connect anew, waiting a little for a server that is being restarted."""
        self._outage.begins()
        self._connection.close()
        while True:
            try:
                self._connection = self._connect()
            except StoreError:
                if not self._outage.goes_on():
                    raise
            else:
                self._outage.ends()
                self._others += 1  # it may be another server
                return

    def _connect(self) -> Connection:
        try:
            return connect(self._url, self._given, read_only=self._read_only)
        except psycopg.Error as error:
            raise self._explained(error) from None

    def _explained(self, error: psycopg.Error) -> StoreError:
        for state, meaning, hint in COMPLAINTS:
            if (error.sqlstate or "").startswith(state):
                return StoreError(f"{self.description} {meaning}", hint=hint)
        said = self._without_passwords(" ".join(str(error).split()))
        return StoreError(
            f"{self.description}: {said}",
            hint="check that the server runs and that this machine may reach it",
        )

    def _without_passwords(self, text: str) -> str:
        written = self._url.partition("://")[2].rpartition("@")[0].partition(":")[2]
        for secret in (written, self._given.get("password"), self._given.get("sslpassword")):
            text = text.replace(secret, "***") if secret else text
        return text

    def _foreign(self, comment: str | None) -> StoreError:
        if (comment or "").startswith("reconciler state"):
            return StoreError(
                f"{self.description} has `{comment}`, this version reads `{FORMAT}`",
                hint=f"it was written by a newer reconciler: `{distribution.upgrade()}`",
            )
        return StoreError(
            f"{self.description}: the table `reconciler_state` is not ours, it was left alone",
            hint="name another database or schema (`?options=-csearch_path=NAME`) in the state URL",
        )


def _parsed(url: str) -> dict[str, str]:
    """The parts of the URL; the driver's complaint is not passed on because it quotes the password."""
    try:
        return {name: str(value) for name, value in conninfo_to_dict(url).items() if value is not None}
    except psycopg.Error:
        raise InputError(
            "the PostgreSQL URL cannot be read",
            code="RC130",
            hint="`postgresql://USER:PASSWORD@HOST:5432/DATABASE`, in a password `@` as %40 and `%` as %25",
        ) from None


def _columns(rows: Sequence[tuple[str, str, str]]) -> tuple[Names, ...]:
    return tuple([row[place] for row in rows] for place in range(3))
