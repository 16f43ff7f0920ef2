"""This file exists to keep the state on a branch of the project's own repository, with no other service.

One file per key on an orphan branch, one commit per write on top of the last tip seen, and a plain push: a
push that is not a fast-forward is refused, and that refusal is the compare-and-set. Then the tip is fetched,
only our own keys are compared again, and the write goes on top of the new tip or ends as a Conflict.

Every write has an id of its own, kept in its files and in its commit. So no two writes make the same blob
(whose id is the version) or the same commit, not even two hosts that claim one call in the same second; and
after a broken connection, "is our commit in the branch?" has one answer.
"""

from __future__ import annotations

import json
import threading
import time
from dataclasses import dataclass, field
from random import SystemRandom
from typing import TYPE_CHECKING, Any
from uuid import uuid4

from reconciler.errors import StoreError
from reconciler.store.git_branch import Branch
from reconciler.store.interface import (
    Entry,
    Store,
    Write,
    check_key,
    check_writes,
    closed_on_error,
    conflict,
    decode,
    refuse_to_write,
)

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.store.git_command import Answer
    from reconciler.store.interface import Entries

ATTEMPTS = 60  # at most about a minute of losing races
STUCK_ATTEMPTS = 12  # about ten seconds of somebody else's lock
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 2.0
BUSY = (
    "cannot lock ref",
    "failed to update ref",
    "Unable to create",
    "incorrect old value",
    "unable to lock",
)
LONGEST_LIST = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One commit of the branch and the blob of each key in it; no commit for a branch that does not exist."""

    commit: str | None = None
    blobs: Mapping[str, str] = field(default_factory=dict)


class GitStore(Store):
    """The branch on its remote, or the local branch when the repository has no remote at all; thread-safe.

    With a remote, reads come from the tip last fetched or pushed, and ``refresh`` fetches. A write that ends
    in a StoreError because the connection broke may have been stored: the message says so.
    """

    def __init__(self, root: Path, name: str, *, read_only: bool = False) -> None:
        self._branch = Branch(root, name, read_only=read_only)
        self.description = self._branch.description
        self._read_only = read_only
        self._lock = threading.RLock()
        self._snapshot = Snapshot()
        self._contents: dict[str, bytes] = {}
        with closed_on_error(self):
            self.refresh()

    def get(self, key: str) -> Entry | None:
        """The entry, or None when there is none."""
        found = self._read([check_key(key)])
        return found[0] if found else None

    def list(self, prefix: str = "") -> Entries:
        """Every entry whose key starts with ``prefix``, sorted by key."""
        return self._read(None, prefix)

    def put_many(self, writes: Sequence[Write]) -> Entries:
        """All the writes in one commit, pushed; or none."""
        if self._read_only:
            raise refuse_to_write(self.description)
        check_writes(writes)
        if not writes:
            return []
        mark = uuid4().hex
        bodies = {write.key: _body(write, mark) for write in writes if write.value is not None}
        with self._lock:
            blobs = dict(zip(bodies, self._branch.store(bodies.values()), strict=True))
            self._commit(
                writes, {write.key: blobs.get(write.key) for write in writes}, _message(writes, mark)
            )
        return [Entry(key, _value(key, body), blobs[key]) for key, body in bodies.items()]

    def refresh(self) -> None:
        """Make the next read see the branch as it is now."""
        with self._lock:
            tip = self._branch.tip()
            if tip != self._snapshot.commit:
                self._look_at(Snapshot(tip, self._branch.blobs(tip) if tip else {}))

    def close(self) -> None:
        """Remove what was fetched for this run only."""
        with self._lock:
            self._branch.close()

    def _read(self, keys: Sequence[str] | None, prefix: str = "") -> Entries:
        with self._lock:
            if not self._branch.remote:
                self.refresh()
            blobs = self._snapshot.blobs
            chosen = blobs if keys is None else [key for key in keys if key in blobs]
            chosen = sorted(key for key in chosen if key.startswith(prefix))
            unread = [blobs[key] for key in chosen if blobs[key] not in self._contents]
            if unread:
                self._contents.update(zip(unread, self._branch.contents(unread), strict=True))
            return [Entry(key, _value(key, self._contents[blobs[key]]), blobs[key]) for key in chosen]

    def _look_at(self, snapshot: Snapshot) -> None:
        current = set(snapshot.blobs.values())
        self._contents = {blob: body for blob, body in self._contents.items() if blob in current}
        self._snapshot = snapshot

    def _commit(self, writes: Sequence[Write], changes: Mapping[str, str | None], message: str) -> None:
        """Get the changes into the branch, on top of whatever others write meanwhile."""
        if self._lost(writes):
            self.refresh()  # what we last saw may be old
        tried: dict[str | None, str] = {}
        for attempt in range(ATTEMPTS):
            self._check(writes)
            base = self._snapshot.commit
            tried[base] = tried.get(base) or self._branch.commit(base, changes, message)
            answer = self._branch.advance(base, tried[base])
            if answer.code == 0:
                self._look_at(Snapshot(tried[base], _changed(self._snapshot.blobs, changes)))
                return
            self._look_again(writes)
            if any(self._branch.contains(self._snapshot.commit, commit) for commit in tried.values()):
                return
            if self._snapshot.commit == base and not _worth_another_try(answer, attempt):
                raise self._branch.explain(answer)
            time.sleep(_pause(attempt))
        raise StoreError(
            f"{self.description}: others were first {ATTEMPTS} times", hint="run the command again"
        )

    def _lost(self, writes: Sequence[Write]) -> Write | None:
        return next((each for each in writes if self._snapshot.blobs.get(each.key) != each.expected), None)

    def _check(self, writes: Sequence[Write]) -> None:
        lost = self._lost(writes)
        if lost is not None:
            raise conflict(lost.key, expected=lost.expected)

    def _look_again(self, writes: Sequence[Write]) -> None:
        try:
            self.refresh()
        except StoreError as error:
            raise StoreError(
                f"{error.message}; it is not known whether `{writes[0].key}` was stored", hint=error.hint
            ) from None


def _body(write: Write, mark: str) -> bytes:
    """The file of an entry, made to be read in a diff."""
    envelope = {"key": write.key, "value": dict(write.value or {}), "write": mark}
    text = json.dumps(envelope, indent=1, sort_keys=True, allow_nan=False, ensure_ascii=False)
    try:
        return f"{text}\n".encode()
    except UnicodeEncodeError:  # half a surrogate pair has no UTF-8 form, only JSON's escape
        return (json.dumps(envelope, indent=1, sort_keys=True, allow_nan=False) + "\n").encode()


def _value(key: str, body: bytes) -> dict[str, Any]:
    value = decode(key, body).get("value")
    return decode(key, "null") if not isinstance(value, dict) else value


def _message(writes: Sequence[Write], mark: str) -> str:
    """``put 900001/binding/Agent/front-desk``, or how many with the keys below."""
    lines = [f"{'delete' if write.value is None else 'put'} {write.key}" for write in writes]
    if len(lines) == 1:
        return f"{lines[0]}\n\nWrite: {mark}\n"
    shown = lines[:LONGEST_LIST] + ["…"] * (len(lines) > LONGEST_LIST)
    return "\n".join([f"write {len(lines)} keys", "", *shown, "", f"Write: {mark}", ""])


def _changed(blobs: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {key: blob for key, blob in {**blobs, **changes}.items() if blob is not None}


def _worth_another_try(answer: Answer, attempt: int) -> bool:
    """Whether a refusal that moved nothing was only somebody's lock."""
    return attempt < STUCK_ATTEMPTS and any(sign in answer.complaint for sign in BUSY)


def _pause(attempt: int) -> float:
    """Seconds to let others pass, longer each time, never the same for two of us."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    return SystemRandom().uniform(longest / 4, longest)
