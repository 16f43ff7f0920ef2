"""Forecast of the declared calls: what they will cost, and whom they will ring."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from reconciler.model import Address


@dataclass(frozen=True, slots=True)
class ExpectedCall:
    """One declared call to come: one occurrence, its second tries included.

    ``at`` and ``closes`` are aware, ``zone`` is the one it was declared in ("" for UTC), ``places`` are the
    zones in which the callee may be. ``to`` is personal. ``cents`` is the most it may cost over all its
    ``tries``; ``limited``: its agent ends it by itself. ``awake``: inside the calling hours in every place. One whose
    first ``attempt`` is over is a second try to come.
    """

    address: Address
    at: datetime
    closes: datetime
    zone: str
    to: str
    places: tuple[str, ...]
    awake: bool
    agent: str
    cents: int
    limited: bool
    recurs: bool = False
    tries: int = 1
    attempt: int = 1

    @property
    def name(self) -> str:
        """``confirm-jane``, ``confirm-jane (attempt 2)``."""
        return self.address.name if self.attempt == 1 else f"{self.address.name} (attempt {self.attempt})"


@dataclass(frozen=True, slots=True)
class SecondTry:
    """A try that follows a call that is over: when it opens, its number, and the number of the last there may be.

    ``occurrence`` is the one that is tried again, "" of a call that happens once.
    """

    at: datetime
    attempt: int
    last: int
    occurrence: str = ""


@dataclass(frozen=True, slots=True)
class ExpectedCampaign:
    """A campaign to come: once it was started, between ``at`` and ``closes``, the platform rings ``people`` by itself.

    It calls each day within ``hours`` (``09:00``, ``17:00``) of ``zone`` ("" for UTC), until ``ends`` where that is
    told. ``tries`` calls may go to each of them; ``cents`` is the most that all may cost, None where no limit is told.
    ``held`` is why it will not be started as things stand, "" where it will.
    """

    address: Address
    at: datetime
    closes: datetime
    zone: str
    hours: tuple[str, str]
    people: int
    tries: int | None
    cents: int | None
    agent: str
    ends: datetime | None = None
    held: str = ""


@dataclass(frozen=True, slots=True)
class Skip:
    """One occurrence that is not to be placed, and why; ``zone`` is the one it was declared in ("" for UTC)."""

    address: Address
    at: datetime
    zone: str
    why: str


@dataclass(frozen=True, slots=True)
class Forecast:
    """What the declared calls mean for money and people, seen from ``now``; amounts are US cents.

    ``rings`` ascend in time; recurring calls are counted until ``until``, and not ``whole`` when they are
    too many to count. ``hours`` are the calling hours in minutes of the callee's day, ``minutes`` is assumed
    for a call without a limit. ``balance_cents`` is None where it was not read; ``reload_limit_cents`` is
    the most that auto-reload, where it ``reloads``, may charge in a month. ``timezone_data`` is the version of the
    data by which the times were read. ``skips`` are the occurrences that are left out, ascending; ``campaigns`` are
    what the platform will call by itself, ascending, and not among the sums of calls.
    """

    now: datetime
    until: datetime
    rings: tuple[ExpectedCall, ...]
    minutes: int
    rates: Mapping[str, float]
    rates_read: date
    hours: tuple[int, int] = (0, 1440)
    whole: bool = True
    balance_cents: int | None = None
    reloads: bool = False
    reload_limit_cents: int | None = None
    timezone_data: str = ""
    skips: tuple[Skip, ...] = ()
    campaigns: tuple[ExpectedCampaign, ...] = ()

    @property
    def rings_anybody(self) -> bool:
        """Whether a call or a campaign is to come."""
        return bool(self.rings or self.campaigns)

    @property
    def campaign_cents(self) -> int | None:
        """The most that all campaigns may cost; None where of one no limit is told."""
        each = [it.cents for it in self.campaigns]
        return None if None in each else sum(cents for cents in each if cents is not None)

    @property
    def cents(self) -> int:
        """The most that all of them may cost."""
        return sum(ring.cents for ring in self.rings)

    @property
    def people(self) -> int:
        """How many numbers are rung."""
        return len({ring.to for ring in self.rings})

    @property
    def calls(self) -> int:
        """How many calls there may be, second tries included."""
        return sum(ring.tries for ring in self.rings)

    @property
    def covered(self) -> int:
        """How many of the rings, from the first on, today's balance pays for even at their dearest."""
        left, count = self.balance_cents or 0, 0
        for ring in self.rings:
            left -= ring.cents
            if left < 0:
                break
            count += 1
        return count
