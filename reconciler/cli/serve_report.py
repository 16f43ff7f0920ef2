"""The report of the service: what is counted and logged of calls, each state of one once."""

from __future__ import annotations

from datetime import datetime
from time import monotonic
from typing import TYPE_CHECKING

from reconciler.errors import Conflict, StoreError
from reconciler.schedule.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.errors import ReconcilerError
    from reconciler.schedule.call_report import CallRow
    from reconciler.serve.log import Log
    from reconciler.serve.metrics import Metrics
    from reconciler.state.call_records import Attempt
    from reconciler.state.ledger import Ledger

_LATELY = 10.0  # seconds
_SAID_AGAIN = 60.0  # seconds after which an error that goes on is said again
_REMEMBERED = 20_000  # calls whose last line in the log is known


class Report:
    """Reports calls; what only waits is said when it changes."""

    def __init__(self, log: Log, metrics: Metrics, ledger: Ledger) -> None:
        self._log, self._metrics, self._ledger = log, metrics, ledger
        self._not_stored = (-_LATELY, "")
        self._failures: dict[str, float] = {}
        self._said: dict[tuple[str, int], tuple[str, str]] = {}

    def told(self, rows: Iterable[CallRow]) -> None:
        """Rows of attempts, as dispatching or starting campaigns gave them."""
        for row in rows:
            key, now = (row.occurrence, row.attempt), (str(row.state), row.code)
            if self._said.get(key) != now:
                self._said[key] = now
                self._count(row)
                self._say(row)
        while len(self._said) > _REMEMBERED:
            del self._said[next(iter(self._said))]

    def ended(self, attempts: Iterable[Attempt]) -> None:
        """Calls whose end was recorded."""
        for attempt in attempts:
            self._log.say(
                "call ended",
                name=attempt.name,
                occurrence=attempt.occurrence,
                attempt=attempt.attempt,
                state=str(attempt.state),
                call_id=attempt.call_id,
                end_reason=attempt.end_reason,
                duration_seconds=attempt.duration_seconds,
            )  # fmt: skip - one table

    def failed(self, what: str, error: ReconcilerError) -> None:
        """Something that is tried again later; the same error is said once a minute, and counted each time."""
        self._metrics.round_failures.inc()
        if isinstance(error, StoreError) and not isinstance(error, Conflict):
            self.not_stored(error.message)
        said, now = f"{what} {error.code} {error.message}", monotonic()
        if now - self._failures.get(said, -_SAID_AGAIN) < _SAID_AGAIN:
            return
        self._failures = {said: now, **{it: at for it, at in self._failures.items() if now - at < _SAID_AGAIN}}
        self._log.say(f"{what} failed: {error.message}", code=error.code, hint=error.hint, level="error")

    def not_stored(self, why: str) -> None:
        """The state took something not, or could not be read."""
        self._not_stored = (monotonic(), why)

    @property
    def state_fails(self) -> str:
        """Why the state failed lately; "" where it did not. What failed is tried again sooner than it is forgotten."""
        at, why = self._not_stored
        return why if monotonic() - at < _LATELY else ""

    def _say(self, row: CallRow) -> None:
        self._log.say(
            "call",
            level="warning" if row.state.alarming else "info",
            name=row.name,
            occurrence=row.occurrence,
            attempt=row.attempt,
            state=str(row.state),
            call_id=row.call_id,
            code=row.code,
            detail=row.detail,
            hint=row.hint,
        )  # fmt: skip - one table

    def _count(self, row: CallRow) -> None:
        metrics = self._metrics
        match row.state:
            case CallState.PLACED:
                metrics.placed.inc()
                self._measure(row)
            case CallState.EXPIRED:
                metrics.missed.inc()
            case CallState.UNKNOWN:
                metrics.unknown.inc()
            case CallState.REFUSED:
                metrics.refused.inc()

    def _measure(self, row: CallRow) -> None:
        attempt = self._ledger.attempt(row.occurrence, row.attempt)
        if attempt is not None and attempt.sent_at and row.when is not None and row.attempt == 1:
            late = (datetime.fromisoformat(attempt.sent_at) - row.when).total_seconds()
            self._metrics.latency.observe(max(late, 0.0))
