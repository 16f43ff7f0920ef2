"""The states of a scheduled call, and which of them may follow which.

``NEXT`` is the only list of transitions: the diagram in ``docs/scheduled-calls.md`` is drawn from it, and no
record may take another way. A call's second try is a new record that begins at ``armed``.
"""

from __future__ import annotations

from collections import defaultdict
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class CallState(StrEnum):
    """How a scheduled call, or one attempt of one occurrence of it, stands."""

    DECLARED = "declared"  # in the manifests; no apply has armed it. Shown, never recorded.
    ARMED = "armed"  # apply wrote it down; dispatch places it once its window opens.
    HELD = "held"  # armed, and a person said that it must wait. Shown, never recorded.
    CLAIMED = "claimed"  # one dispatch took it; whether a telephone rings is not known yet.
    PLACED = "placed"  # the platform made the call; how it ends is not known yet.
    REFUSED = "refused"  # nobody was rung; it may be tried again inside its window.
    UNKNOWN = "unknown"  # it may have rung; it is not tried again before that is settled.
    EXPIRED = "expired"  # its window closed and nobody was rung.
    SKIPPED = "skipped"  # its day is one on which nobody is called there: nobody was meant to be rung.
    CANCELLED = "cancelled"  # a person or a removed document called it off.
    COMPLETED = "completed"  # the platform says that it ended.
    FAILED = "failed"  # the platform says that it came to nothing.

    @property
    def rang(self) -> bool:
        """Whether somebody's telephone may have rung: counts for the callee, and is never sent again."""
        return self in _RANG

    @property
    def uncertain(self) -> bool:
        """Whether nobody knows yet if it rang: a matter for settling, not for dialling."""
        return self in _UNCERTAIN

    @property
    def certain(self) -> bool:
        """Whether it is known to have rung; such a record is never overwritten by one that knows less."""
        return self in _CERTAIN

    @property
    def open(self) -> bool:
        """Whether a dispatch must look at a record in this state, whatever the time."""
        return self.uncertain or self is CallState.REFUSED

    @property
    def to_come(self) -> bool:
        """Whether it waits for its time, or for a person."""
        return self in _TO_COME

    @property
    def not_out(self) -> bool:
        """Whether a dispatch that found it due did not get it out, or it failed at once."""
        return self in _NOT_OUT

    @property
    def ended(self) -> bool:
        """Whether the platform told how the call ended: only then may a second try be decided."""
        return self in _ENDED

    @property
    def under_way(self) -> bool:
        """Whether it will become something else by itself."""
        return self in _UNDER_WAY

    @property
    def over(self) -> bool:
        """Whether nothing more comes of this record."""
        return self.ended or self in _CALLED_OFF

    @property
    def alarming(self) -> bool:
        """Whether a person must hear of it: somebody was not rung, or nobody knows."""
        return self in _ALARMING


_CERTAIN = frozenset({CallState.PLACED, CallState.COMPLETED, CallState.FAILED})
_UNCERTAIN = frozenset({CallState.CLAIMED, CallState.UNKNOWN})
_RANG = _CERTAIN | _UNCERTAIN
_TO_COME = frozenset({CallState.DECLARED, CallState.ARMED, CallState.HELD})
_NOT_OUT = (_TO_COME - {CallState.HELD}) | {CallState.REFUSED, CallState.FAILED}
_ENDED = frozenset({CallState.COMPLETED, CallState.FAILED})
_UNDER_WAY = frozenset({CallState.CLAIMED, CallState.PLACED})
_CALLED_OFF = frozenset({CallState.EXPIRED, CallState.SKIPPED, CallState.CANCELLED})
_ALARMING = frozenset({CallState.EXPIRED, CallState.UNKNOWN})

NEXT: Mapping[CallState, Mapping[CallState, str]] = {
    CallState.DECLARED: {CallState.ARMED: "apply"},
    CallState.ARMED: {
        CallState.HELD: "calls hold, or `held` in the document",
        CallState.CLAIMED: "dispatch, in the window",
        CallState.PLACED: "found in the list of calls",
        CallState.EXPIRED: "its window closes",
        CallState.SKIPPED: "it recurs, and the day is closed",
        CallState.CANCELLED: "calls cancel, `cancelled`, or no document",
    },
    CallState.HELD: {
        CallState.ARMED: "calls release, or its end",
        CallState.EXPIRED: "its window closes",
        CallState.SKIPPED: "it recurs, and the day is closed",
        CallState.CANCELLED: "calls cancel, `cancelled`, or no document",
    },
    CallState.CLAIMED: {
        CallState.PLACED: "the platform answers with a call",
        CallState.REFUSED: "nobody was rung",
        CallState.UNKNOWN: "no answer, and nothing settles it",
    },
    CallState.REFUSED: {
        CallState.CLAIMED: "dispatch, in the window",
        CallState.PLACED: "an answer comes late",
        CallState.EXPIRED: "its window closes",
        CallState.SKIPPED: "it recurs, and the day is closed",
        CallState.CANCELLED: "calls cancel, `cancelled`, or no document",
    },
    CallState.UNKNOWN: {
        CallState.PLACED: "found in the list of calls",
        CallState.REFUSED: "nobody was rung",
    },
    CallState.PLACED: {
        CallState.COMPLETED: "the platform says so",
        CallState.FAILED: "the platform says so",
        CallState.UNKNOWN: "the call turns out to be another's",
    },
    CallState.EXPIRED: {CallState.PLACED: "an answer comes late"},
    CallState.SKIPPED: {CallState.PLACED: "an answer comes late"},
    CallState.CANCELLED: {
        CallState.ARMED: "apply",
        CallState.PLACED: "an answer comes late",
    },
    CallState.COMPLETED: {},
    CallState.FAILED: {},
}


def may_follow(before: CallState | None, after: CallState) -> bool:
    """Whether a record may go from ``before`` (None: there is none yet, the call is just armed) to ``after``."""
    known = CallState.ARMED if before is None else before
    return after is before or after in NEXT[known]


def diagram() -> Iterator[str]:
    """The lines of a Mermaid diagram of ``NEXT``; what happens for one reason in several states is one line."""
    ways: dict[tuple[str, CallState], list[CallState]] = defaultdict(list)
    for state, following in NEXT.items():
        for after, why in following.items():
            ways[why, after].append(state)
    ends: dict[tuple[str, str], list[CallState]] = defaultdict(list)
    for (why, after), states in ways.items():
        ends[why, " & ".join(states)].append(after)
    yield "flowchart TD"
    for (why, begins), afters in ends.items():
        yield f"    {begins} -->|{why}| {' & '.join(afters)}"
