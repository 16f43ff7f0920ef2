"""Health of the service: whether it is alive, and whether it could do its work now."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FRESH = 2.0  # seconds for which an answer serves: a probe must not become traffic
LONGEST_SILENCE = 180.0  # seconds without a beat after which a thread hangs


@dataclass(frozen=True, slots=True)
class Check:
    """One condition: whether it holds, and what is to be said of it.

    ``stale``: it does not hold, and the work goes on by what held last.
    """

    ok: bool
    detail: str = "ok"
    stale: bool = False

    @property
    def serves(self) -> bool:
        """Whether the service can do its work all the same."""
        return self.ok or self.stale

    @property
    def told(self) -> dict[str, bool | str]:
        """For a probe."""
        return {"ok": self.ok, "detail": self.detail, **({"stale": True} if self.stale else {})}


class Health:
    """``beats`` tell when each thread last went round (monotonic seconds); ``checks`` are asked in turn."""

    def __init__(self, beats: Mapping[str, Callable[[], float]], checks: Mapping[str, Callable[[], Check]]) -> None:
        self._beats, self._checks = beats, checks
        self._lock = Lock()
        self._known: dict[str, Check] = {}
        self._asked = -FRESH

    def silent(self) -> list[str]:
        """The threads that hang."""
        now = monotonic()
        return [name for name, beat in self._beats.items() if now - beat() > LONGEST_SILENCE]

    def ready(self) -> dict[str, Check]:
        """Every condition; those that probes ask for side by side are asked once."""
        with self._lock:
            if monotonic() - self._asked >= FRESH:
                self._known = {name: check() for name, check in self._checks.items()}
                self._asked = monotonic()
            return self._known
