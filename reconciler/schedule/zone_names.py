"""Names of time zones: what was meant by a wrong one, and those whose sign is reversed."""

from __future__ import annotations

import re

ZONE_KEY = re.compile(r"[A-Z][A-Za-z0-9_+-]*(?:/[A-Z][A-Za-z0-9_+-]*){0,2}")
_MINUS = "\u2212"
_PREFIX = "Etc/GMT"
_REVERSED = re.compile(r"Etc/GMT[+-](?:1[0-4]|[1-9])")
_OFFSET_AS_ZONE = re.compile(r"(?i)(?:(?:etc/)?(?:gmt|utc|z))?([+-])0?(1[0-4]|[0-9])(?::?00)?")


def is_reversed(zone: str) -> bool:
    """Whether a zone is one of ``Etc/GMT±n``, whose sign is the opposite of what everybody writes."""
    return _REVERSED.fullmatch(zone) is not None


def offset_of(zone: str) -> str:
    """What one of ``Etc/GMT±n`` means: ``UTC-05:00`` (with a minus sign) for ``Etc/GMT+5``."""
    sign, hours = zone[len(_PREFIX)], int(zone[len(_PREFIX) + 1 :])
    return f"UTC{_MINUS if sign == '+' else '+'}{hours:02d}:00"


def unknown_zone(name: str) -> str:
    """Why a name is none of a zone, with the nearest that are; never one of ``Etc/GMT±n``, which mean the opposite."""
    if offset := _OFFSET_AS_ZONE.fullmatch(name.strip()):
        return _offset_as_zone(name, *offset.groups())
    # Deferred: only a mistake needs the matcher and the whole list, and `--version` pays for neither.
    from difflib import get_close_matches  # noqa: PLC0415 - deferred as said above
    from zoneinfo import available_timezones  # noqa: PLC0415 - deferred as said above

    names = {alias: key for key in sorted(available_timezones()) for alias in _aliases(key) if not is_reversed(key)}
    wanted = name.strip().lower().replace(" ", "_")
    close = [wanted] if wanted in names else get_close_matches(wanted, names, n=5, cutoff=0.8)
    nearest = dict.fromkeys(names[alias] for alias in close)
    hint = f"; did you mean {' or '.join(list(nearest)[:3])}?" if nearest else ", such as America/New_York"
    return f"`{name}` is not an IANA time zone{hint}"


def _offset_as_zone(name: str, sign: str, hours: str) -> str:
    return (
        f"`{name}` is not an IANA time zone (those named by hours have their sign reversed): name a city such as "
        f"America/New_York, or leave `timezone` out and end the time with {sign}{int(hours):02d}:00"
    )


def _aliases(key: str) -> tuple[str, ...]:
    return (key.lower(), key.rpartition("/")[2].lower()) if ZONE_KEY.fullmatch(key) else ()
