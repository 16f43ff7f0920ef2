"""The one table that says what dialling each number leads to.

The last four digits of the destination decide; any other number is answered and talks for half a minute.
All of them lie in the range the numbering plan keeps for fiction (``+1 NPA 555 01XX``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """What becomes of a call, in seconds after it was placed.

    ``http`` and ``status_word`` are the answer to the placing itself; ``refusal`` replaces it and, unless
    ``rings_anyway``, nothing is dialled. ``answered_after`` is None when nobody picks up, ``ends_after`` is
    None when the call never ends.
    """

    meaning: str
    http: int = 201
    status_word: str = "initiated"
    refusal: tuple[int, dict[str, Any]] | None = None
    rings_anyway: bool = False
    answered_after: int | None = 4
    ends_after: int | None = 34
    status: str = "completed"
    end_reason: str = "caller_hangup"
    call_outcome: str = "success"
    failure_reason: str = ""
    recorded: bool = True
    transferred: bool = False


def _unanswered(meaning: str, end_reason: str, *, status: str = "completed", seconds: int = 30) -> Outcome:
    return Outcome(
        meaning,
        answered_after=None,
        ends_after=seconds,
        status=status,
        end_reason=end_reason,
        call_outcome="no_conversation",
        failure_reason=end_reason if status == "failed" else "",
        recorded=False,
    )


DEFAULT = "default"
OUTCOMES: dict[str, Outcome] = {
    DEFAULT: Outcome("answered, completed after 34 s, recorded"),
    "0199": Outcome("answered, completed after 42 s, recorded", ends_after=42),
    "0198": _unanswered("nobody answers: completed, never answered", "no_answer"),
    "0197": _unanswered("busy: failed, never answered", "busy", status="failed", seconds=3),
    "0196": Outcome(
        "voicemail picks up: completed after 18 s",
        ends_after=18,
        end_reason="voicemail",
        call_outcome="no_conversation",
    ),
    "0195": _unanswered("201, then the provider fails", "provider_error", status="failed", seconds=2),
    "0194": Outcome("202 unknown; the call took place", http=202, status_word="unknown"),
    "0193": Outcome(
        "202 pending; the call never took place and ends failed",
        http=202,
        status_word="pending",
        answered_after=None,
        ends_after=20,
        status="failed",
        end_reason="not_submitted",
        call_outcome="no_conversation",
        failure_reason="not_submitted",
        recorded=False,
    ),
    "0192": Outcome(
        "409 permanently: the caller ID is refused",
        refusal=(
            409,
            {
                "detail": "The carrier does not accept this caller ID for the destination.",
                "code": "caller_id_not_eligible",
                "retryable": False,
            },
        ),
    ),
    "0191": Outcome(
        "409 that a retry may overcome (it never does here)",
        refusal=(409, {"detail": "Another placement is in progress for this number.", "retryable": True}),
    ),
    "0190": Outcome("502, nothing was dialled", refusal=(502, {"detail": "Upstream SIP provider error."})),
    "0189": Outcome(
        "502, and yet the call was placed",
        refusal=(502, {"detail": "Upstream SIP provider error."}),
        rings_anyway=True,
    ),
    "0188": Outcome("answered, and never ends", ends_after=None),
    "0187": Outcome(
        "403, a trial organisation may not dial it",
        refusal=(403, {"detail": "Trial organizations can only call verified destinations."}),
    ),
    "0186": Outcome(
        "400, the destination is not supported",
        refusal=(400, {"to_number": ["Calls to this destination are not supported."]}),
    ),
    "0185": Outcome(
        "answered, completed, but the recording failed", ends_after=20, end_reason="agent_end", recorded=False
    ),
    "0184": Outcome("answered, and handed over to a person", ends_after=30, end_reason="transfer", transferred=True),
    "0183": Outcome(
        "answered, then it broke: failed, and somebody was disturbed",
        ends_after=10,
        status="failed",
        end_reason="error",
        call_outcome="failure",
        failure_reason="error",
        recorded=False,
    ),
}


def outcome_of(to_number: str) -> str:
    """The key of the table for a destination."""
    suffix = to_number[-4:]
    return suffix if suffix in OUTCOMES else DEFAULT
