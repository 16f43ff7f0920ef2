"""Listener on a PostgreSQL server: hears of writes that wake, on a connection of its own."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any, LiteralString

import psycopg

from reconciler.errors import StoreError

if TYPE_CHECKING:
    from collections.abc import Callable

NOTIFY: LiteralString = "SELECT pg_notify('reconciler_state', '')"
LISTEN: LiteralString = "LISTEN reconciler_state"
SLICE_SECONDS = 1.0
PAUSE_SECONDS = 2.0


class Listener:
    """Calls ``heard`` for every notification until it is closed.

    Also after every connection: what was said before it is not heard by it.
    """

    def __init__(self, connect: Callable[[], psycopg.Connection[tuple[Any, ...]]], heard: Callable[[], None]) -> None:
        self._connect, self._heard = connect, heard
        self._closing = threading.Event()
        self._thread = threading.Thread(target=self._run, name="listener", daemon=True)
        self._thread.start()

    def close(self) -> None:
        """Listen no more."""
        self._closing.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._closing.is_set():
            try:
                self._listen()
            except (psycopg.Error, StoreError):  # the server is restarted, or out of reach: it is asked again
                self._closing.wait(PAUSE_SECONDS)

    def _listen(self) -> None:
        with self._connect() as connection:
            connection.execute(LISTEN)
            self._heard()
            while not self._closing.is_set():
                if list(connection.notifies(timeout=SLICE_SECONDS, stop_after=1)):
                    self._heard()
