"""Countries and regions in which a number may ring, by its country code and area code alone.

As with time zones the place is that of the number, not of the person who carries the telephone.
"""

from __future__ import annotations

from functools import cache

from reconciler.telephony.phone_numbers import normalise

_NORTH_AMERICAN_CODE = 1
_ANYWHERE_IN_NORTH_AMERICA = ("CA", "US")
_NO_COUNTRY = "001"
# Their people keep the federal holidays, and their numbers have a country of their own in the numbering plans.
_TERRITORIES = {"AS": "US", "GU": "US", "MP": "US", "PR": "US", "VI": "US"}
_OTHERWISE = {"Washington State": "WA", "Washington D.C.": "DC", "British Colombia": "BC"}  # as the tables spell them


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


@cache
def regions(number: str) -> frozenset[str]:
    """What the tables call the regions of a number: ``California``, ``CA``, ``Munich``; none where they tell nothing.

    By the longest beginning of the number that is listed; of an area code that is not, by all its longer ones.
    """
    digits, places = normalise(number).removeprefix("+"), _places()
    for size in range(len(digits), 1, -1):
        if (found := _listed(digits[:size])) or (found := places.get(digits[:size], frozenset())):
            return found
    return frozenset()


@cache
def _places() -> dict[str, frozenset[str]]:
    """The regions of each North American area code, over all numbers of it that are listed."""
    found: dict[str, set[str]] = {}
    for digits in _geodata():
        if digits.startswith(f"{_NORTH_AMERICAN_CODE}"):
            found.setdefault(digits[:4], set()).update(_listed(digits))
    return {area: frozenset(places) for area, places in found.items()}


def _listed(digits: str) -> frozenset[str]:
    """``CA`` of ``San Francisco, CA``, and both of ``Nova Scotia/Prince Edward Island``."""
    place = _geodata().get(digits, {}).get("en", "").rpartition(",")[2]
    return frozenset(_OTHERWISE.get(name.strip(), name.strip()) for name in place.split("/") if name.strip())


def _geodata() -> dict[str, dict[str, str]]:
    # About a second, and only asked for where a calendar of a single region is declared.
    from phonenumbers.geodata import GEOCODE_DATA  # noqa: PLC0415 - slow, as said above

    return GEOCODE_DATA
