"""Tables of the places of numbers, written anew: `python tests/numbers/places_of_numbers.py` (needs the index).

`phonenumberslite` has the numbering plans without the places, which are 44 MB installed in `phonenumbers`. What is
asked of those is the time zones of a number, and the region of a calendar of public holidays: two tables of 0.3 MB.
"""

from __future__ import annotations

import importlib
import re
import subprocess
import sys
import tempfile
from collections import defaultdict
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import holidays
import phonenumbers

if TYPE_CHECKING:
    from collections.abc import Mapping

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "reconciler" / "telephony" / "places"
HEAD = """\
# {what}, by the beginning of an E.164 number; the longest one counts.
# From phonenumbers {version} (libphonenumber's data, Apache License 2.0) by tests/numbers/places_of_numbers.py.
"""
_NORTH_AMERICAN_CODE = "1"
_AREA_CODE = len("1415")
_OTHERWISE = {"Washington State": "WA", "Washington D.C.": "DC", "British Colombia": "BC"}  # as the tables spell them

Places = dict[str, frozenset[str]]


def zones(listed: Mapping[str, tuple[str, ...]]) -> Places:
    """The time zones of each listed beginning."""
    return {digits: frozenset(names) for digits, names in listed.items()}


def regions(listed: Mapping[str, Mapping[str, str]]) -> Places:
    """The region of a calendar for each listed beginning, where one is told; of an area code, all regions in it.

    An empty set says that nothing is told although something is of a shorter beginning.
    """
    told = ((digits, _regions_of(digits, names.get("en", ""))) for digits, names in listed.items())
    found = {digits: regions for digits, regions in told if regions is not None}
    areas: dict[str, set[frozenset[str]]] = defaultdict(set)
    for digits, regions in found.items():
        if digits.startswith(_NORTH_AMERICAN_CODE):
            areas[digits[:_AREA_CODE]].add(regions)
    return _shortest({area: _together(each) for area, each in areas.items()} | found)


def _together(each: set[frozenset[str]]) -> frozenset[str]:
    return frozenset().union(*each) if all(each) else frozenset()


def _regions_of(digits: str, place: str) -> frozenset[str] | None:
    """``CA`` of ``San Francisco, CA``, and both of ``Nova Scotia/Prince Edward Island``; None where no place is told.

    None of them, where one is no region of a calendar.
    """
    names = [_OTHERWISE.get(name.strip(), name.strip()) for name in place.rpartition(",")[2].split("/") if name.strip()]
    if not names:
        return None
    codes = _calendars(digits)
    return frozenset(codes[name] for name in names) if codes.keys() >= {*names} else frozenset()


def _calendars(digits: str) -> Mapping[str, str]:
    """What the regions of the countries of a number are called by their calendars, and the code of each."""
    code = next(
        int(digits[:size]) for size in (1, 2, 3) if int(digits[:size]) in phonenumbers.COUNTRY_CODE_TO_REGION_CODE
    )
    return _codes(tuple(phonenumbers.COUNTRY_CODE_TO_REGION_CODE[code]))


@cache
def _codes(countries: tuple[str, ...]) -> Mapping[str, str]:
    found: dict[str, str] = {}
    known = holidays.list_supported_countries(include_aliases=False)
    for country in reversed([it for it in countries if it in known]):
        calendar = holidays.country_holidays(country)
        found |= {name: name for name in calendar.subdivisions} | calendar.subdivisions_aliases
    return found


def _shortest(listed: Places) -> Places:
    """Without what a shorter beginning says already."""
    return {digits: found for digits, found in listed.items() if found != _above(digits, listed)}


def _above(digits: str, listed: Places) -> frozenset[str]:
    shorter = (digits[:size] for size in range(len(digits) - 1, 0, -1))
    return next((listed[it] for it in shorter if it in listed), frozenset())


def written(what: str, version: str, places: Places) -> str:
    """A line for each set of places: its names, a tab, and the beginnings of numbers."""
    beginnings: dict[str, list[str]] = defaultdict(list)
    for digits, names in places.items():
        beginnings["&".join(sorted(names))].append(digits)
    lines = (f"{names}\t{' '.join(sorted(digits))}\n" for names, digits in sorted(beginnings.items()))
    return HEAD.format(what=what, version=version) + "".join(lines)


def pinned() -> str:
    """The version that constraints.txt has of the plans."""
    found = re.search(r"^phonenumberslite==(.+)$", (ROOT / "constraints.txt").read_text(encoding="utf-8"), re.MULTILINE)
    assert found is not None
    return found[1]


def main() -> None:
    """Fetch the data of the pinned version, which stays out of the environment, and write both tables."""
    version = pinned()
    with tempfile.TemporaryDirectory() as folder:
        fetch = [sys.executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", folder]
        subprocess.run([*fetch, f"phonenumbers=={version}"], check=True)
        phonenumbers.__path__.insert(0, f"{folder}/phonenumbers")
        for name, what, data, read in (
            ("zones", "Time zones", _data("tzdata", "TIMEZONE_DATA"), zones),
            ("regions", "Regions of calendars of public holidays", _data("geodata", "GEOCODE_DATA"), regions),
        ):
            text = written(what, version, read(data))
            (FOLDER / f"{name}.txt").write_text(text, encoding="utf-8", newline="\n")


def _data(module: str, name: str) -> Any:
    return getattr(importlib.import_module(f"phonenumbers.{module}"), name)


if __name__ == "__main__":
    main()
