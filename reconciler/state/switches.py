"""Switches of the ledger: the hold over all calls, and a mark of what apply and people said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.state.call_records import Hold, Holds
from reconciler.state.keyed_notes import KeyedNotes
from reconciler.state.opt_outs import opted_out, start_of

if TYPE_CHECKING:
    from datetime import datetime
    from threading import Lock

_HOLD = "hold"
ARMED = "/armed"  # the end of the key of an armed call


class Switches(KeyedNotes):
    """Reads and writes what stops calls without a pull request."""

    organization: str
    _lock: Lock
    _opt_outs: frozenset[str] | None

    def hold_all(self, hold: Hold) -> None:
        """Let no call be placed at all until ``hold_all(Hold())``: the switch that needs no pull request."""
        holds = self.holds().switched(hold)
        self._write({f"{self._prefix}{_HOLD}": holds.now._asdict() | {"past": holds.past}})

    def holds(self) -> Holds:
        """Why no call may be placed, since when and by whom, and what was held before."""
        value = entry.value if (entry := self._known().get(f"{self._prefix}{_HOLD}")) else {}
        now = Hold(*(str(value.get(name, "")) for name in Hold._fields))
        return Holds(now, tuple(Hold(*past) for past in value.get("past") or ()))

    def held_all(self, now: datetime | None = None) -> Hold:
        """The hold over all calls; a false one when there is none, or it has ended by itself by ``now``."""
        return hold if (hold := self.holds().now) and (now is None or hold.in_force(now)) else Hold()

    def opted_out(self) -> frozenset[str]:
        """The hashes of all who are never called again, as stored now, not as read before."""
        return opted_out(self.store, self.organization)

    def known_opt_outs(self) -> frozenset[str]:
        """As ``opted_out``, by what was read: after ``refresh``, everybody who opted out before it is among them."""
        start, _ = start_of(self.organization), self._known()
        with self._lock:
            if self._opt_outs is None:
                self._opt_outs = frozenset(it.removeprefix(start) for it in self._entries if it.startswith(start))
            return self._opt_outs

    def switches(self) -> int:
        """A mark of what apply and people said of calls: armed, cancelled, held; it changes with any of it."""
        known = self._known()
        return hash(frozenset((key, it.version) for key, it in known.items() if self._wakes(key)))

    def _wakes(self, key: str) -> bool:
        """Whether a dispatcher that waits has to look again when this is written."""
        return key.endswith(ARMED) or key == f"{self._prefix}{_HOLD}"
