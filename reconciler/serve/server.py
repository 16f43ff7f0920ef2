"""The HTTP server in a thread of its own, bound first: a taken port is said at once."""

from __future__ import annotations

import logging
import socket
import traceback
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import TYPE_CHECKING

import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from reconciler.errors import InputError

if TYPE_CHECKING:
    from asyncio import TimerHandle, Transport
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from reconciler.serve.access import Address

GRACE_SECONDS = 10
HEAD_SECONDS = 10.0  # for the head of a request: who sends slower holds a connection, and there are only so many
_SAID_AGAIN = 60.0
_BACKLOG = 2_048
_MOST_AT_ONCE = 1_000  # connections and requests; more are answered 503, and the platform sends again


def bound(listen: Address) -> socket.socket:
    """The listening socket; raises InputError where the address cannot be had."""
    family = socket.AF_INET6 if ":" in listen.host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind(listen)
    except OSError as error:
        found.close()
        why = (error.strerror or str(error)).lower()
        raise InputError(f"cannot listen on {listen}: {why}", code="RC124", hint="--listen HOST:PORT") from None
    return found


class _Protocol(H11Protocol):
    """The library's, and a limit that it lacks: a connection whose request does not come is closed."""

    _late: TimerHandle | None = None

    def connection_made(self, transport: Transport) -> None:  # type: ignore[override] # as the library has it
        super().connection_made(transport)
        self._wait()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.cycle is None or self.cycle.response_complete:
            self._wait()
        else:
            self._wait_no_more()

    def connection_lost(self, exc: Exception | None) -> None:
        self._wait_no_more()
        super().connection_lost(exc)

    def _wait(self) -> None:
        if self._late is None:
            self._late = self.loop.call_later(HEAD_SECONDS, self._give_up)

    def _wait_no_more(self) -> None:
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _give_up(self) -> None:
        if self.cycle is None or self.cycle.response_complete:
            self.transport.close()


class _Words(logging.Handler):
    """What the library says, told as one entry: its own words, and where an error came from; each once a minute."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say
        self._said: dict[str, float] = {}

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it, without a traceback: that may hold anything."""
        error = record.exc_info[1] if record.exc_info else None
        words = record.getMessage().strip() + (f": {_place(error)}" if error is not None else "")
        now = monotonic()
        if now - self._said.get(words, -_SAID_AGAIN) >= _SAID_AGAIN:
            self._said = {words: now, **{it: at for it, at in self._said.items() if now - at < _SAID_AGAIN}}
            self._say(words)


def _place(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)
    return f"{type(error).__name__} at {Path(frames[-1].filename).name}:{frames[-1].lineno}" if frames else repr(error)


@contextmanager
def _spoken(say: Callable[[str], None]) -> Iterator[None]:
    """Tell what the library logs, and nothing of it to anybody else."""
    log, handler = logging.getLogger("uvicorn.error"), _Words(say)
    log.addHandler(handler)
    log.propagate = False
    try:
        yield
    finally:
        log.removeHandler(handler)
        log.propagate = True


@contextmanager
def serving(application: Starlette, listening: socket.socket, say: Callable[[str], None]) -> Iterator[None]:
    """Answer requests for as long as the block lasts; those under way are finished. ``say`` hears what goes wrong."""
    config = uvicorn.Config(
        application,
        http=_Protocol,
        ws="none",
        log_config=None,
        access_log=False,
        lifespan="off",
        server_header=False,
        proxy_headers=False,
        backlog=_BACKLOG,
        limit_concurrency=_MOST_AT_ONCE,
        timeout_graceful_shutdown=GRACE_SECONDS,
        timeout_keep_alive=30,
    )
    server = uvicorn.Server(config)
    thread = Thread(target=server.run, args=([listening],), name="http", daemon=True)
    with _spoken(say):
        thread.start()
        try:
            yield
        finally:
            server.should_exit = True
            thread.join(GRACE_SECONDS + 5)
            listening.close()
