"""Equality of declared and live values: what a server spells in its own way is no difference.

Only what the desired side mentions counts (promise P3): keys the vendor adds inside an object are no difference.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from reconciler.contract.fields import Policy


def digest(value: Any) -> str:
    """A short digest of any JSON value: equal values, equal digests; 64 bits are plenty for one field."""
    return hashlib.sha256(_canonical(value).encode("utf-8", "surrogatepass")).hexdigest()[:16]


_canonical = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, default=str).encode


def digests(policy: Policy, value: Any) -> tuple[str, ...]:
    """The digests by which a value is recognised: of its meaning, as ``same`` compares it, and then of its spelling.

    The first is what is recorded; a state of an earlier version holds the second.
    """
    meant = meaning(policy, value)
    return (digest(value),) if meant is value else (digest(meant), digest(value))


def meaning(policy: Policy, value: Any) -> Any:
    """The one spelling of a value that stands for all that are the same; the value itself where it is that one."""
    if isinstance(value, str):
        return _spelt_once(value)
    if isinstance(value, Mapping):
        inner = {key: meaning(_NOTHING_SPECIAL, item) for key, item in value.items()}
        return value if all(inner[key] is item for key, item in value.items()) else _unless_equal(value, inner)
    if isinstance(value, list | tuple):
        items = [meaning(_NOTHING_SPECIAL, item) for item in value]
        return _unless_equal(value, sorted(items, key=digest) if policy.unordered else items)
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value


def _unless_equal(value: Any, meant: Any) -> Any:
    return value if digest(value) == digest(meant) else meant


def same(policy: Policy, desired: Any, live: Any) -> bool:
    """Whether the live value is what was declared: values are compared, not spellings."""
    if equal(desired, live):
        return True
    if policy.hashed:
        return bool(digest(desired) == live)
    if policy.ref is not None and policy.ref.many:
        return bool(isinstance(desired, list) and list(map(str, desired)) == list(map(str, live or ())))
    if policy.unordered and isinstance(desired, Sequence) and isinstance(live, list):
        return _same_in_any_order(desired, live)
    return covers(desired, live)


def equal(desired: Any, live: Any) -> bool:
    """Whether two values are one that holds no others: what does may be equal with a False for a 0 in it."""
    return desired.__class__ is live.__class__ and desired.__class__ in _HOLD_NOTHING and bool(desired == live)


_HOLD_NOTHING = frozenset({str, int, float, bool, type(None)})
_NOTHING_SPECIAL = Policy()


def _same_in_any_order(desired: Sequence[Any], live: list[Any]) -> bool:
    left = list(live)
    for wanted in desired:
        alike = [place for place, item in enumerate(left) if covers(wanted, item)]
        if not alike:
            return False
        left.pop(next((place for place in alike if covers(left[place], wanted)), alike[0]))  # the closest of them
    return not left


def covers(desired: Any, live: Any) -> bool:
    """Whether the live value has all that is desired, and perhaps keys of the vendor's."""
    if live is None and isinstance(desired, str | Mapping | list | tuple):
        return not desired  # what is empty is told as nothing by some servers
    if isinstance(desired, Mapping):
        return isinstance(live, Mapping) and all(
            key in live and covers(value, live[key]) for key, value in desired.items()
        )
    if isinstance(desired, list | tuple):
        return isinstance(live, list | tuple) and len(live) == len(desired) and all(map(covers, desired, live))
    if isinstance(desired, bool) or isinstance(live, bool):
        return desired is live
    if isinstance(desired, str) and isinstance(live, str):
        return desired == live or _spelt_once(desired) == _spelt_once(live)
    return bool(desired == live)


_CLOCK_TIME = re.compile(r"(\d\d:\d\d)(?::00(?:\.0+)?)?")
_INSTANT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d.*(?:Z|[+-]\d\d:?\d\d)")
_ADDRESS = re.compile(r"(https?)://([^/?#\s]+)([^\s]*)", re.IGNORECASE)
_USUAL_PORTS = {"http": ":80", "https": ":443"}


def _spelt_once(text: str) -> str:
    """A text in the one spelling that stands for all of its spellings; itself where it is that one."""
    trimmed = (text.replace("\r\n", "\n") if "\r" in text else text).strip()
    found = _address(trimmed) if trimmed[:4].casefold() == "http" else _moment(trimmed)
    return text if found == text else found


def _address(text: str) -> str:
    """An address as RFC 3986 (6.2) normalises it: scheme and host in any case, the usual port and no path left out."""
    if (parts := _ADDRESS.fullmatch(text)) is None:
        return text
    scheme, host, rest = parts[1].lower(), parts[2], parts[3]
    account, at, host = host.rpartition("@")
    return f"{scheme}://{account}{at}{host.lower().removesuffix(_USUAL_PORTS[scheme])}{'' if rest == '/' else rest}"


def _moment(text: str) -> str:
    """A clock time to the minute, an instant in UTC; any other text, and one that is as spelt, is itself."""
    if not text[:1].isdecimal():
        return text  # most texts are words
    if time := _CLOCK_TIME.fullmatch(text):
        return text if time[1] == text else time[1]
    if not _INSTANT.fullmatch(text):
        return text
    try:
        instant = datetime.fromisoformat(text).astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        return text
    return text if instant == text else instant
