"""The vendor's timestamps: ISO 8601, UTC, microseconds, ``Z``."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

TICK = timedelta(microseconds=1)


def stamp(moment: datetime) -> str:
    """An aware moment as the vendor writes it; the texts sort as the moments do."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def moment(text: str) -> datetime:
    """The moment a client wrote, UTC when it named no offset; ValueError when it is not ISO 8601."""
    read = datetime.fromisoformat(text)
    return read.replace(tzinfo=UTC) if read.tzinfo is None else read.astimezone(UTC)


def after(previous: str, now: datetime) -> str:
    """Now, or one tick after ``previous`` when the clock has not moved on."""
    return stamp(max(now, moment(previous) + TICK))
