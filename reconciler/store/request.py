"""Requests of threads that share a commit: each is stored whole or told why not.

For stores that commit for many at once: in one transaction, or by one thing for all keys, a branch's tip or a head
object.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from random import Random
from typing import TYPE_CHECKING, TypeVar

from reconciler.errors import StoreError
from reconciler.store.interface import Entry, conflict, decode, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from reconciler.store.interface import Write


# Of its own, whatever else is seeded in this process, and another one in a child of it. Asking the system for each mark
# would be a call around which threads of a burst wait for each other.
_MARKS = Random()  # noqa: S311 - nobody has to guess one
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=_MARKS.seed)


class Request:
    """The writes of one caller, which go into one commit or none; finished once, stored or with an error."""

    def __init__(self, writes: Sequence[Write]) -> None:
        self.writes = tuple(writes)
        self.mark = f"{_MARKS.getrandbits(128):032x}"
        self.finished = False
        self.error: StoreError | None = None

    def finish(self, error: StoreError | None = None) -> None:
        """Decide what the caller is told; the first decision stands."""
        if not self.finished:
            self.finished, self.error = True, error

    def lost(self, version: Callable[[str], str | None]) -> Write | None:
        """The first write whose key is not at the version it expects."""
        return next((write for write in self.writes if version(write.key) != write.expected), None)


class TextRequest(Request):
    """Writes whose values are stored as text."""

    def __init__(self, writes: Sequence[Write]) -> None:
        super().__init__(writes)
        self.texts = {write.key: encode(write.value) for write in writes if write.value is not None}

    def entries(self) -> list[Entry]:
        """What is stored once it is finished without an error, deletions left out."""
        return [Entry(key, decode(key, text), self.mark) for key, text in self.texts.items()]


Chosen = TypeVar("Chosen", bound=Request)


def choose(batch: Iterable[Chosen], version: Callable[[str], str | None]) -> list[Chosen]:
    """The requests for the next commit; those that lost are finished, a second one for a key waits."""
    chosen: list[Chosen] = []
    taken: set[str] = set()
    for request in batch:
        keys = {write.key for write in request.writes}
        if request.finished or keys & taken:
            continue
        lost = request.lost(version)
        if lost is not None:
            request.finish(conflict(lost.key, expected=lost.expected))
            continue
        chosen.append(request)
        taken |= keys
    return chosen


def finish(requests: Iterable[Request]) -> None:
    """Tell all of them that they were stored."""
    for request in requests:
        request.finish()


@contextmanager
def all_finished(batch: Sequence[Request], description: str) -> Iterator[None]:
    """Leave no request open, however the commit ends: each is told its own error."""
    try:
        yield
    except StoreError as error:
        for request in batch:
            request.finish(StoreError(error.message, code=error.code, hint=error.hint))
    finally:  # an interrupt reaches this thread only; the others must not take silence for success
        for request in batch:
            request.finish(StoreError(f"{description}: interrupted, it is not known what was stored"))
