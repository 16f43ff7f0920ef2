"""Prices: the most that a call, or a test call, may cost at the rates of the project."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.settings import Rates

_SECONDS = 60
_FIRST_PRODUCT = "spark"  # the vendor's default for an agent and for an inline one (contract 2.2.3)
_TEST_MULTIPLIER = 2  # a test call costs about twice a call (contract-next 2)
TEST_MINUTES = 3  # how long a test call is expected to last; nothing tells it beforehand


def of_call(engine: Mapping[str, Any], rates: Rates) -> tuple[bool, int]:
    """Whether a call ends by itself, and the most one may cost: begun minutes at the rate of its tier."""
    longest = engine.get("max_call_duration_seconds")
    limited = isinstance(longest, int) and longest > 0
    minutes = math.ceil(longest / _SECONDS) if limited and longest else rates.unlimited_call_minutes
    tiers = rates.cents_per_minute.model_dump()
    tier = str(engine.get("product") or _FIRST_PRODUCT).partition("-")[0]
    return limited, math.ceil(minutes * tiers.get(tier, max(tiers.values())))


def of_test(engine: Mapping[str, Any], rates: Rates) -> int:
    """The most that one test call of an agent may cost."""
    return _TEST_MULTIPLIER * of_call(engine, rates)[1]


def of_short_test(engine: Mapping[str, Any], rates: Rates) -> int:
    """What one test call of an agent is expected to cost: a few minutes, or fewer where the agent allows no more."""
    longest = engine.get("max_call_duration_seconds")
    seconds = min(longest, TEST_MINUTES * _SECONDS) if isinstance(longest, int) and longest > 0 else 0
    return of_test({**engine, "max_call_duration_seconds": seconds or TEST_MINUTES * _SECONDS}, rates)
