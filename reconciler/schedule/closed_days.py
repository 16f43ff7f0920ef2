"""Closed days: weekdays, dates and public holidays on which nobody is rung, where the callee is.

A holiday counts where the calendar's country or region may be the callee's: a number that does not tell its region
may be in any of its country.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING

from reconciler.diagnostics.suggestions import nearest
from reconciler.telephony.regions import countries, regions

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from datetime import date

    from holidays import HolidayBase

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_NAMES = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_ENGLISH = "en_US"


@dataclass(frozen=True, slots=True)
class ClosedDays:
    """On which days nobody is rung: all but the open weekdays, the holidays of calendars (``US``, ``US-CA``), dates."""

    days: frozenset[str] = frozenset(WEEKDAYS)
    holidays: tuple[str, ...] = ()
    dates: frozenset[date] = frozenset()

    def __bool__(self) -> bool:
        return bool(self.holidays or self.dates or len(self.days) < len(WEEKDAYS))

    def why(self, day: date, number: str) -> str:
        """Why nobody with this number is rung on a day of theirs: ``Christmas Day (US)``; "" where they may be."""
        return self._why(day, lambda code: may_be_in(code, number))

    def of(self, numbers: Iterable[str]) -> ClosedDays:
        """As they are for these numbers together: with the calendars that count for any of them."""
        found = {*numbers}
        counting = (code for code in self.holidays if any(may_be_in(code, number) for number in found))
        return replace(self, holidays=tuple(counting))

    def between(self, first: date, last: date) -> Iterator[tuple[date, str]]:
        """The closed days from one day to another, and why, whatever the number."""
        for place in range((last - first).days + 1):
            day = first + timedelta(days=place)
            if why := self._why(day, lambda _: True):
                yield day, why

    def _why(self, day: date, counts: Callable[[str], bool]) -> str:
        if day in self.dates:
            return "a closed day"
        for code in self.holidays:
            if (name := holiday(code, day)) and counts(code):
                return f"{name} ({code})"
        return "" if WEEKDAYS[day.weekday()] in self.days else f"a {_NAMES[day.weekday()]}"


NO_DAY = ClosedDays()


def check_calendar(code: str) -> str:
    """The code of a calendar of public holidays; ValueError for any other text."""
    from holidays import list_supported_countries  # noqa: PLC0415 - 0.1 s, for those who declare one

    known = list_supported_countries(include_aliases=False)
    country, _, region = code.partition("-")
    if country not in known:
        hint = nearest(code, [it for it in known if len(it) == 2]) or "such as US, or US-CA"  # noqa: PLR2004 - ISO 3166
        raise ValueError(f"`{code}` is no calendar of public holidays: write the code of a country or region, {hint}")
    if region and region not in known[country]:
        listed = ", ".join(known[country]) or "none"
        raise ValueError(f"`{code}` is no calendar of public holidays: regions of {country} are {listed}")
    return code


def holiday(code: str, day: date) -> str:
    """What is celebrated on a day by a calendar; "" for nothing."""
    return str(_calendar(code).get(day, ""))


def may_be_in(code: str, number: str) -> bool:
    """Whether an E.164 number is in the country of a calendar, and its region is that one, or not known."""
    country, _, region = code.partition("-")
    if country not in countries(number):
        return False
    if not region:
        return True
    known = regions(number)
    return not known or region in known or not known <= {*_calendar(code).subdivisions}


@cache
def _calendar(code: str) -> HolidayBase:
    from holidays import country_holidays  # noqa: PLC0415 - 0.1 s, for those who declare one

    country, _, region = code.partition("-")
    own = country_holidays(country, subdiv=region or None)
    if _ENGLISH not in own.supported_languages:
        return own
    return country_holidays(country, subdiv=region or None, language=_ENGLISH)
