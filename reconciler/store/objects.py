"""State in an object store: a bucket is all it needs.

A commit replaces one object, the head, if it is still the one that was read; everything else is named by it. So a
commit is whole or nothing, and whoever loses the race reads the new head, compares its own keys, and goes on top of it
or ends as a Conflict. After a broken connection the head tells whose writes the last commits were.

A part that no head names is removed once its serial has passed: only the commit of that serial could name it first.
"""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from random import SystemRandom
from typing import TYPE_CHECKING, Any

from reconciler.errors import StoreError
from reconciler.store import object_layout as layout
from reconciler.store.group_commit import Fairness, GroupCommit
from reconciler.store.interface import (
    Entry,
    Store,
    Write,
    check_key,
    check_writes,
    decode,
    read,
    refuse_to_write,
    uncollected,
)
from reconciler.store.object_client import Found, Objects, Uncertain
from reconciler.store.object_layout import HEAD, PARTS, Head, Record
from reconciler.store.request import Request, all_finished, choose, finish

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.store.interface import Entries
    from reconciler.store.object_client import Tag
    from reconciler.store.object_layout import Records

ATTEMPTS = 60  # at most about a minute of losing races
UNANSWERED = 7  # how often a write is tried again although the head did not move
READ_ATTEMPTS = 5
READERS = 8
GATHERING_SECONDS = 0.02  # a request takes longer
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 2.0


class _Request(Request):
    """What one caller writes, and the lines it becomes."""

    def __init__(self, writes: Sequence[Write]) -> None:
        super().__init__(writes)
        self.records = {write.key: Record.of(write, self.mark) for write in writes}


class ObjectStore(Store):
    """The objects below the prefix of a URL; thread-safe.

    Reads come from the head last read or written, and ``refresh`` reads it again. A write that ends in a StoreError
    because the connection broke may have been stored: the message says so.
    """

    shared = True

    def __init__(self, url: str, *, read_only: bool = False) -> None:
        self._objects = Objects(url)
        self.description = self._objects.description
        self._read_only = read_only
        self._lock = threading.RLock()
        self._tag: Tag | None = None
        self._head = Head()
        self._parts: dict[str, Records] = {}
        self._entries: Records = {}
        self._moved = 0
        self._commits = GroupCommit(self._commit_all, gathering=GATHERING_SECONDS, fairness=Fairness())
        self.refresh()
        if self._tag is None:
            self._check_that_nothing_is_there()

    def get(self, key: str) -> Entry | None:
        """The entry, or None when there is none."""
        with self._lock:
            found = self._entries.get(check_key(key))
        return Entry(key, _value(key, found.line), found.version) if found else None

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> Entries:
        """Every entry whose key starts with ``prefix``, sorted by key."""
        with self._lock:
            found = [self._entries[key] for key in sorted(self._entries) if key.startswith(prefix)]
        with uncollected():
            return [read(each.key, each.line, each.version, known or {}, value=_value) for each in found]

    def put_many(self, writes: Sequence[Write]) -> Entries:
        """All the writes in one commit, or none."""
        if self._read_only:
            raise refuse_to_write(self.description)
        check_writes(writes)
        if not writes:
            return []
        request = _Request(writes)
        self._commits.commit(request)
        if request.error is not None:
            raise request.error
        made = [found for found in request.records.values() if not found.gone]
        return [Entry(found.key, _value(found.key, found.line), found.version) for found in made]

    def refresh(self) -> str:
        """Make the next read see the head as it is now; the mark counts how often others had moved it."""
        with self._lock:
            for _ in range(READ_ATTEMPTS):
                found = self._objects.get(HEAD, unless=self._tag)
                if not isinstance(found, Found):
                    self._check_that_it_is_still_there(found)
                    return str(self._moved)
                head = layout.read_head(found.body, self.description)
                parts = self._read_parts(head)
                if parts is not None:
                    self._look_at(head, parts, found.tag)
                    self._moved += 1
                    return str(self._moved)
        raise StoreError(f"{self.description}: a part that the head names is not there", hint=_RESTORE)

    def close(self) -> None:
        """Nothing is held open."""

    def _check_that_it_is_still_there(self, found: Tag | None) -> None:
        if found is None and self._tag is not None:
            raise StoreError(f"{self.description}: the head was removed while it was in use", hint=_RESTORE)

    def _check_that_nothing_is_there(self) -> None:
        """A state whose head was lost is not a new one: with it went what was placed."""
        if any(layout.serial_of(name) > 1 for name in self._objects.names(PARTS)):
            raise StoreError(f"{self.description}: there are parts of a state but no `{HEAD}`", hint=_RESTORE)

    def _read_parts(self, head: Head) -> dict[str, Records] | None:
        """The parts that a head names; None when one of them is gone, since a newer head replaced it."""
        unread = [name for name in head.parts if name not in self._parts]
        fetched = dict(self._parts)
        with ThreadPoolExecutor(READERS) as readers:
            for name, found in zip(unread, readers.map(self._objects.get, unread), strict=True):
                if not isinstance(found, Found):
                    return None
                fetched[name] = layout.read_records(found.body)
        return {name: fetched[name] for name in head.parts}

    def _look_at(self, head: Head, parts: dict[str, Records], tag: Tag) -> None:
        entries: Records = {}
        for records in (*parts.values(), head.recent):
            _update(entries, records.values())
        self._head, self._parts, self._tag, self._entries = head, parts, tag, entries

    def _version(self, key: str) -> str | None:
        found = self._entries.get(key)
        return found.version if found else None

    def _commit_all(self, batch: Sequence[_Request]) -> None:
        """Settle the requests; each ends stored or with its own error."""
        with all_finished(batch, self.description), self._lock:
            self._commit(batch)

    def _commit(self, batch: Sequence[_Request]) -> None:
        """Get the requests into the head, on top of whatever others write meanwhile."""
        if any(request.lost(self._version) for request in batch):
            self.refresh()  # what we last saw may be old
        if self._tag is None:
            self._objects.check_that_conditions_count()
        failures = 0
        doubt: int | None = None  # the serial of the head when an answer first did not come
        while chosen := choose(batch, self._version):
            base = self._head.serial
            complaint = self._try(chosen)
            if chosen[0].finished:
                continue
            doubt = base if doubt is None and complaint is not None else doubt
            time.sleep(_pause(failures))  # before looking, not after: what is seen is old a moment later
            self._look_again(chosen, doubt)
            if complaint is not None and self._head.serial == base and failures >= UNANSWERED:
                raise self._unknown(chosen, complaint)
            failures += 1
            if failures == ATTEMPTS:
                raise StoreError(f"{self.description}: others were first {failures} times", hint="run it again")

    def _try(self, chosen: Sequence[_Request]) -> Uncertain | None:
        """One commit of these requests: settles them when it was stored; what was said where that is not known."""
        head, new = self._next(chosen)
        try:
            tag = self._objects.replace(HEAD, head.encoded(), over=self._tag)
        except Uncertain as error:
            return error
        if tag is not None:
            parts = {**self._parts, **new}
            self._head, self._tag = head, tag
            self._parts = {name: parts[name] for name in head.parts}
            _update(self._entries, (found for request in chosen for found in request.records.values()))
            finish(chosen)
            if new:
                self._sweep()
        return None

    def _next(self, chosen: Sequence[_Request]) -> tuple[Head, dict[str, Records]]:
        """The head that has these writes, and its new parts, which are stored already."""
        serial = self._head.serial + 1
        written = {key: found for request in chosen for key, found in request.records.items()}
        recent: Records = {**self._head.recent, **written}
        commits = (*self._head.commits, (serial, tuple(request.mark for request in chosen)))[-layout.REMEMBERED :]
        if layout.size(recent) <= layout.INLINE_BYTES:
            return Head(serial, self._head.parts, recent, commits), {}
        live = layout.size(self._entries) + layout.size(written)
        kept, gathered = layout.merged(self._parts.items(), recent, live)
        new = layout.split(gathered, serial)
        for name, records in new.items():
            self._objects.put(name, b"".join(line + b"\n" for line in layout.lines(records)))
        return Head(serial, (*kept, *new), {}, commits), new

    def _look_again(self, chosen: Sequence[_Request], doubt: int | None) -> None:
        """Read the head, and finish those whose writes are in it after all."""
        try:
            self.refresh()
        except StoreError as error:
            raise (error if doubt is None else self._unknown(chosen, error)) from None
        for request in chosen:
            if self._head.holds(request.mark) or any(self._version(key) == request.mark for key in request.records):
                request.finish()
        if doubt is not None and not self._head.remembers(doubt):
            raise self._unknown(chosen, StoreError(f"{self.description}: others wrote very often meanwhile"))

    def _unknown(self, chosen: Sequence[_Request], why: StoreError) -> StoreError:
        return StoreError(
            f"{why.message}; it is not known whether `{chosen[0].writes[0].key}` was stored",
            hint=why.hint or "run the command again",
        )

    def _sweep(self) -> None:
        """Remove the parts that no head will name any more; what cannot be removed now is at the next time."""
        with suppress(StoreError):
            names = set(self._objects.names(PARTS)) - {*self._head.parts}
            self._objects.delete(sorted(name for name in names if layout.serial_of(name) <= self._head.serial))


_RESTORE = "restore the newest version of its objects (bucket versioning); a new state forgets which calls were placed"


def _update(entries: Records, records: Iterable[Record]) -> None:
    for found in records:
        if found.gone:
            entries.pop(found.key, None)
        else:
            entries[found.key] = found


def _value(key: str, line: bytes | str) -> dict[str, Any]:
    value = decode(key, line).get("value")
    return decode(key, "null") if not isinstance(value, dict) else value


def _pause(attempt: int) -> float:
    """Seconds to let others pass, longer each time, never the same for two of us."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    return SystemRandom().uniform(longest / 4, longest)
