"""Places of numbers: the time zones and calendar regions of each known beginning of an E.164 number.

Two tables of text beside this module, written by `tests/numbers/places_of_numbers.py`; each is read when first asked.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def zones() -> Mapping[str, tuple[str, ...]]:
    """The IANA zones by the beginning of a number, without its plus."""
    return _read("zones.txt")


@cache
def regions() -> Mapping[str, tuple[str, ...]]:
    """The regions (``CA``) of calendars of public holidays, likewise; () where only a shorter beginning tells one."""
    return _read("regions.txt")


def longest(digits: str, listed: Mapping[str, tuple[str, ...]]) -> str:
    """The longest beginning of a number that a table lists; "" where it lists none."""
    return next((digits[:size] for size in range(len(digits), 0, -1) if digits[:size] in listed), "")


def _read(name: str) -> dict[str, tuple[str, ...]]:
    """Each line holds names, a tab, and beginnings of numbers."""
    from importlib.resources import files  # noqa: PLC0415 - slow to load, and most runs look up no place

    found: dict[str, tuple[str, ...]] = {}
    for line in files(__name__).joinpath(name).read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            names, _, beginnings = line.partition("\t")
            found |= dict.fromkeys(beginnings.split(), tuple(filter(None, names.split("&"))))
    return found
