"""Estimates of what tests cost, said before anything is paid, and what each rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.prices import TEST_MINUTES

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.testing.batch import Batch
    from reconciler.testing.run import Wanted

_ASSUMED = f"estimated at {TEST_MINUTES} minutes a test at twice the price of a call"
_TOLD = "as the platform estimated the last batch"


@dataclass(frozen=True, slots=True)
class Estimate:
    """Cents, and what they rest on."""

    cents: int
    basis: str


def of_agent(wanted: Wanted, earlier: Iterable[Batch]) -> Estimate:
    """What the tests of one agent are expected to cost: as the platform estimated before, else by the price list."""
    told = [it for it in earlier if it.channel == wanted.channel and it.total > 0 and it.cents > 0]
    count = len(wanted.scenarios)
    if not told:
        return Estimate(count * wanted.cents, _ASSUMED)
    last = max(told, key=lambda it: it.created_at)
    return Estimate(math.ceil(last.cents * count / last.total), _TOLD)


def of_all(estimates: Sequence[Estimate]) -> Estimate:
    """What all of it is expected to cost."""
    return Estimate(sum(it.cents for it in estimates), " or ".join(dict.fromkeys(it.basis for it in estimates)))
