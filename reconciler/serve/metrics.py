"""Metrics of the service in the Prometheus format: no number, no secret, bounded labels."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from reconciler import __version__

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["CONTENT_TYPE", "Metrics"]

# What `generate_latest` writes; the library names it in its newest versions only.
CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_MOST_TYPES = 100  # of events; more would be a series each
_LATENCIES = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 15.0, 60.0, 300.0)


class Metrics:
    """Everything that is counted and measured; safe from any thread."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        registry = self._registry
        self.due = Gauge("reconciler_calls_due", "Calls that are due and not placed yet.", registry=registry)
        self.in_state = Gauge("reconciler_calls", "Attempts of calls, by state.", ["state"], registry=registry)
        self.placed = Counter("reconciler_calls_placed", "Calls that this replica placed.", registry=registry)
        self.missed = Counter("reconciler_calls_missed", "Calls whose window closed unplaced.", registry=registry)
        self.unknown = Counter("reconciler_calls_unknown", "Calls of unknown outcome.", registry=registry)
        self.refused = Counter("reconciler_calls_refused", "Calls that the platform refused.", registry=registry)
        self.latency = Histogram(
            "reconciler_dial_latency_seconds",
            "From the due instant to the request that dials.",
            buckets=_LATENCIES,
            registry=registry,
        )
        self.drift = Gauge("reconciler_drift_objects", "Objects changed outside since the apply.", registry=registry)
        self.balance = Gauge("reconciler_balance_cents", "The account's balance.", registry=registry)
        self.round_failures = Counter("reconciler_round_failures", "Rounds that an error ended.", registry=registry)
        self.manifests_ok = Gauge(
            "reconciler_manifests_ok", "1 unless the newest manifests are in error.", registry=registry
        )
        self._events = Counter(
            "reconciler_events", "Events received, by type and verdict.", ["type", "verdict"], registry=registry
        )
        self._apply = Gauge("reconciler_last_apply", "The commit that was applied last.", ["commit"], registry=registry)
        Gauge("reconciler_build", "The version.", ["version"], registry=registry).labels(__version__).set(1)
        self._types: set[str] = set()
        self._lock = Lock()

    def event(self, type_: str, verdict: str) -> None:
        """Count an event; ``unsigned`` ones have no type that could be believed."""
        with self._lock:
            if len(self._types) < _MOST_TYPES:
                self._types.add(type_)
            known = type_ in self._types
        self._events.labels(type_ if known else "other", verdict).inc()

    def applied(self, commit: str) -> None:
        """Name the commit that was applied last."""
        self._apply.clear()
        if commit:
            self._apply.labels(commit).set(1)

    def states(self, counts: Mapping[str, int]) -> None:
        """How many attempts stand in each state."""
        for state, count in counts.items():
            self.in_state.labels(state).set(count)

    def text(self) -> bytes:
        """As it is scraped."""
        return generate_latest(self._registry)
