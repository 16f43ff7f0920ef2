"""A note on this machine of each call it sent, so that a state put back to an older one is found out."""

from __future__ import annotations

import os
from contextlib import suppress
from threading import Lock
from typing import TYPE_CHECKING

from reconciler.documents import own_folder
from reconciler.schedule.clock import parse_instant

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.state.call_records import Attempt

FILE = "sent"  # in the project's .reconciler/
_LARGEST = 1 << 22  # of what is read: some 40,000 calls, of which the newest matter


class SentHere:
    """Which claims were sent from this machine: a line each of idempotency key and the claim's instant.

    The state is what decides. It may be restored from a backup, though, to when a call was not placed yet; then this
    tells that it was sent, and the call is settled, as one is whose answer never came. Where nothing can be written
    (a container's read-only root) there is one safeguard less. It names nobody: a key is a digest.
    """

    def __init__(self, folder: Path | None = None) -> None:
        """Keep it in a folder, or nowhere."""
        self._file = folder / FILE if folder else None
        self._lock, self._writing = Lock(), Lock()
        self._lines: list[str] = []
        self._asked = self._written = 0
        self._has_folder = False
        self._sent = _read(self._file) if self._file else {}

    def note(self, claimed: Attempt) -> None:
        """Write down that the request of a claim is about to be sent; on the disk when this returns, if it can be.

        Where a gate stops it after all, the state says so of the same claim, and knows of it.

        One write, and one wait for the disk, serves all threads that came while the one before was under way.
        """
        with self._lock:
            self._sent[claimed.key] = claimed.claimed_at
            self._lines.append(f"{claimed.key} {claimed.claimed_at}\n")
            self._asked += 1
            mine = self._asked
        with self._writing:
            if self._written < mine:
                self._write_all()

    def _write_all(self) -> None:
        with self._lock:
            lines, self._lines, asked = self._lines, [], self._asked
        if self._file:
            with suppress(OSError):
                self._append(self._file, "".join(lines))
        self._written = asked

    def _append(self, file: Path, lines: str) -> None:
        if not self._has_folder:
            own_folder.make(file.parent)
            self._has_folder = True
        try:
            _append(file, lines)
        except FileNotFoundError:  # somebody removed the folder since
            own_folder.make(file.parent)
            _append(file, lines)

    def unknown_to_the_state(self, stored: Attempt | None, key: str) -> str:
        """When the claim was made that was sent from here and that the state tells nothing of; "" for none."""
        sent = self._sent.get(key, "")
        if not sent or (stored is not None and stored.claimed_at and _instant(stored.claimed_at) >= _instant(sent)):
            return ""
        return sent


def _instant(written: str) -> float:
    return parse_instant(written).timestamp()


def _read(file: Path) -> dict[str, str]:
    """The newest claim of each key; a line that was cut short says nothing."""
    try:
        with file.open("rb") as opened:
            opened.seek(max(0, file.stat().st_size - _LARGEST))
            lines = opened.read(_LARGEST).decode("ascii", "replace").splitlines()
    except OSError:
        return {}
    found = {}
    for line in lines:
        key, _, claimed_at = line.partition(" ")
        with suppress(ValueError):
            parse_instant(claimed_at)
            found[key] = claimed_at
    return found


def _append(file: Path, lines: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(descriptor, lines.encode("ascii", "replace"))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
