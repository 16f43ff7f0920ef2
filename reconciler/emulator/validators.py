"""Validators that judge values as the vendor's framework does, in its words (contract 1.5).

A check takes a decoded JSON value and returns it as the platform would store it, or raises ``Invalid``
with the complaint.
"""

from __future__ import annotations

import re
import zoneinfo
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    Check = Callable[[Any], Any]

E164 = re.compile(r"\+[1-9]\d{6,14}")
VARIABLE = re.compile(r"\{\{\s*[A-Za-z_][\w.]*\s*\}\}")
LANGUAGE = re.compile(r"([a-z]{2,3})(-[A-Za-z0-9]{2,8})*")
PUNCTUATION = re.compile(r"[\s().\-]")
AMERICAN_DIGITS = 10
PREMIUM_AREAS = ("900", "976")


class Invalid(ValueError):
    """A value the platform does not take; the text is the vendor's complaint."""


def text(*, minimum: int = 0, maximum: int | None = None) -> Check:
    """A string between two lengths."""

    def check(value: Any) -> str:
        if not isinstance(value, str):
            raise Invalid("Not a valid string.")
        if minimum and not value.strip():
            raise Invalid("This field may not be blank.")
        if maximum is not None and len(value) > maximum:
            raise Invalid(f"Ensure this field has no more than {maximum} characters.")
        return value

    return check


def choice(*allowed: str) -> Check:
    """One of a closed list of words."""

    def check(value: Any) -> str:
        if not isinstance(value, str) or value not in allowed:
            raise Invalid(f'"{value}" is not a valid choice.')
        return value

    return check


def boolean(value: Any) -> bool:
    """True or false, nothing that merely looks like it."""
    if not isinstance(value, bool):
        raise Invalid("Must be a valid boolean.")
    return value


def integer(minimum: int | None = None) -> Check:
    """A JSON integer, not a digit string, at or above a minimum."""

    def check(value: Any) -> int:
        if not isinstance(value, int) or isinstance(value, bool):
            raise Invalid("A valid integer is required.")
        if minimum is not None and value < minimum:
            raise Invalid(f"Ensure this value is greater than or equal to {minimum}.")
        return value

    return check


def anything(value: Any) -> Any:
    """Free JSON."""
    return value


def consent(value: Any) -> bool:
    """True, and nothing else: what follows is charged."""
    if value is not True:
        raise Invalid("You must consent to the charge.")
    return True


def number(*allowed: int) -> Check:
    """One of a closed list of numbers."""

    def check(value: Any) -> int:
        if integer()(value) not in allowed:
            raise Invalid(f'"{value}" is not a valid choice.')
        return int(value)

    return check


def shaped(**checks: Check) -> Check:
    """An object whose known keys pass; the others are dropped."""

    def check(value: Any) -> dict[str, Any]:
        sent = mapping(value)
        return {name: each(sent[name]) for name, each in checks.items() if name in sent}

    return check


def nullable(check: Check) -> Check:
    """The same, or null."""
    return lambda value: None if value is None else check(value)


def each(check: Check) -> Check:
    """A list whose every item passes."""

    def check_all(value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise Invalid(f'Expected a list of items but got type "{type(value).__name__}".')
        return [check(item) for item in value]

    return check_all


def language(value: Any) -> str:
    """An ISO 639 code or a locale; the platform does not check that it can speak it."""
    if not isinstance(value, str) or not LANGUAGE.fullmatch(value):
        raise Invalid(f'"{value}" is not a supported language.')
    return value


def timezone(value: Any) -> str:
    """An IANA zone name, or an empty string for none."""
    name: str = text()(value)
    if name and name not in zoneinfo.available_timezones():
        raise Invalid(f'"{name}" is not a valid timezone.')
    return name


def web_address(value: Any) -> str:
    """An absolute http or https URL, or an empty string."""
    address: str = text(maximum=2000)(value)
    try:
        parts = urlsplit(address)
    except ValueError as error:
        raise Invalid("Enter a valid URL.") from error
    if address and (parts.scheme not in {"http", "https"} or not parts.netloc):
        raise Invalid("Enter a valid URL.")
    return address


def e164(value: Any) -> str:
    """A number that is already in E.164; the place-call endpoint rewrites nothing."""
    if not isinstance(value, str) or not E164.fullmatch(value):
        raise Invalid("Enter a valid phone number in E.164 format.")
    return value


def dialable(value: Any) -> str:
    """A number as people write it, returned in E.164; without a country code it is American."""
    digits = PUNCTUATION.sub("", value) if isinstance(value, str) else ""
    if not digits.startswith("+"):
        digits = f"+1{digits}" if len(digits) == AMERICAN_DIGITS else f"+{digits}"
    return str(e164(digits))


def transfer_destinations(value: Any) -> list[dict[str, Any]]:
    """The transfer directory: names unique whatever their case, numbers in E.164 or one variable (2.2.3)."""
    entries = [_destination(entry) for entry in each(mapping)(value)]
    names = [entry["name"].casefold() for entry in entries]
    if len(set(names)) != len(names):
        raise Invalid("Transfer destination names must be unique.")
    return entries


def sms_recipients(value: Any) -> list[dict[str, Any]]:
    """The SMS allow-list; numbers come back in E.164 (2.2.3)."""
    return [
        {"label": text()(entry.get("label", "")), "number": dialable(entry.get("number"))}
        for entry in each(mapping)(value)
    ]


def _destination(entry: Mapping[str, Any]) -> dict[str, Any]:
    name = text(minimum=1, maximum=255)(entry.get("name"))
    written = entry.get("number")
    if isinstance(written, str) and VARIABLE.fullmatch(written.strip()):
        return {"name": name, "number": written.strip(), "platform_ok": None}
    number = dialable(written)
    american = number.startswith("+1") and number[2:5] not in PREMIUM_AREAS
    return {"name": name, "number": number, "platform_ok": american}


def mapping(value: Any) -> dict[str, Any]:
    """A JSON object."""
    if not isinstance(value, dict):
        raise Invalid(f"Invalid data. Expected a dictionary, but got {type(value).__name__}.")
    return value
