"""Records of scheduled calls: what is armed, and each attempt of each occurrence.

Numbers and words of callees are digests. Fields that a newer version added to a record are left out when it is read.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from reconciler.schedule.planned_call import PlannedCall
from reconciler.state.bindings import plain
from reconciler.state.call_states import CallState

if TYPE_CHECKING:
    from collections.abc import Mapping

_NOT_STORED = ("recording",)


@dataclass(frozen=True)
class Armed:
    """A scheduled call that apply has armed (or cancelled).

    ``spec`` is what was declared: plain where it says when and from where, digests where it is personal.
    ``opens`` and ``closes`` are instants in ISO 8601 (UTC): the window of a call that happens once, or ""
    and the end of a recurring one ("" for never). Occurrences due before ``since`` are not its business.
    ``held`` is why it must not be placed for now, ``held_since`` and ``held_by`` when and by whom it was held.
    ``tzdata`` is the version of the time-zone data by which the instants were read, ``project`` whose call it is.
    """

    name: str
    state: CallState
    spec: Mapping[str, Any]
    opens: str
    closes: str
    armed_at: str
    since: str = ""
    path: str = ""
    callee: str = ""
    held: str = ""
    held_since: str = ""
    held_by: str = ""
    tzdata: str = ""
    project: str = ""

    @cached_property
    def call(self) -> PlannedCall:
        """What was declared, as far as the ledger keeps it: no callee, no words."""
        return PlannedCall.remembered(self.name, self.spec, path=self.path)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt of one occurrence of a scheduled call: the record that makes it happen at most once.

    ``to`` is a digest of the callee's number. ``occurrence`` is the call's name, with its wall time when it
    recurs. ``outcomes`` are the words of ``attempts.on`` that the finished call's own record bears out, and
    ``outcome`` says whether anybody was reached. ``recording`` is a link that is shown and never stored.
    """

    name: str
    occurrence: str
    attempt: int
    state: CallState
    key: str = ""
    to: str = ""
    owner: str = ""
    claimed_at: str = ""
    sent_at: str = ""
    placed_at: str = ""
    closes: str = ""
    call_id: str = ""
    detail: str = ""
    code: str = ""
    status: str = ""
    end_reason: str = ""
    ended_at: str = ""
    duration_seconds: int | None = None
    cost_cents: int | None = None
    recording: str = ""
    outcome: str = ""
    outcomes: tuple[str, ...] = ()

    @property
    def shown_state(self) -> CallState:
        """As a reader is told: a call that the answer itself calls failed has failed, whatever is recorded yet."""
        failed = self.state is CallState.PLACED and self.status == CallState.FAILED
        return CallState.FAILED if failed else self.state


class DueWork(NamedTuple):
    """The calls of which something may be wanted now, their attempts, and when the next of the others opens."""

    armed: dict[str, Armed]
    attempts: list[Attempt]
    next_opening: str


class Hold(NamedTuple):
    """A hold over all calls: why, since when (ISO 8601, UTC) and by whom; false when there is none."""

    why: str = ""
    since: str = ""
    by: str = ""

    def __bool__(self) -> bool:
        return bool(self.why)


def next_number(last: Attempt, call: Armed) -> int:
    """The number of the next attempt; the same one while it is not finished, or when it was the last.

    A second try is decided from the finished call's own record, never from an HTTP error.
    """
    retry = call.call.retry
    if retry is None or not (last.state.ended and last.ended_at) or last.attempt >= retry.most:
        return last.attempt
    return last.attempt + 1 if set(retry.on) & set(last.outcomes) else last.attempt


def stored_armed(armed: Armed) -> dict[str, Any]:
    """What is armed, as it is stored."""
    return asdict(armed)


def stored_attempt(attempt: Attempt) -> dict[str, Any]:
    """An attempt as it is stored: without links that open a recording to whoever reads the state."""
    return {name: value for name, value in plain(attempt).items() if name not in _NOT_STORED}


def read_armed(value: Mapping[str, Any]) -> Armed:
    """What is armed, as it was stored; ValueError and its like where what was declared cannot be understood."""
    armed = Armed(**{**_known(Armed, value), "state": CallState(value["state"])})
    armed.call  # noqa: B018 - read now, where a damaged entry is told from a whole one
    return armed


def read_attempt(value: Mapping[str, Any]) -> Attempt:
    """An attempt as it was stored."""
    known = _known(Attempt, value)
    known.pop("recording", None)  # older versions stored it
    return Attempt(**{**known, "state": CallState(value["state"]), "outcomes": tuple(value.get("outcomes", ()))})


def _known(noun: type[Any], value: Mapping[str, Any]) -> dict[str, Any]:
    """The fields this version knows: a state written by a newer one may hold more."""
    known = _FIELDS[noun]
    return {name: item for name, item in value.items() if name in known}


_FIELDS = {noun: frozenset(item.name for item in fields(noun)) for noun in (Armed, Attempt)}
