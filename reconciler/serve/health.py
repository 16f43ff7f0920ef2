"""Health of the service: whether it is alive, and whether it could do its work now."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock, Thread
from time import monotonic
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

FRESH = 2.0  # seconds for which an answer serves: a probe must not become traffic
PATIENCE = 3.0  # seconds for an answer: a probe has a limit of its own
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


class _Probe:
    """One condition, asked in a thread of its own: what it depends on may never answer."""

    def __init__(self, name: str, check: Callable[[], Check]) -> None:
        self._name, self._check = name, check
        self._lock = Lock()
        self._known = Check(ok=False, detail="not asked yet")
        self._asked = -FRESH
        self._asking: Thread | None = None

    def begin(self) -> None:
        """Ask, unless the last answer is fresh or still to come."""
        with self._lock:
            if self._asking is None and monotonic() - self._asked >= FRESH:
                self._asked = monotonic()
                self._asking = Thread(target=self._ask, name=f"condition {self._name}", daemon=True)
                self._asking.start()

    def answer(self) -> Check:
        """What is known once it has been asked, or has not answered in time."""
        asking, began = self._asking, self._asked
        if asking is None:
            return self._known
        asking.join(max(began + PATIENCE - monotonic(), 0.0))
        return self._known if not asking.is_alive() else Check(ok=False, detail=f"no answer for {PATIENCE:.0f} s")

    def _ask(self) -> None:
        try:
            self._known = self._check()
        finally:
            self._asking = None


class Health:
    """``beats`` tell when each thread last went round (monotonic seconds); ``checks`` are asked side by side."""

    def __init__(self, beats: Mapping[str, Callable[[], float]], checks: Mapping[str, Callable[[], Check]]) -> None:
        self._beats = beats
        self._probes = {name: _Probe(name, check) for name, check in checks.items()}

    def silent(self) -> list[str]:
        """The threads that hang."""
        now = monotonic()
        return [name for name, beat in self._beats.items() if now - beat() > LONGEST_SILENCE]

    def ready(self) -> dict[str, Check]:
        """Every condition, within seconds; those that callers ask for side by side are asked once."""
        for probe in self._probes.values():
            probe.begin()
        return {name: probe.answer() for name, probe in self._probes.items()}
