"""A planned call: what one scheduled call asks for, as its manifest or the ledger says it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, timedelta, tzinfo
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.model import Address, Location
from reconciler.schedule.clock import nominal, parse_duration, parse_moment, zone
from reconciler.schedule.occurrences import Schedule, ending

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime


@cache
def _file(path: str) -> Location:
    """The place that a remembered call has: its file, which it shares with all rows of a list."""
    return Location(path)


def clock_of(spec: Mapping[str, Any]) -> tzinfo:
    """The clock by which a call's dates are read: its zone, or else the offset of its `at`."""
    name = spec.get("timezone") or (spec.get("schedule") or {}).get("timezone")
    if name:
        return zone(name)
    return (parse_moment(spec["at"]).tzinfo if spec.get("at") else None) or UTC


LATE = timedelta(minutes=10)
_GAP = "30m"
_ON = ("not_answered",)
_PERSONAL = ("to_number", "config", "variables")  # a ledger holds digests of these


def with_digests(spec: Mapping[str, Any], as_kept: Callable[[str], str]) -> dict[str, Any]:
    """What is remembered of a call, each digest in it as a ledger keeps it."""
    return {**spec, **{name: as_kept(spec[name]) for name in _PERSONAL if isinstance(spec.get(name), str)}}


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When an unanswered call is tried again: at most ``most`` calls, ``gap`` after one of the outcomes ``on``."""

    most: int
    gap: timedelta
    on: tuple[str, ...]

    @classmethod
    def of(cls, written: Mapping[str, Any] | None) -> RetryPolicy | None:
        """As ``attempts`` says it; None when there is to be one call only."""
        if not written:
            return None
        return cls(int(written.get("max", 1)), parse_duration(written.get("gap", _GAP)), tuple(written.get("on", _ON)))


@dataclass(frozen=True, slots=True)
class DeclaredHold:
    """A hold that a manifest asks for: why, and the instant at which it ends by itself, None for never."""

    why: str
    until: datetime | None = None

    def in_force(self, now: datetime) -> bool:
        """Whether it stops the call at this time."""
        return self.until is None or now < self.until

    @classmethod
    def of(cls, spec: Mapping[str, Any]) -> DeclaredHold | None:
        """As ``held`` of a call says it; None for none."""
        if not (written := spec.get("held")):
            return None
        until = written.get("until")
        return cls(str(written.get("why")), ending(until, clock_of(spec)) if until else None)


@dataclass(frozen=True, slots=True)
class PlannedCall:
    """One scheduled call, as its manifest declares it or as the ledger remembers it.

    ``at`` (UTC) is set for a call that happens once, ``schedule`` for one that recurs. ``from_number`` is
    "" when the manifests do not tell it. ``spec`` is what is remembered of it: digests where personal. A
    remembered call knows when and from where, not whom or with which words: ``to_number`` is "" then, and ``masked``
    is as much of it as readers are shown. ``cancelled`` is why its manifest calls it off, "" where it does not.
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
    retry: RetryPolicy | None = None
    hold: DeclaredHold | None = None
    cancelled: str = ""
    masked: str = ""

    @classmethod
    def of(  # noqa: PLR0913 - what only the manifests know, all keyword-only
        cls,
        address: Address,
        spec: Mapping[str, Any],
        *,
        location: Location,
        to_number: str = "",
        from_number: str = "",
        config: Mapping[str, Any] | None = None,
        options: Mapping[str, Any] | None = None,
        recorded: Mapping[str, Any] | None = None,
        masked: str = "",
    ) -> PlannedCall:
        """When and how the call is placed, as ``spec`` says; ValueError for what ``check`` would have refused.

        ``recorded`` is what the ledger keeps of it, where that is not ``spec`` itself.
        """
        written = spec.get("schedule")
        return cls(
            address=address,
            location=location,
            to_number=to_number,
            from_number=from_number or str(spec.get("from_number") or ""),
            at=nominal(spec["at"], spec.get("timezone")).instant if spec.get("at") and not written else None,
            schedule=Schedule.of(written) if written else None,
            zone=str(spec.get("timezone") or (written or {}).get("timezone") or ""),
            spec=spec if recorded is None else recorded,
            late=LATE if spec.get("late") is None else parse_duration(spec["late"]),
            agent=spec.get("agent"),
            config=config,
            options={} if options is None else options,
            retry=RetryPolicy.of(spec["attempts"]) if spec.get("attempts") else None,
            hold=DeclaredHold.of(spec) if spec.get("held") else None,
            cancelled=str(spec["cancelled"].get("why") or "") if spec.get("cancelled") else "",
            masked=masked,
        )

    @classmethod
    def remembered(cls, name: str, spec: Mapping[str, Any], *, path: str, masked: str = "") -> PlannedCall:
        """The call as the ledger keeps it."""
        return cls.of(Address("ScheduledCall", name), spec, location=_file(path or "?"), masked=masked)

    @property
    def name(self) -> str:
        """The call's permanent name."""
        return self.address.name

    @property
    def closes(self) -> datetime | None:
        """When it can no longer be placed: the end of its window, or of its schedule; None for never."""
        last = self.at or (self.schedule.until if self.schedule else None)
        return last + self.late if last else None

    @property
    def most_attempts(self) -> int:
        """How many calls it may come to altogether."""
        return self.retry.most if self.retry else 1

    @property
    def gap(self) -> timedelta:
        """From the end of one call to the next."""
        return self.retry.gap if self.retry else timedelta(0)

    def request(self, *, agent_id: int | str | None, key: str) -> dict[str, Any]:
        """The body of ``POST /v1/call`` (contract 2.12.1)."""
        body: dict[str, Any] = {"from_number": self.from_number, "to_number": self.to_number}
        if agent_id is not None:
            body["agent_id"] = agent_id
        if self.config is not None:  # only what is set: a null is what the platform takes where nothing is sent
            body["config"] = {name: value for name, value in self.config.items() if value is not None}
        return {**body, **self.options, "idempotency_key": key}
