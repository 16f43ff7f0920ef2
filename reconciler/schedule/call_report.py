"""One row of a report of scheduled calls."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from reconciler.schedule.clock import parse_instant, spoken_local, zone

if TYPE_CHECKING:
    from reconciler.model import Target
    from reconciler.schedule.call_states import CallState

_ANOTHER_YEAR = datetime(1970, 1, 2, tzinfo=UTC)  # seen from which every time is told with its year
KEPT_BACK = "RC615"  # the code of what was missed because somebody decided that it must not ring
OUTCOMES = ("reached", "not_reached", "voicemail", "unknown")


@dataclass(frozen=True, slots=True)
class CallRow:
    """One attempt of one occurrence of a scheduled call.

    ``when`` is the instant it is or was due (aware), None when there is none; ``zone`` the IANA zone it was
    declared in, "" for UTC. ``to`` is the callee as it may be shown: masked already, unless numbers were
    asked for. ``end_reason``, ``duration_seconds`` and ``recording`` (a URL) come from the vendor's record of
    a finished call; so do ``outcome`` (one of ``OUTCOMES``, "" while nobody can tell or nobody was rung),
    ``placed_at``, when it rang, and ``cost_cents``. ``earlier`` counts the missed occurrences that are told with it.
    ``in_error``: its document is, and nobody is rung for it as it stands.
    """

    name: str
    occurrence: str
    attempt: int
    when: datetime | None
    zone: str
    state: CallState
    call_id: str = ""
    detail: str = ""
    end_reason: str = ""
    duration_seconds: int | None = None
    recording: str = ""
    to: str = ""
    hint: str = ""
    code: str = ""
    outcome: str = ""
    placed_at: datetime | None = None
    cost_cents: int | None = None
    agent: str = ""
    earlier: int = 0
    in_error: bool = False

    @property
    def kept_back(self) -> bool:
        """Whether it was missed while it was held, or because the person must not be called: nobody is alarmed."""
        return self.code == KEPT_BACK

    @property
    def list(self) -> str:
        """The list that it is a row of; "" for a call with a document of its own."""
        name, separator, _ = self.name.partition("/")
        return name if separator else ""


@dataclass(frozen=True, slots=True)
class CallList:
    """Calls as they are listed: whose they are, and what holds all of them, "" for nothing.

    ``hold`` is why, since when, by whom and until when. ``left_out`` counts those that were not asked for; ``release``
    is the command that ends the hold. The first ``wrong`` rows are of documents that are in error.
    """

    target: Target
    rows: tuple[CallRow, ...]
    hold: tuple[str, str, str, str] = ("", "", "", "")
    left_out: int = 0
    wrong: int = 0
    release: str = "reconciler calls release --all"

    @property
    def zone(self) -> str:
        """The zone that all of them are declared in; "" where there are several, or none is told."""
        zones = {row.zone for row in self.rows}
        return zones.pop() if len(zones) == 1 else ""


def spoken_end(until: str, place: str = "") -> str:
    """`` until Mon 28 Dec 2026 00:00 New York`` of a stored instant, as the tail of a sentence; "" for no end.

    ``place`` is the zone by whose clock it is told, "" for UTC.
    """
    return f" until {spoken_moment(until, place)}" if until else ""


def standstill(why: str, since: str, by: str, until: str = "", place: str = "") -> str:
    """``every call is held since Sat 12 Jan 2030 10:00 UTC by the lead: flooded``; "" without a hold.

    ``place`` is the zone by whose clock it is told, "" for UTC.
    """
    if not why:
        return ""
    when = f" since {spoken_moment(since, place)}" if since else ""
    return f"every call is held{when}{spoken_end(until, place)}{f' by {by}' if by else ''}: {why}"


def spoken_moment(written: str, place: str) -> str:
    """``Mon 28 Dec 2026 00:00 New York`` of a stored instant; what is none is told as it is written."""
    try:
        instant = parse_instant(written)
    except ValueError:
        return written
    return spoken_local(instant, zone(place or "UTC"), now=_ANOTHER_YEAR)
