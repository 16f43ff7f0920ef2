"""What a run waits for, said on stderr: at most one line every 30 seconds."""

from __future__ import annotations

from datetime import datetime
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.errors import ApiError
    from reconciler.store import Entry

EVERY = 30.0  # seconds between two lines about waiting
_LONG = 2.0  # seconds; a shorter wait is not worth a line


class Waits:
    """Says what is being waited for and until when; safe from several threads."""

    def __init__(self, talk: Callable[[str], None], *, now: Callable[[], float] = monotonic) -> None:
        self._talk, self._now = talk, now
        self._said: float | None = None
        self._lock = Lock()

    def say(self, what: str) -> None:
        """Say it, unless a line about waiting was said less than 30 seconds ago."""
        with self._lock:
            instant = self._now()
            if self._said is not None and instant - self._said < EVERY:
                return
            self._said = instant
        self._talk(clean(what))

    def request(self, problem: ApiError, seconds: float) -> None:
        """A request that will be sent again after a while."""
        if seconds < _LONG:
            return
        why = "the platform asks for patience" if problem.status == _THROTTLED else problem.message
        self.say(f"waiting {seconds:.0f} s before asking again: {why}")

    def lease(self, entry: Entry) -> None:
        """Another run that is writing."""
        owner, what = entry.value.get("owner", "an unknown owner"), entry.key.rpartition("/")[2]
        self.say(f"waiting for another {what}: {owner}, until {_clock_time(entry.value.get('expires'))} at the latest")


_THROTTLED = 429


def _clock_time(expires: object) -> str:
    try:
        return f"{datetime.fromisoformat(str(expires)):%H:%M:%S} UTC"
    except ValueError:
        return "it ends"
