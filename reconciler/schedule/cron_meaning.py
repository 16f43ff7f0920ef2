"""Meaning of a cron expression: the times that it names, however they are spelled."""

from __future__ import annotations

from datetime import datetime
from functools import cache

_SUNDAY = 0
_DAYS = frozenset(range(1, 32))
_WEEKDAYS = frozenset(range(7))


@cache
def cron_meaning(cron: str) -> tuple[object, ...]:
    """Equal for two expressions of five fields that are due at the same times; for one that passed ``Schedule.parse``.

    ``1-5`` is ``mon-fri``, ``09`` is ``9``, and 7 is the Sunday that 0 is. A star in minute or hour stays one, since
    it decides what happens where the clocks change; so does one in a day, where it decides if both days must agree.
    """
    from cronsim import CronSim  # noqa: PLC0415 - costs about 20 ms, which only schedules should pay

    read = CronSim(cron, datetime(2000, 1, 1))  # noqa: DTZ001 - a wall time, no zone
    minute, hour, *_ = cron.split()
    days = frozenset(read.days)
    weekdays = frozenset(_SUNDAY if day == len(_WEEKDAYS) else day for day in read.weekdays)
    agree = read.day_and or (days == _DAYS and weekdays == _WEEKDAYS)
    times = frozenset(read.minutes), frozenset(read.hours), frozenset(read.months)
    return *times, days, weekdays, agree, minute.startswith("*"), hour.startswith("*")
