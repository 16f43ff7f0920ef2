"""Detail of one scheduled call: what was declared, its tries, its holds, what was said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.schedule.call_report import CallRow


@dataclass(frozen=True, slots=True)
class ToldHold:
    """A hold over the call, one occurrence of it or all calls; ``until`` is when it ended, or ends by itself."""

    why: str
    since: datetime | None
    by: str
    until: datetime | None = None
    over: str = "the call"


@dataclass(frozen=True, slots=True)
class Try:
    """One attempt: its row, which run took it when, and when it ended."""

    row: CallRow
    owner: str = ""
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    ended_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Turn:
    """What one side said (or a tool that was called), and how many milliseconds after the call began."""

    role: str
    text: str
    start_ms: int | None = None


@dataclass(frozen=True, slots=True)
class Transcript:
    """What was said on one call of the platform's, and a link to its recording, "" where there is none.

    ``detail`` says why there are no turns.
    """

    call_id: str
    recording: str = ""
    turns: tuple[Turn, ...] = ()
    detail: str = ""


@dataclass(frozen=True, slots=True)
class CallDetail:
    """One call: ``place`` is where it is declared, ``opens`` and ``closes`` bound a call that happens once.

    ``recurs`` is its cron expression, "" for a call that happens once; ``most`` tries it may come to, the next
    ``gap`` after one that ended in a word of ``retry_on``; ``next`` are the rows of what is to come.
    ``transcripts`` is None where they were not asked for.
    """

    name: str
    zone: str
    agent: str = ""
    caller: str = ""
    to: str = ""
    place: str = ""
    opens: datetime | None = None
    closes: datetime | None = None
    recurs: str = ""
    most: int = 1
    gap: timedelta = timedelta(0)
    retry_on: tuple[str, ...] = ()
    armed_at: datetime | None = None
    holds: tuple[ToldHold, ...] = ()
    tries: tuple[Try, ...] = ()
    next: tuple[CallRow, ...] = ()
    transcripts: tuple[Transcript, ...] | None = None
