"""One row of a report of scheduled calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.model import Target

OUTCOMES = ("reached", "not_reached", "voicemail", "unknown")


@dataclass(frozen=True, slots=True)
class CallRow:
    """One attempt of one occurrence of a scheduled call.

    ``when`` is the instant it is or was due (aware), None when there is none; ``zone`` the IANA zone it was
    declared in, "" for UTC. ``to`` is the callee as it may be shown: masked already, unless numbers were
    asked for. ``end_reason``, ``duration_seconds`` and ``recording`` (a URL) come from the vendor's record of
    a finished call; so do ``outcome`` (one of ``OUTCOMES``, "" while nobody can tell or nobody was rung),
    ``placed_at``, when it rang, and ``cost_cents``.
    """

    name: str
    occurrence: str
    attempt: int
    when: datetime | None
    zone: str
    state: str
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


@dataclass(frozen=True, slots=True)
class CallList:
    """Calls as they are listed: whose they are, and what holds all of them (why, since when, by whom), "" for nothing.

    ``left_out`` counts those that were not asked for; ``release`` is the command that ends the hold.
    """

    target: Target
    rows: tuple[CallRow, ...]
    hold: tuple[str, str, str] = ("", "", "")
    left_out: int = 0
    release: str = "reconciler calls release --all"
