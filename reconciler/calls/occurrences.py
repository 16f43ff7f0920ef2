"""This file exists to say when a scheduled call is due, and which call it then is.

A schedule fires at *nominal instants*. Along a stretch of time in which a zone keeps one offset the wall
clock is a straight line, so ``cronsim`` is asked about wall times only, stretch by stretch, and what
happens where two stretches meet is decided here, once (``_firings``). It follows Debian's cron: a job at fixed
times that the clocks jump over fires when they have jumped, one whose time comes twice fires the first
time; a job whose minute or hour starts with ``*`` fires whenever the wall clock matches. Jumps of more
than three hours (a zone that moves across the date line) are not made up for.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import takewhile
from typing import TYPE_CHECKING, NamedTuple

from reconciler.clock import (
    next_opening,
    nominal,
    offset_changes,
    parse_instant,
    resolve_local,
    spoken_local,
    within_hours,
    zone,
)
from reconciler.numbers import zones

if TYPE_CHECKING:
    from collections.abc import Iterator
    from zoneinfo import ZoneInfo
