"""A cron expression in words where it is a time on days of the week, else as it is written."""

from __future__ import annotations

import re

_TIMED = re.compile(
    r"(?P<minute>[0-5]?[0-9]) (?P<hour>[01]?[0-9]|2[0-3]) \* \* (?P<days>\*|[0-7](?:-[0-7])?(?:,[0-7])*)"
)
_DAYS = ("Sundays", "Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays")
_KNOWN = {
    "*": "every day",
    "0-6": "every day",
    "1-7": "every day",
    "1-5": "weekdays",
    "0,6": "weekends",
    "6,0": "weekends",
}


def spoken_cron(written: str) -> str:
    """``weekdays at 10:00``, ``Mondays and Thursdays at 09:30``; else ``whenever `0 9 1 * *```."""
    found = _TIMED.fullmatch(" ".join(written.split()))
    days = _days(found["days"]) if found else ""
    if found is None or not days:
        return f"whenever `{written}`"
    return f"{days} at {int(found['hour']):02}:{int(found['minute']):02}"


def _days(written: str) -> str:
    if known := _KNOWN.get(written):
        return known
    if "-" in written:
        first, _, last = written.partition("-")
        return f"{_DAYS[int(first)]} to {_DAYS[int(last)]}" if "," not in written and first < last else ""
    names = [_DAYS[int(day)] for day in written.split(",")]
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
