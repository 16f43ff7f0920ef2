"""State on a branch of the project's own repository, with no other service.

One file per key on an orphan branch, one commit per write on top of the last tip seen, and a plain push: a
push that is not a fast-forward is refused, and that refusal is the compare-and-set. Then the tip is fetched,
only our own keys are compared again, and the write goes on top of the new tip or ends as a Conflict. A push
takes a second on a real network, so what threads want to write during one goes together into the next.

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
from typing import TYPE_CHECKING, Any, TypeAlias

from reconciler.errors import StoreError
from reconciler.store.git_branch import Branch
from reconciler.store.group_commit import Fairness, GroupCommit
from reconciler.store.interface import (
    Entry,
    Store,
    Write,
    check_key,
    check_writes,
    closed_on_error,
    decode,
    read,
    refuse_to_write,
)
from reconciler.store.request import Request, all_finished, choose, finish

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from reconciler.store.git_command import Answer
    from reconciler.store.interface import Entries

ATTEMPTS = 60  # at most about a minute of losing races
GATHERING_SECONDS = 0.02  # a push takes a second on a real network
FIRST_PAUSE_SECONDS = 0.02
LONGEST_PAUSE_SECONDS = 2.0
PASSING = {  # complaints that may pass, and how often to try again: about ten seconds of somebody's lock
    "cannot lock ref": 12,
    "unable to lock": 12,
    "failed to update ref": 12,
    "incorrect old value": 12,
    "Unable to create": 12,
    "hung up": 2,  # pushing twice is safe: the ids of the writes tell whether the first push arrived
    "early EOF": 2,
    "Connection reset": 2,
}
LONGEST_LIST = 100


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One commit of the branch and the blob of each key in it; no commit for a branch that does not exist."""

    commit: str | None = None
    blobs: Mapping[str, str] = field(default_factory=dict)


class _Request(Request):
    """What one caller writes, and the blobs it becomes."""

    def __init__(self, writes: Sequence[Write]) -> None:
        super().__init__(writes)
        self.bodies = {write.key: _body(write, self.mark) for write in writes if write.value is not None}
        self.blobs: dict[str, str] = {}

    @property
    def changes(self) -> dict[str, str | None]:
        """The new blob of each key, None for one that goes."""
        return {write.key: self.blobs.get(write.key) for write in self.writes}


_Requests: TypeAlias = list[_Request]  # inside a store `list` is its own method


class GitStore(Store):
    """The branch on its remote, or the local branch when the repository has no remote at all; thread-safe.

    With a remote, reads come from the tip last fetched or pushed, and ``refresh`` fetches. A write that ends
    in a StoreError because the connection broke may have been stored: the message says so.
    """

    def __init__(self, root: Path, name: str, *, read_only: bool = False) -> None:
        self._branch = Branch(root, name, read_only=read_only)
        self.description = self._branch.description
        self.shared = bool(self._branch.remote)
        self._read_only = read_only
        self._lock = threading.RLock()
        self._snapshot = Snapshot()
        self._moved = 0
        self._contents: dict[str, bytes] = {}
        alone = not self._branch.remote
        self._commits = GroupCommit(
            self._commit_all,
            gathering=0.0 if alone else GATHERING_SECONDS,
            fairness=None if alone else Fairness(),
        )
        with closed_on_error(self):
            self.refresh()

    def get(self, key: str) -> Entry | None:
        """The entry, or None when there is none."""
        found = self._read([check_key(key)])
        return found[0] if found else None

    def list(self, prefix: str = "", known: Mapping[str, Entry] | None = None) -> Entries:
        """Every entry whose key starts with ``prefix``, sorted by key."""
        return self._read(None, prefix, known or {})

    def put_many(self, writes: Sequence[Write]) -> Entries:
        """All the writes in one commit, pushed; or none."""
        if self._read_only:
            raise refuse_to_write(self.description)
        check_writes(writes)
        if not writes:
            return []
        request = _Request(writes)
        self._commits.commit(request)
        if request.error is not None:
            raise request.error
        return [Entry(key, _value(key, body), request.blobs[key]) for key, body in request.bodies.items()]

    def refresh(self) -> str:
        """Make the next read see the branch as it is now; the mark counts how often others had moved its tip."""
        with self._lock:
            tip = self._branch.tip()
            if tip != self._snapshot.commit:
                self._look_at(Snapshot(tip, self._branch.blobs(tip) if tip else {}))
                self._moved += 1
            return str(self._moved)

    def close(self) -> None:
        """Remove what was fetched for this run only."""
        with self._lock:
            self._branch.close()

    def _read(self, keys: Sequence[str] | None, prefix: str = "", known: Mapping[str, Entry] | None = None) -> Entries:
        with self._lock:
            if not self._branch.remote:
                self.refresh()
            blobs = self._snapshot.blobs
            chosen = blobs if keys is None else [key for key in keys if key in blobs]
            chosen = sorted(key for key in chosen if key.startswith(prefix))
            unread = [blobs[key] for key in chosen if blobs[key] not in self._contents]
            if unread:
                self._contents.update(zip(unread, self._branch.contents(unread), strict=True))
            return [read(key, self._contents[blobs[key]], blobs[key], known or {}, value=_value) for key in chosen]

    def _look_at(self, snapshot: Snapshot) -> None:
        current = set(snapshot.blobs.values())
        self._contents = {blob: body for blob, body in self._contents.items() if blob in current}
        self._snapshot = snapshot

    def _commit_all(self, batch: _Requests) -> None:
        """Settle the requests; each ends stored or with its own error."""
        with all_finished(batch, self.description), self._lock:
            self._store_bodies(batch)
            self._commit(batch)

    def _store_bodies(self, batch: Sequence[_Request]) -> None:
        blobs = iter(self._branch.store(body for request in batch for body in request.bodies.values()))
        for request in batch:
            request.blobs = dict(zip(request.bodies, blobs, strict=False))

    def _commit(self, batch: Sequence[_Request]) -> None:
        """Get the requests into the branch, on top of whatever others write meanwhile."""
        if any(request.lost(self._version) for request in batch):
            self.refresh()  # what we last saw may be old
        # Every commit that was pushed is kept: one whose connection broke may have arrived. Forgotten, the next look
        # would find our own keys changed and report our own write as somebody else's.
        tried: dict[str, _Requests] = {}
        failures = 0
        while chosen := choose(batch, self._version):
            base = self._snapshot.commit
            changes = {key: blob for request in chosen for key, blob in request.changes.items()}
            commit = self._branch.commit(base, changes, _message(chosen))
            tried[commit] = chosen
            answer = self._branch.advance(base, commit)
            if answer.code == 0:
                self._look_at(Snapshot(commit, _changed(self._snapshot.blobs, changes)))
                finish(chosen)
                continue
            time.sleep(_pause(failures))  # before looking, not after: what is seen is old a moment later
            self._look_again(chosen)
            if self._find(tried):
                continue
            if self._snapshot.commit == base and failures >= _patience(answer):
                raise self._branch.explain(answer)
            failures += 1
            if failures == ATTEMPTS:
                raise StoreError(f"{self.description}: others were first {failures} times", hint="run it again")

    def _version(self, key: str) -> str | None:
        return self._snapshot.blobs.get(key)

    def _find(self, tried: Mapping[str, Sequence[_Request]]) -> bool:
        """Whether a push that seemed to fail is in the branch after all."""
        for commit, requests in tried.items():
            if self._branch.contains(self._snapshot.commit, commit):
                finish(requests)
                return True
        return False

    def _look_again(self, chosen: Sequence[_Request]) -> None:
        try:
            self.refresh()
        except StoreError as error:
            raise StoreError(
                f"{error.message}; it is not known whether `{chosen[0].writes[0].key}` was stored",
                hint=error.hint,
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


def _message(requests: Sequence[_Request]) -> str:
    """``put 900001/binding/Agent/front-desk``, or how many with the keys below; then the writes' ids.

    No forge is to build anything of it.
    """
    lines = [
        f"{'delete' if write.value is None else 'put'} {write.key}" for request in requests for write in request.writes
    ]
    marks = ["[skip ci]", "", *(f"Write: {request.mark}" for request in requests)]
    if len(lines) == 1:
        return "\n".join([*lines, "", *marks, ""])
    shown = lines[:LONGEST_LIST] + ["…"] * (len(lines) > LONGEST_LIST)
    return "\n".join([f"write {len(lines)} keys", "", *shown, "", *marks, ""])


def _changed(blobs: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    return {key: blob for key, blob in {**blobs, **changes}.items() if blob is not None}


def _patience(answer: Answer) -> int:
    """How often to try again after a refusal although nothing has moved."""
    return next((tries for sign, tries in PASSING.items() if sign in answer.complaint), 0)


def _pause(attempt: int) -> float:
    """Seconds to let others pass, longer each time, never the same for two of us."""
    longest = min(LONGEST_PAUSE_SECONDS, FIRST_PAUSE_SECONDS * 2**attempt)
    return SystemRandom().uniform(longest / 4, longest)
