"""Judge which time-zone data are used, and that they say which they are."""

from __future__ import annotations

import zoneinfo
from datetime import UTC, datetime
from importlib import resources
from typing import TYPE_CHECKING

import pytest

from reconciler.schedule import timezones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(autouse=True)
def fresh() -> Iterator[None]:
    """Nothing is remembered of other data, before and after."""
    paths = zoneinfo.TZPATH
    forget()
    yield
    zoneinfo.reset_tzpath(paths)
    forget()


def forget() -> None:
    zoneinfo.ZoneInfo.clear_cache()
    for known in (timezones.system_version, timezones.package_version, timezones.load, timezones.rules):
        known.cache_clear()


def system(folder: Path, version: str) -> None:
    """A system whose data are of that version, and take Vancouver for Tokyo."""
    (folder / "America").mkdir()
    (folder / "tzdata.zi").write_text(f"# version {version}\n# a comment\n", encoding="utf-8")
    tokyo = resources.files("tzdata.zoneinfo.Asia").joinpath("Tokyo").read_bytes()
    (folder / "America" / "Vancouver").write_bytes(tokyo)
    zoneinfo.reset_tzpath([str(folder)])


@pytest.mark.parametrize(("version", "hours"), [("1999z", -7), ("2999a", 9)])
def test_the_newer_of_the_systems_data_and_the_packages_is_used(tmp_path: Path, version: str, hours: int) -> None:
    system(tmp_path, version)
    offset = datetime(2026, 12, 1, tzinfo=UTC).astimezone(timezones.load("America/Vancouver")).utcoffset()
    assert offset is not None
    assert offset.total_seconds() == hours * 3600
    assert timezones.version() == max(version, timezones.package_version())


def test_a_zone_that_nobody_knows_is_none() -> None:
    with pytest.raises(zoneinfo.ZoneInfoNotFoundError):
        timezones.load("America/Atlantis")


def test_rules_that_differ_are_told_apart_and_equal_ones_are_not() -> None:
    assert timezones.rules("America/Vancouver", 2026) != timezones.rules("America/Los_Angeles", 2026)
    assert timezones.rules("America/New_York", 2026) == timezones.rules("US/Eastern", 2026)
