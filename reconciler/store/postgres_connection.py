"""Connections to a PostgreSQL server; none waits without end for a server that is silent."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, LiteralString, TypeAlias, TypeVar

import psycopg
from psycopg.conninfo import make_conninfo

from reconciler.store.interface import closed_on_error

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

Answer = TypeVar("Answer")
Connection: TypeAlias = "psycopg.Connection[tuple[Any, ...]]"

SILENCE_SECONDS = 35.0  # longer than the server itself lets a statement take
RESTART_SECONDS = 10.0  # in which a server that is restarted is back
PAUSE_SECONDS = 0.1
DEFAULTS: dict[str, str] = {
    "application_name": "reconciler",
    "connect_timeout": "10",
    # A host that vanished is noticed in 15 seconds; one that only takes long answers for its connection.
    "keepalives_idle": "5",
    "keepalives_interval": "5",
    "keepalives_count": "2",
    "tcp_user_timeout": "15000",
}
SESSION: tuple[LiteralString, ...] = (
    "SET statement_timeout = '30s'",
    "SET idle_in_transaction_session_timeout = '60s'",
)
READ_ONLY_SESSION: tuple[LiteralString, ...] = ("SET default_transaction_read_only = on",)


class BoundedConnection(psycopg.Connection[Any]):
    """Ends when the server says nothing for too long: a process that is stopped keeps its connections open."""

    longest_silence = SILENCE_SECONDS

    def wait(self, gen: Generator[Any, Any, Answer], *how: Any, **more: Any) -> Answer:
        """Drive one exchange with the server; OperationalError, and the end of the connection, when it is silent."""
        return super().wait(self._bounded(gen), *how, **more)

    def _bounded(self, gen: Generator[Any, Any, Answer]) -> Generator[Any, Any, Answer]:
        """The exchange; what it is sent while nothing came from the server is falsy."""
        heard, given = time.monotonic(), None
        while True:
            try:
                wanted = gen.send(given)
            except StopIteration as over:
                answer: Answer = over.value
                return answer
            given = yield wanted
            if given:
                heard = time.monotonic()
            elif time.monotonic() - heard > self.longest_silence:
                self.pgconn.finish()
                raise psycopg.OperationalError(f"the server said nothing for {self.longest_silence:.0f} s")


def connect(url: str, given: Mapping[str, str], *, read_only: bool) -> Connection:
    """A new connection with settings of ours where the URL gives none; raises psycopg.Error."""
    missing = {name: value for name, value in DEFAULTS.items() if name not in given}
    connection = BoundedConnection.connect(
        make_conninfo(url, client_encoding="utf8", **missing), autocommit=True, prepare_threshold=None
    )
    with closed_on_error(connection):
        for statement in SESSION + READ_ONLY_SESSION * read_only:
            connection.execute(statement)
    return connection


class Outage:
    """How long a server has been away: what is tried while it may be restarting is tried again."""

    def __init__(self) -> None:
        self._since: float | None = None

    def begins(self) -> None:
        """A connection was lost, now or earlier."""
        self._since = time.monotonic() if self._since is None else self._since

    def ends(self) -> None:
        """It answers again."""
        self._since = None

    def goes_on(self) -> bool:
        """Wait a moment for another try; False when it is away for too long to be waited for."""
        if self._since is None or time.monotonic() - self._since > RESTART_SECONDS:
            return False
        time.sleep(PAUSE_SECONDS)
        return True
