"""Countries and regions in which a number may ring, by its country code and area code alone.

As with time zones the place is that of the number, not of the person who carries the telephone.
"""

from __future__ import annotations

from functools import cache

from reconciler.telephony import places
from reconciler.telephony.phone_numbers import normalise

_NORTH_AMERICAN_CODE = 1
_ANYWHERE_IN_NORTH_AMERICA = ("CA", "US")
_NO_COUNTRY = "001"
# Their people keep the federal holidays, and their numbers have a country of their own in the numbering plans.
_TERRITORIES = {"AS": "US", "GU": "US", "MP": "US", "PR": "US", "VI": "US"}


@cache
def countries(number: str) -> frozenset[str]:
    """The countries (``US``) an E.164 number may ring in; none for one that is no country's.

    Several where the number does not tell: of +1 without a known area code, of a code that countries share.
    """
    import phonenumbers  # noqa: PLC0415 - its tables are slow to load, see phone_numbers

    parsed = phonenumbers.parse(normalise(number))
    found = phonenumbers.region_code_for_number(parsed)
    if found is None and parsed.country_code == _NORTH_AMERICAN_CODE:
        return frozenset(_ANYWHERE_IN_NORTH_AMERICA)
    known = (found,) if found else phonenumbers.region_codes_for_country_code(parsed.country_code or 0)
    return frozenset(known) - {_NO_COUNTRY} | {_TERRITORIES[one] for one in known if one in _TERRITORIES}


def regions(number: str) -> frozenset[str]:
    """The regions a number may ring in, as calendars of public holidays call them: ``CA``; none where it is not told.

    By the longest beginning of the number that is listed; of an area code that is not, by all its longer ones.
    """
    digits, listed = normalise(number).removeprefix("+"), places.regions()
    return frozenset(listed.get(places.longest(digits, listed), ()))
