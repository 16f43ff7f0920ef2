"""Telephone numbers as people write them, their E.164 form, and the zones in which they ring.

``phonenumbers`` is imported inside the functions that need it: its tables cost about 60 ms, and neither
``--version`` nor a well-formed North American number needs them.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache, lru_cache
from typing import TYPE_CHECKING

from reconciler.telephony import places

if TYPE_CHECKING:
    from phonenumbers import PhoneNumber

_E164 = re.compile(r"\+[1-9][0-9]{6,14}")
# Ten digits after +1, neither the area code nor the exchange beginning with 0 or 1: what the tables would answer,
# without them. The area code 555 is for fiction, whatever follows it.
_NORTH_AMERICAN = re.compile(r"\+1(?:555[0-9]|[2-9][0-9]{2}[2-9])[0-9]{6}")
_WITHOUT_EXCHANGE = re.compile(r"(?!555)[0-9]{3}[01][0-9]{6}")
_FICTION = re.compile(r"\+1555[0-9]{7}|\+447700900[0-9]{3}")
_WRITTEN = re.compile(r"\+?[0-9][0-9 ()./\u00a0-]*|\+?\([0-9][0-9 ()./\u00a0-]*")
# E.123: digits after a slash, or after a hyphen behind the subscriber number, stand in place of its last ones. What
# follows an area code is longer (`030/1234567`), and pairs joined by hyphens are one number (`01-23-45-67-89`).
_ALTERNATIVE = re.compile(
    r"/[ ().\u00a0-]*(?:[0-9][ ().\u00a0-]*){1,4}$|(?:[0-9]{4}|^[^-]*[ ./)\u00a0][0-9]+)-[0-9]{1,2}$"
)
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")  # as address books copy along
_POWER = re.compile(r"\+?[0-9](?:[.,][0-9]+)?E\+?[0-9]+", re.IGNORECASE)
_EXAMPLE = "write it as +1415555XXXX"  # no number, so that no declared one is masked in it
_NORTH_AMERICAN_CODE = 1
_EXCHANGE = len("+1415555")
_LISTED_AREA = len("+1415555")  # the places of no number of +1 are told by more of it
_REMEMBERED = 1 << 16  # numbers: what runs all day must not keep every one it ever saw
_NOT_PARSED = {  # by phonenumbers' NumberParseException.error_type
    0: "no country has that country code",
    1: "not a telephone number",
    2: "too short after the international prefix",
    3: "too short",
    4: "too long",
}
_NOT_POSSIBLE = {  # by phonenumbers' ValidationResult; {} names the country code
    1: "no country has {}",
    2: "too short for {}",
    3: "too long for {}",
    4: "the area code is missing for {}",
    5: "of a length that {} does not have",
}
# Where a +1 number may ring whose area code names no place (toll-free, personal, fictional): the United
# States and Canada. The islands that share +1 have area codes of their own and are found by them.
_NORTH_AMERICA = (
    "America/Adak",
    "America/Anchorage",
    "America/Boise",
    "America/Chicago",
    "America/Denver",
    "America/Edmonton",
    "America/Fort_Nelson",
    "America/Halifax",
    "America/Juneau",
    "America/Los_Angeles",
    "America/New_York",
    "America/North_Dakota/Center",
    "America/Phoenix",
    "America/Regina",
    "America/St_Johns",
    "America/Toronto",
    "America/Vancouver",
    "America/Winnipeg",
    "Pacific/Honolulu",
)


def is_e164(text: str) -> bool:
    """Whether a text has the shape of E.164 (``+`` and 7 to 15 digits); not whether it is possible."""
    return _E164.fullmatch(text) is not None


def is_as_called(written: object) -> bool:
    """Whether a value is written just as ``normalise`` would write it, as far as that is told without any table."""
    return isinstance(written, str) and _NORTH_AMERICAN.fullmatch(written) is not None


def normalise(text: str, default_region: str | None = None) -> str:
    """The E.164 form of a written number; ValueError, which never repeats the number, when there is none.

    Without ``default_region`` (``US``, ``DE``) the country code must be written. The number must be possible
    (its length fits its country), not assigned: numbers reserved for fiction such as +15551234567 pass.
    """
    if _NORTH_AMERICAN.fullmatch(text):
        return text
    written = _INVISIBLE.sub("", text).strip()
    if _POWER.fullmatch(written):
        raise ValueError(
            "a spreadsheet made a power of ten of the number, and its last digits are lost: format the cells as text, "
            "and type it again"
        )
    if not _WRITTEN.fullmatch(written):
        raise ValueError(f"not a telephone number: {_EXAMPLE}, digits only, without an extension")
    if not written.startswith("+") and default_region is None:
        raise ValueError(f"not E.164: {_EXAMPLE}, with `+` and the country code")
    if _ALTERNATIVE.search(written):
        raise ValueError(f"two numbers in one: what follows `/` or `-` is an alternative, call one of them; {_EXAMPLE}")
    return _e164(_parse(written, default_region))


def zones(number: str) -> tuple[str, ...]:
    """The IANA zones in which an E.164 number may ring, sorted, never empty; ValueError when it is not E.164.

    The place is that of the number, not of the person who carries the telephone. A number without a place
    of its own may ring anywhere in its country (for +1: the United States and Canada). One without a
    country (satellite, international toll-free) may ring anywhere in the world, so that no instant lies
    within ordinary calling hours everywhere: such a call is not placed unless the hours are the whole day.
    """
    if _NORTH_AMERICAN.fullmatch(number):
        return _north_american_zones(number[1:_LISTED_AREA])
    return _zones_elsewhere(number)


@lru_cache(maxsize=_REMEMBERED)
def _zones_elsewhere(number: str) -> tuple[str, ...]:
    parsed = _parse(normalise(number), None)
    everywhere = _listed_zones(f"{parsed.country_code}")
    if len(everywhere) == 1:
        return tuple(everywhere)
    beginning = _beginning(parsed)
    if not beginning:
        return _country_zones(parsed.country_code)
    found = {*places.zones()[beginning]}
    listed = _listed_zones(_longest_listed(f"{number.removeprefix('+')}"))
    return tuple(sorted(found | listed)) if found <= listed else tuple(sorted(found))


def _beginning(number: PhoneNumber) -> str:
    """What tells the zones of a number: its area where it has one, else its country; "" for no number of the plan."""
    import phonenumbers  # noqa: PLC0415 - slow, see the top

    kind = phonenumbers.number_type(number)
    if kind == phonenumbers.PhoneNumberType.UNKNOWN:
        return ""
    placed = phonenumbers.is_number_type_geographical(kind, number.country_code or 0)
    digits = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164) if placed else ""
    return places.longest(digits.removeprefix("+") or f"{number.country_code}", places.zones())


def doubt(number: str) -> str:
    """Why nobody means to call a possible number (E.164); "" where that cannot be told, as of one for fiction.

    The plan of numbers that comes with the tool may be older than a number, so this is a doubt and no proof.
    """
    if _FICTION.fullmatch(number):
        return ""
    # The plan tells North American numbers apart down to the exchange, and no further.
    return _doubt(f"{number[:_EXCHANGE]}0000" if _NORTH_AMERICAN.fullmatch(number) else number)


@lru_cache(maxsize=_REMEMBERED)
def _doubt(number: str) -> str:
    import phonenumbers  # noqa: PLC0415 - slow, see the top

    parsed = _parse(normalise(number), None)
    if not phonenumbers.is_valid_number(parsed):
        return (
            f"no number of country code +{parsed.country_code} is like this one, as far as its plan of numbers is known"
        )
    premium = phonenumbers.number_type(parsed) == phonenumbers.PhoneNumberType.PREMIUM_RATE
    return "it is a premium-rate number: a service that is paid by the minute, and no person" if premium else ""


def digest(number: str) -> str:
    """``sha256:…`` of an E.164 number, to know it again without storing it; ValueError when it is not one.

    One that the plan of numbers does not have keeps the digest that an earlier version, or a platform, knew it by.
    """
    try:
        known = normalise(number)
    except ValueError:
        if not is_e164(number):
            raise
        known = number
    return f"sha256:{hashlib.sha256(known.encode()).hexdigest()}"


@lru_cache(maxsize=_REMEMBERED)
def _parse(written: str, region: str | None) -> PhoneNumber:
    """Read in full once: its form, its doubts and its zones are asked of one and the same; nobody changes it."""
    import phonenumbers  # noqa: PLC0415 - slow, see the top

    if region is not None and region not in phonenumbers.SUPPORTED_REGIONS:
        raise ValueError(f"`{region}` is not a region such as US or DE")
    try:
        return phonenumbers.parse(written, region)
    except phonenumbers.NumberParseException as error:
        raise ValueError(f"{_NOT_PARSED[error.error_type]}: {_EXAMPLE}") from None  # its text may hold the number


def _e164(number: PhoneNumber) -> str:
    import phonenumbers  # noqa: PLC0415 - slow, see the top

    reason = phonenumbers.is_possible_number_with_reason(number)
    if reason != phonenumbers.ValidationResult.IS_POSSIBLE:
        country = f"country code +{number.country_code}"
        raise ValueError(f"{_NOT_POSSIBLE[reason].format(country)}: {_EXAMPLE}")
    if number.country_code == _NORTH_AMERICAN_CODE and str(number.national_number)[0] in "01":
        raise ValueError(f"no area code of country code +1 begins with 0 or 1: {_EXAMPLE}")
    if number.country_code == _NORTH_AMERICAN_CODE and _WITHOUT_EXCHANGE.fullmatch(str(number.national_number)):
        raise ValueError(f"no number of country code +1 has a 0 or 1 behind its area code: {_EXAMPLE}")
    written = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    if not is_e164(written):  # some plans have longer numbers than E.164 can hold
        raise ValueError(f"too long: E.164 has at most 15 digits: {_EXAMPLE}")
    return str(written)


@cache
def _north_american_zones(beginning: str) -> tuple[str, ...]:
    """By area code alone: mobiles have no codes of their own here, and fictional numbers name a place."""
    listed = _longest_listed(beginning)
    found = set(places.zones()[listed])
    if len(found) >= len(_NORTH_AMERICA):
        return _NORTH_AMERICA
    return tuple(sorted(found | _listed_zones(listed)))


def _longest_listed(digits: str) -> str:
    """The longest beginning of a number that the tables list: its exchange, or only its area code."""
    return places.longest(digits, places.zones()) or digits


@cache
def _listed_zones(prefix: str) -> frozenset[str]:
    """Every zone of the numbers that begin so: an exchange that is not listed may lie in any of its area code's."""
    return frozenset(zone for key, zones in places.zones().items() if key.startswith(prefix) for zone in zones)


@cache
def _country_zones(country_code: int) -> tuple[str, ...]:
    """Every zone of a country, or of the world for a country code that is no country's."""
    everywhere = tuple({name for names in places.zones().values() for name in names})
    return tuple(sorted(places.zones().get(f"{country_code}", everywhere)))
