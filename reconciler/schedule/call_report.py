"""One row of a report of scheduled calls."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class CallRow:
    """One attempt of one occurrence of a scheduled call.

    ``when`` is the instant it is or was due (aware), None when there is none; ``zone`` the IANA zone it was
    declared in, "" for UTC. ``to`` is the callee as it may be shown: masked already, unless numbers were
    asked for. ``end_reason``, ``duration_seconds`` and ``recording`` (a URL) come from the vendor's record of
    a finished call.
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
