"""What the stored words of a call alone tell, so that calls that are not due are not read one by one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from reconciler.state.call_states import CallState

if TYPE_CHECKING:
    from reconciler.store import Entry

_OPEN = frozenset(state.value for state in CallState if state.open)
_STATES = frozenset(CallState)


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


def as_read(call: Entry, opens: str, far: str, here: str) -> bool:
    """Whether the stored instants may be gone by: the time-zone data ``here`` are no newer, or it is far away yet."""
    by, spec = call.value.get("tzdata") or "", call.value.get("spec")
    fixed = isinstance(spec, dict) and not spec.get("timezone")
    return fixed or opens > far or (isinstance(by, str) and bool(by) and by >= here)
