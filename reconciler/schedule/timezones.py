"""Time-zone data: the newer of the system's and the installed package's, and its version.

Two machines may hold different data, and rules change with weeks of notice; whoever reads a wall time must know
by which data it was read.
"""

from __future__ import annotations

import hashlib
import zoneinfo
from datetime import UTC, datetime, timedelta
from functools import cache
from importlib import import_module, resources
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_PACKAGE = "tzdata"
_YEARS_COMPARED = 3
_MARK = "# version "


@cache
def system_version() -> str:
    """The version of the system's data, such as ``2025b``; "" where there is none or it does not say."""
    folder = next((Path(path) for path in zoneinfo.TZPATH if Path(path).is_dir()), None)
    if folder is None:
        return ""
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                first = file.readline(80).strip()
        except OSError:
            continue
        return first.removeprefix(_MARK)
    return ""


@cache
def package_version() -> str:
    """The version of the data that was installed with the tool; "" where it was not."""
    try:
        return str(import_module(_PACKAGE).IANA_VERSION)
    except ImportError:  # declared, but a system may be built without it
        return ""


def version() -> str:
    """The version of the data in use; "" where it cannot be told."""
    return max(system_version(), package_version())


@cache
def load(name: str) -> ZoneInfo:
    """The zone of that name by the newest data at hand; ZoneInfoNotFoundError where it is in neither."""
    if package_version() and package_version() >= system_version():
        try:
            with resources.files(f"{_PACKAGE}.zoneinfo").joinpath(*name.split("/")).open("rb") as file:
                return ZoneInfo.from_file(file, key=name)
        except (OSError, ValueError):
            pass  # a name that only the system has, or none at all: the next line tells
    try:
        return ZoneInfo(name)
    except (ValueError, OSError) as error:
        raise ZoneInfoNotFoundError(name) from error


@cache
def rules(name: str, year: int) -> str:
    """A digest of a zone's offsets in the three years from ``year`` on: equal where two data agree about it.

    Looked at every six hours, which is enough to notice any change of rules.
    """
    place, instant = load(name), datetime(year, 1, 1, tzinfo=UTC)
    end, step = instant.replace(year=year + _YEARS_COMPARED), timedelta(hours=6)
    offsets: list[tuple[datetime, timedelta | None]] = []
    while instant < end:
        offset = instant.astimezone(place).utcoffset()
        if not offsets or offsets[-1][1] != offset:
            offsets.append((instant, offset))
        instant += step
    return hashlib.sha256(repr(offsets).encode()).hexdigest()[:12]
