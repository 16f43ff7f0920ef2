"""What the stored words of a call alone tell, so that calls that are not due are not read one by one."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from reconciler.schedule import timezones
from reconciler.schedule.call_states import CallState
from reconciler.schedule.clock import parse_instant, stamp
from reconciler.state.switches import ARMED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from reconciler.store import Entry

    Calls: TypeAlias = tuple[dict[str, Entry], dict[str, list[Entry]]]  # what is armed, and the attempts of each

_OPEN = frozenset(state.value for state in CallState if state.open)
_STATES = frozenset(CallState)
_TO_THE_SECOND = len("2026-12-01T15:00:00")
_LONGEST_SHIFT = timedelta(hours=3)  # by which newer time-zone data may move an instant
_OPENS = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?Z")


def by_name(entries: Iterable[Entry], name: Callable[[Entry], str], wanted: Callable[[Entry], bool]) -> Calls:
    """Of entries in their order the calls that are ``wanted``, and the attempts of all but the others, by ``name``."""
    armed: dict[str, Entry] = {}
    tried: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry.key.endswith(ARMED):
            armed[name(entry)] = entry
        else:
            tried.setdefault(name(entry), []).append(entry)
    calls = {name: entry for name, entry in armed.items() if wanted(entry)}
    if tried and len(calls) < len(armed):
        tried = {name: own for name, own in tried.items() if name in calls or name not in armed}
    return calls, tried


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


class Asleep:
    """The calls that happen once and were not due yet when somebody looked, each told at once while it stays so.

    What is stored of a call is looked at once: a run asks several times what is due, and nearly always nothing is.
    """

    def __init__(self) -> None:
        self._tzdata = timezones.version()
        self._found: dict[str, tuple[Entry, str, str]] = {}  # what is stored, until when it sleeps, and when it opens

    def opening(self, name: str, call: Entry, second: str) -> str:
        """When a call opens that is armed and was never tried; "" where it is another, or may be due at this second."""
        known = self._found.get(name)
        if known is None or known[0] is not call:
            waits = happens_once(call) and call.value["state"] == CallState.ARMED
            opens = call.value["opens"] if waits else ""
            self._found[name] = known = call, self._until(call, opens) if waits else "", opens
        return known[2] if known[1] > second else ""

    def _until(self, call: Entry, opens: str) -> str:
        """Until which second it is not due: newer time-zone data than it was armed by may have moved its instant."""
        by, spec = call.value.get("tzdata"), call.value.get("spec")
        fixed = isinstance(spec, dict) and not spec.get("timezone")
        try:
            instant = parse_instant(opens)
            if fixed or (isinstance(by, str) and by and by >= self._tzdata):
                return opens[:_TO_THE_SECOND]
            return to_the_second(instant - _LONGEST_SHIFT)
        except (ValueError, OverflowError):
            return ""  # damaged, as whoever reads it finds


def to_the_second(instant: datetime) -> str:
    """An instant as the beginning of the stored ones, which sort by it: ``2026-12-01T15:00:00``, in UTC."""
    return stamp(instant)[:_TO_THE_SECOND]
