"""Projects with one long list of calls: a table, the agent that speaks, and the number it rings from."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

HEADER = ("id", "phone", "when", "zone", "name", "time")
_PROJECT = """\
limits: {calls_per_run: 1000000}
calling_hours: {start: "00:00", end: "24:00"}
"""
# The number is one of the emulator's own, which may dial.
_MANIFESTS = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: caller}
spec:
  prompt: This is Acme. You call {{first_name}} about the appointment at {{time}}.
  voice: olivia
  max_call_duration_seconds: 120
---
apiVersion: reconciler/v1
kind: PhoneNumber
metadata: {name: main-line}
spec: {number: "+15551230001"}
---
apiVersion: reconciler/v1
kind: CallList
metadata: {name: reminders}
spec:
  rows: {file: rows.csv}
  key: id
  to_number: {column: phone}
  at: {column: when}
  timezone: {column: zone}
  variables: {first_name: {column: name}, time: {column: time}}
  from: main-line
  agent: caller
  late: 20m
"""
_ZONES = ("America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles")
_AREAS = (212, 312, 303, 415, 617, 713, 206, 305, 404, 602, 214, 512, 503, 702, 801, 919)
_FIRST_DAY = datetime(2030, 12, 2, 9)  # noqa: DTZ001 - a wall time
_A_DAY, _DAYS, _OPEN_MINUTES = 4_000, 25, 540
_SEED = 20301202


def write_project(root: Path, count: int) -> Path:
    """A project whose list has so many rows, to as many people, over four weeks; the same for the same count."""
    manifests = root / "manifests"
    manifests.mkdir(parents=True)
    (root / "reconciler.yaml").write_text(_PROJECT, encoding="utf-8")
    (manifests / "all.yaml").write_text(_MANIFESTS, encoding="utf-8")
    chance = random.Random(_SEED)  # noqa: S311 - rows to measure with
    lines = [",".join(HEADER), *(_row(number, chance.randrange(_OPEN_MINUTES)) for number in range(count))]
    (manifests / "rows.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return root


def _row(number: int, minute: int) -> str:
    at = _FIRST_DAY + timedelta(days=number // _A_DAY % _DAYS, minutes=minute)
    phone = f"+1{_AREAS[number % len(_AREAS)]}{200 + number // 10_000:03}{number % 10_000:04}"
    zone = _ZONES[number % len(_ZONES)]
    return f"{number},{phone},{at:%Y-%m-%dT%H:%M},{zone},Person {number},{at:%H:%M}"
