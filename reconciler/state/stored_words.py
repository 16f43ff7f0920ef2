"""What the stored words of a call alone tell, so that calls that are not due are not read one by one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.schedule import timezones
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import stamp

if TYPE_CHECKING:
    from datetime import datetime

    from reconciler.store import Entry

_OPEN = frozenset(state.value for state in CallState if state.open)
_STATES = frozenset(CallState)
_TO_THE_SECOND = len("2026-12-01T15:00:00")
_LONGEST_SHIFT = timedelta(hours=3)  # by which newer time-zone data may move an instant
_OPENS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z")


def happens_once(call: Entry) -> bool:
    """Whether a call's stored words alone may tell that it is not due; a damaged one is read, and so found."""
    opens = call.value.get("opens")
    return isinstance(opens, str) and _OPENS.fullmatch(opens) is not None and _is_state(call.value.get("state"))


def is_open(entry: Entry) -> bool:
    """Whether an attempt must be looked at, by its stored word; one that is no state is damaged, and must be too."""
    state = entry.value.get("state")
    return not _is_state(state) or state in _OPEN


def _is_state(state: object) -> bool:
    return isinstance(state, str) and state in _STATES


def retries(call: Entry) -> bool:
    """Whether a call may have a second try, by its stored words."""
    spec = call.value.get("spec")
    return not isinstance(spec, dict) or bool(spec.get("attempts"))


class ByNow:
    """An instant, held against the stored instants of many calls."""

    def __init__(self, now: datetime) -> None:
        self._second = stamp(now)[:_TO_THE_SECOND]
        self._far = stamp(now + _LONGEST_SHIFT)[:_TO_THE_SECOND]
        self._tzdata = timezones.version()

    def is_before(self, call: Entry, opens: str) -> bool:
        """Whether a call opens later, as far as its stored instant may be gone by."""
        return opens[:_TO_THE_SECOND] > self._second and self._as_read(call, opens)

    def _as_read(self, call: Entry, opens: str) -> bool:
        """Whether it may: the time-zone data here are no newer, or it is far away yet."""
        by, spec = call.value.get("tzdata") or "", call.value.get("spec")
        fixed = isinstance(spec, dict) and not spec.get("timezone")
        return fixed or opens > self._far or (isinstance(by, str) and bool(by) and by >= self._tzdata)
