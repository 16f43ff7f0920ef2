"""`make prove`: explore at least a million schedules, and say how many there were."""

from __future__ import annotations

import gc
import os
import sys
import time
from multiprocessing import get_context
from typing import TYPE_CHECKING, NamedTuple

from prove.explore import everything, starts, walks
from prove.judge import Violation
from prove.models import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterable

ENOUGH = 1_000_000
_FIRST_LIMIT, _GROWTH = 1_000, 8
_DEPTH = 3
_WALKS = 500
_COLLECT_EVERY = 20


class Work(NamedTuple):
    """A part of one model: the schedules that begin in one way, or (``start`` None) random walks."""

    model: int
    start: tuple[int, ...] | None
    limit: int


class Done(NamedTuple):
    """How many schedules a part held, whether that were all of them, and what broke."""

    work: Work
    schedules: int
    whole: bool
    broken: str


def explore(work: Work) -> Done:
    """Explore one part."""
    # What a schedule leaves behind is mostly freed at once; collecting after each part is enough.
    gc.disable()
    model = MODELS[work.model]
    try:
        if work.start is None:
            return Done(work, walks(model, seed=work.model, count=work.limit), whole=True, broken="")
        count = everything(model, first=work.start, limit=work.limit)
    except Violation as violation:
        return Done(work, 0, whole=False, broken=str(violation))
    finally:
        gc.collect()
    return Done(work, count, whole=count < work.limit, broken="")


def work_to_do() -> list[Work]:
    """Every model in parts."""
    found = []
    for number, model in enumerate(MODELS):
        ways = starts(model, _DEPTH)
        found += [Work(number, start, _FIRST_LIMIT) for start in ways]
        found.append(Work(number, None, _WALKS))
    return found


def explored() -> list[Done]:
    """Every part to its first limit, then those that were cut to larger ones, until there are enough.

    A part explored again counts once: its longer run begins with the same schedules.
    """
    found: dict[tuple[int, tuple[int, ...] | None], Done] = {}
    todo = work_to_do()
    with get_context("fork").Pool(os.cpu_count(), maxtasksperchild=_COLLECT_EVERY) as pool:
        while todo:
            for done in pool.imap_unordered(explore, todo):
                found[done.work.model, done.work.start] = done
                if done.broken:
                    return list(found.values())
                if done.work.limit > _FIRST_LIMIT and _total(found.values()) >= ENOUGH + _WALKS:
                    return list(found.values())
            if _total(found.values()) >= ENOUGH:
                break
            cut = [done.work for done in found.values() if not done.whole]
            todo = [work._replace(limit=work.limit * _GROWTH) for work in cut]
    return list(found.values())


def _total(found: Iterable[Done]) -> int:
    return sum(done.schedules for done in found)


def main() -> int:
    """Explore everything; 0 when at least a million schedules ran to their end and kept every promise."""
    began = time.monotonic()
    found = explored()
    for number, model in enumerate(MODELS):
        own = [done for done in found if done.work.model == number]
        walked = _total(done for done in own if done.work.start is None)
        how = "all" if all(done.whole for done in own) else "the first"
        print(f"{_total(own) - walked:9,} ({how}) + {walked:5,} at random  {model.name}")  # noqa: T201 - a report
    total, seconds = _total(found), time.monotonic() - began
    broken = [done.broken for done in found if done.broken]
    verdict = broken[0] if broken else "no call placed twice, outside its window, or lost"
    print(f"{total:,} schedules explored in {seconds:.0f} s: {verdict}")  # noqa: T201 - a report
    return int(bool(broken) or total < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
