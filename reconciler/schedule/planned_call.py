"""Say what a scheduled call asks for once its names are looked up in the manifests."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.model import Address, Location
    from reconciler.schedule.occurrences import Schedule

LATE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When an unanswered call is tried again: at most ``most`` calls, ``gap`` after one of the outcomes ``on``."""

    most: int
    gap: timedelta
    on: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One scheduled call, ready to be armed and later placed.

    ``at`` (UTC) is set for a call that happens once, ``schedule`` for one that recurs. ``from_number`` is
    "" when the manifests do not tell it. ``spec`` is what the ledger keeps of it: digests where personal.
    """

    address: Address
    location: Location
    to_number: str
    from_number: str
    at: datetime | None
    schedule: Schedule | None
    zone: str
    spec: Mapping[str, Any]
    late: timedelta = LATE
    agent: str | None = None
    config: Mapping[str, Any] | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    again: RetryPolicy | None = None

    @property
    def name(self) -> str:
        """The call's permanent name."""
        return self.address.name

    @property
    def closes(self) -> datetime | None:
        """When it can no longer be placed: the end of its window, or of its schedule; None for never."""
        last = self.at or (self.schedule.until if self.schedule else None)
        return last + self.late if last else None

    def request(self, *, agent_id: int | str | None, key: str) -> dict[str, Any]:
        """The body of ``POST /v1/call`` (contract 2.12.1)."""
        body: dict[str, Any] = {"from_number": self.from_number, "to_number": self.to_number}
        if agent_id is not None:
            body["agent_id"] = agent_id
        if self.config is not None:
            body["config"] = dict(self.config)
        return {**body, **self.options, "idempotency_key": key}
