"""The compare-and-set interface that every store keeps.

A version is the mark of one write and never comes back, not even when a key is deleted and written again
with the same value. So "the version I read is still there" means "nobody wrote in between".
"""

from __future__ import annotations

import gc
import json
import re
from abc import ABC, abstractmethod
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, Self, TypeAlias

from pydantic_core import from_json

from reconciler.errors import Conflict, StoreError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from types import TracebackType

LONGEST_KEY = 1000
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Entry:
    """A stored JSON object and the mark of the write that made it; ``version`` is opaque."""

    key: str
    value: dict[str, Any]
    version: str


@dataclass(frozen=True, slots=True)
class Write:
    """One wish of a ``put_many``: ``value`` None deletes; ``expected`` None means "must not exist".

    ``wakes`` has those told who listen to the store, where it can tell them.
    """

    key: str
    value: Mapping[str, Any] | None
    expected: str | None = None
    wakes: bool = False


Entries: TypeAlias = list[Entry]  # inside a store `list` is its own method


class Store(ABC):
    """A small durable map from keys to JSON objects, safe among threads, processes and (not SQLite) hosts.

    Keys are up to 1,000 bytes of UTF-8 with no control characters, parts separated by ``/``. When a write
    returns, it survives kill -9 and loss of power (git with a remote: the remote has it).

    Raises:
        Conflict: the stored version is not the expected one; nothing was written.
        StoreError: the store cannot be read or written; the hint says what to do. Where a broken connection
            leaves it open whether a write was stored, the message says that it is not known.
    """

    description: str
    """The store in words for people, never with a password: ``sqlite .reconciler/state.db``."""
    is_cheap_to_watch = False
    """Whether ``refresh`` may be asked several times a second."""

    is_quick = False
    """Whether a write takes milliseconds, so that a lease may be renewed every other second."""

    shared: bool = False
    """Whether other machines keep their state in it too, so that finding it empty is a surprise."""

    @abstractmethod
    def get(self, key: str) -> Entry | None:
        """The entry, or None when there is none."""

    @abstractmethod
    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> Entries:
        """Every entry whose key starts with ``prefix``, as one consistent snapshot, sorted by key.

        ``known`` are entries read before, by key: those that are still so are handed back as they are.
        """

    @abstractmethod
    def put_many(self, writes: Sequence[Write]) -> Entries:
        """All the writes or none, in one durable commit; a key may occur once.

        Returns the new entries in the order of the writes, deletions left out. Conflict names the first
        key whose stored version is not the expected one.
        """

    @abstractmethod
    def close(self) -> None:
        """Let go of files and connections; a second call does nothing."""

    def put(self, key: str, value: Mapping[str, Any], *, expected: str | None) -> Entry:
        """Store a value over the expected version; None means that the key must not exist yet."""
        return self.put_many([Write(key, value, expected)])[0]

    def delete(self, key: str, *, expected: str) -> None:
        """Remove the expected version; Conflict also when the key is already gone."""
        self.put_many([Write(key, None, expected)])

    def refresh(self) -> str | None:
        """Make the next read see what others wrote before this call.

        Returns a mark. While it stays the same, nothing was written but through this very object; None where
        that cannot be told.
        """
        return None

    def look(self, begun: Callable[[], None]) -> str | None:
        """As ``refresh``, which threads share: ``begun`` is called when its turn has come, right before it looks."""
        begun()
        return self.refresh()

    def listen(self, heard: Callable[[], None]) -> _Closable | None:
        """Call ``heard`` for every write that wakes, until what is returned is closed; None where that cannot be."""
        del heard
        return None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


class _Closable(Protocol):
    def close(self) -> None: ...


@contextmanager
def closed_on_error(opened: _Closable) -> Iterator[None]:
    """Let go of what was opened when the rest of the opening fails."""
    try:
        yield
    except BaseException:
        opened.close()
        raise


@contextmanager
def uncollected() -> Iterator[None]:
    """While very many entries are read: the collector would walk all of them again and again, and free none."""
    collected = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collected:
            gc.enable()


def check_key(key: str) -> str:
    """The key itself, when every store can keep it; StoreError otherwise."""
    if not key or _CONTROL.search(key):
        raise StoreError(f"`{key!r}` cannot be a key: it is empty or has a control character")
    try:
        size = len(key.encode())
    except UnicodeEncodeError:
        raise StoreError(f"`{key!r}` cannot be a key: it is not valid Unicode") from None
    if size > LONGEST_KEY:
        raise StoreError(f"a key of {size} bytes is too long, limit {LONGEST_KEY}: `{key[:60]}…`")
    return key


def check_writes(writes: Iterable[Write]) -> None:
    """Refuse writes that contradict each other or that no store could keep."""
    seen: set[str] = set()
    for write in writes:
        check_key(write.key)
        if write.key in seen:
            raise StoreError(f"`{write.key}` is written twice in one commit")
        if write.value is None and write.expected is None:
            raise conflict(write.key, expected=None)
        seen.add(write.key)


def encode(value: Mapping[str, Any]) -> str:
    """The value as compact ASCII JSON; TypeError or ValueError for what JSON has no word for."""
    return json.dumps(dict(value), separators=(",", ":"), sort_keys=True, allow_nan=False)


def decode(key: str, text: str | bytes) -> dict[str, Any]:
    """The stored JSON object; StoreError when it is not one."""
    try:
        value = from_json(text, cache_strings="all")  # the rows of a list say nearly the same
    except ValueError:
        value = _as_python_reads(text)
    if not isinstance(value, dict):
        raise StoreError(
            f"the stored value of `{key}` is not a JSON object",
            hint="the state is damaged: restore it from a backup, or remove this key and run `plan` again",
        )
    return value


def read(
    key: str,
    text: str | bytes,
    version: str,
    known: Mapping[str, Entry],
    *,
    value: Callable[[str, Any], dict[str, Any]] = decode,
) -> Entry:
    """The entry of a row; the known one where it is that version still, since ``value`` costs most of a read."""
    same = known.get(key)
    return same if same is not None and same.version == version else Entry(key, value(key, text), version)


def _as_python_reads(text: str | bytes) -> Any:
    """What only Python's own reader takes, at half the speed: one half of a surrogate pair. None for no JSON."""
    try:
        return json.loads(text)
    except ValueError:
        return None


def conflict(key: str, *, expected: str | None) -> Conflict:
    """What to raise when somebody else was first."""
    what = "already exists" if expected is None else "was changed or removed since it was read"
    return Conflict(f"`{key}` {what}: another run was first", hint="run the command again")


def refuse_to_write(description: str) -> StoreError:
    """What to raise when a read-only command tries to write."""
    return StoreError(f"{description} was opened for reading only, nothing was written")
