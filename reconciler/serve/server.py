"""The HTTP server in a thread of its own, bound first: a taken port is said at once."""

from __future__ import annotations

import logging
import socket
import traceback
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from typing import TYPE_CHECKING

import uvicorn

from reconciler.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from starlette.applications import Starlette

    from reconciler.serve.access import Address

GRACE_SECONDS = 10
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


class _Words(logging.Handler):
    """What the library says, told as one entry: its own words, and where an error came from."""

    def __init__(self, say: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._say = say

    def emit(self, record: logging.LogRecord) -> None:
        """Tell it, without a traceback: that may hold anything."""
        error = record.exc_info[1] if record.exc_info else None
        self._say(record.getMessage().strip() + (f": {_place(error)}" if error is not None else ""))


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
