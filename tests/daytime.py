"""Hours of the day that a test can rely on, whenever it runs: a test must not fail at midnight or in a DST change."""

from __future__ import annotations

from datetime import UTC, datetime

NOON = 12


def zone_of_noon() -> str:
    """A time zone without DST in which it is between 12:00 and 13:00."""
    behind = datetime.now(UTC).hour - NOON  # the signs in these names are turned: Etc/GMT+5 is five hours behind UTC
    return f"Etc/GMT{behind:+d}" if behind else "Etc/GMT"


def other_minute(now: datetime) -> tuple[str, str]:
    """The start and the end of a minute of the day that is half a day away."""
    hour = (now.hour + NOON) % 24
    return f"{hour:02}:00", f"{hour:02}:01"
