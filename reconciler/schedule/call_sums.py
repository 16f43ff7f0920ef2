"""Sums over calls: how many were placed, answered, refused and missed, by agent, list and day.

Every attempt counts once: ``placed`` is the sum of ``answered``, ``voicemail``, ``not_answered``, ``under_way`` and
``untold``, and each group's figures add up to the totals.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import zone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence
    from datetime import datetime

    from reconciler.model import Target
    from reconciler.schedule.call_report import CallRow

_ENDS = {"reached": "answered", "voicemail": "voicemail", "not_reached": "not_answered"}
_MINUTE = 60


@dataclass(frozen=True, slots=True)
class Sums:
    """What came of some calls.

    ``calls`` counts each occurrence once, however often it was tried; ``placed`` tries rang. Of these ``answered``
    reached a person, ``under_way`` have no recorded end, of ``untold`` the platform does not say whether anybody
    answered, and ``second_tries`` were not the first of their call. Nobody was rung for ``refused`` (it may still be
    tried again), ``missed``, ``kept_back`` (its window closed while it was held, or the person must not be called),
    ``skipped`` (a closed day) and ``cancelled`` ones; ``unknown`` ones may have rung. ``unpriced`` counts those that
    ended without a cost that the platform told.
    """

    calls: int = 0
    placed: int = 0
    answered: int = 0
    voicemail: int = 0
    not_answered: int = 0
    under_way: int = 0
    untold: int = 0
    refused: int = 0
    missed: int = 0
    kept_back: int = 0
    skipped: int = 0
    unknown: int = 0
    cancelled: int = 0
    to_come: int = 0
    second_tries: int = 0
    duration_seconds: int = 0
    cost_cents: int = 0
    unpriced: int = 0

    @property
    def minutes(self) -> float:
        """Time on the line, to a tenth of a minute."""
        return round(self.duration_seconds / _MINUTE, 1)

    def __add__(self, other: Sums) -> Sums:
        return Sums(*(getattr(self, name) + getattr(other, name) for name in _FIGURES))


_FIGURES = tuple(item.name for item in fields(Sums))


@dataclass(frozen=True, slots=True)
class CampaignCounts:
    """How many contacts of a campaign stand where by now, as the platform counts them; ``status`` is its word."""

    name: str
    status: str
    contacts: int = 0
    completed: int = 0
    failed: int = 0
    in_progress: int = 0


@dataclass(frozen=True, slots=True)
class CallReport:
    """Sums of the calls of an account, and of the groups among them, each group by its name.

    ``since`` and ``until`` bound the period as it was asked for, "" where it was not. ``first`` and ``last`` are when
    its first and last call rang or was due, each by the clock it was declared in, as a day is; None without any.
    ``campaigns`` are those that were started: the platform places their calls, and its counts are of contacts and
    of no period, so that they are beside the sums.
    """

    target: Target
    now: datetime
    totals: Sums
    by_agent: tuple[tuple[str, Sums], ...] = ()
    by_list: tuple[tuple[str, Sums], ...] = ()
    by_day: tuple[tuple[str, Sums], ...] = ()
    since: str = ""
    until: str = ""
    first: datetime | None = None
    last: datetime | None = None
    campaigns: tuple[CampaignCounts, ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether there is no call at all in it."""
        return self.totals == Sums()


def sums(row: CallRow) -> Sums:
    """What one row counts for."""
    placed, ended = row.state.certain, row.state.ended
    told = _ENDS.get(row.outcome, "") if placed else ""
    missed = 1 + row.earlier if row.state is CallState.EXPIRED else 0
    kept_back = row.kept_back
    return Sums(
        calls=1 + row.earlier if row.attempt == 1 else 0,
        placed=placed,
        answered=told == "answered",
        voicemail=told == "voicemail",
        not_answered=told == "not_answered",
        under_way=placed and not told and not ended,
        untold=ended and not told,
        refused=row.state is CallState.REFUSED,
        missed=0 if kept_back else missed,
        kept_back=missed if kept_back else 0,
        skipped=1 + row.earlier if row.state is CallState.SKIPPED else 0,
        unknown=row.state.uncertain,
        cancelled=row.state is CallState.CANCELLED,
        to_come=row.state.to_come,
        second_tries=placed and row.attempt > 1,
        duration_seconds=(row.duration_seconds or 0) if placed else 0,
        cost_cents=(row.cost_cents or 0) if placed else 0,
        unpriced=ended and row.cost_cents is None,
    )


def total(rows: Iterable[CallRow]) -> Sums:
    """What they come to together."""
    return sum(map(sums, rows), Sums())


def grouped(rows: Iterable[CallRow], key: Callable[[CallRow], str]) -> tuple[tuple[str, Sums], ...]:
    """The sums of each group, by its key, ascending."""
    found: defaultdict[str, Sums] = defaultdict(Sums)
    for row in rows:
        found[key(row)] += sums(row)
    return tuple(sorted(found.items()))


def agent_of(row: CallRow) -> str:
    """The agent that a call names; "" where it names none: its number's own speaks, or a ``config``."""
    return row.agent


def list_of(row: CallRow) -> str:
    """The list that a call is a row of; "" for one with a document of its own."""
    return row.list


def local(row: CallRow) -> datetime | None:
    """When it rang (when it was due, where it did not), by the clock it was declared in."""
    at = row.placed_at or row.when
    return at.astimezone(zone(row.zone or "UTC")) if at else None


def day_of(row: CallRow) -> str:
    """Its day (ISO 8601) by the clock it was declared in; "" where nobody knows its time."""
    at = local(row)
    return at.date().isoformat() if at else ""


def report(
    target: Target,
    rows: Sequence[CallRow],
    *,
    now: datetime,
    period: tuple[str, str] = ("", ""),
    campaigns: Sequence[CampaignCounts] = (),
) -> CallReport:
    """The report of these calls, over a period as it was asked for."""
    instants = [at for row in rows if (at := local(row)) is not None]
    return CallReport(
        target=target,
        now=now,
        totals=total(rows),
        by_agent=grouped(rows, agent_of),
        by_list=grouped(rows, list_of),
        by_day=grouped(rows, day_of),
        since=period[0],
        until=period[1],
        first=min(instants, default=None),
        last=max(instants, default=None),
        campaigns=tuple(campaigns),
    )
