"""One event of the platform's: the type, the id and the call's id, all that may be believed of it."""

from __future__ import annotations

import json
import re
from typing import Any, NamedTuple

_TYPE = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,63}")
_ID = re.compile(r"[!-~]{1,200}")


class Event(NamedTuple):
    """A signed event; ``id`` and ``call_id`` are "" where it names none that could be used."""

    type: str
    id: str
    call_id: str


class NoEvent(ValueError):
    """The body is not a JSON object."""


def read(body: bytes) -> Event:
    """The event of a signed body; raises NoEvent where that is not a JSON object.

    Nothing else of it is read: how a call ended is asked of the platform, by the call's id.
    """
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        raise NoEvent("the body is not JSON") from None
    if not isinstance(document, dict):
        raise NoEvent("the body is not a JSON object")
    data = document.get("data")
    return Event(
        _word(document.get("type"), _TYPE) or "unnamed",
        _word(document.get("event_id"), _ID),
        _call_id(data if isinstance(data, dict) else document),
    )


def _word(value: Any, shape: re.Pattern[str]) -> str:
    return value if isinstance(value, str) and shape.fullmatch(value) else ""


def _call_id(data: dict[str, Any]) -> str:
    found = data.get("call_id")
    if isinstance(found, bool) or not isinstance(found, int | str):
        return ""
    return _word(str(found), _ID)
