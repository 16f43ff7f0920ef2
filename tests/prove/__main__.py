"""This file exists for `make prove`: explore at least a million schedules, and say how many there were."""

from __future__ import annotations

import gc
import os
import sys
import time
from collections import Counter
from multiprocessing import get_context
from typing import NamedTuple

from prove.explore import everything, starts, walks
from prove.judge import Violation
from prove.models import MODELS

ENOUGH = 1_000_000
_MOST_OF_ONE_MODEL = 60_000
_DEPTH = 3
_WALKS = 1_500
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
    """Every model in parts, the large ones first."""
    found = []
    for number, model in enumerate(MODELS):
        ways = starts(model, _DEPTH)
        found += [Work(number, start, _MOST_OF_ONE_MODEL) for start in ways]
        found.append(Work(number, None, _WALKS))
    return found


def main() -> int:
    """Explore everything; 0 when at least a million schedules ran to their end and kept every promise."""
    began = time.monotonic()
    counts: Counter[int] = Counter()
    walked: Counter[int] = Counter()
    cut = set()
    broken = []
    with get_context("fork").Pool(os.cpu_count(), maxtasksperchild=_COLLECT_EVERY) as pool:
        for done in pool.imap_unordered(explore, work_to_do()):
            (walked if done.work.start is None else counts)[done.work.model] += done.schedules
            if not done.whole:
                cut.add(done.work.model)
            if done.broken:
                broken.append(done.broken)
    for number, model in enumerate(MODELS):
        how = "the first" if number in cut else "all"
        print(f"{counts[number]:9,} ({how}) + {walked[number]:5,} at random  {model.name}")  # noqa: T201 - a report
    total = counts.total() + walked.total()
    seconds = time.monotonic() - began
    for each in broken[:3]:
        print(each)  # noqa: T201 - a report
    verdict = f"{len(broken)} broke a promise" if broken else "no call placed twice, outside its window, or lost"
    print(f"{total:,} schedules explored in {seconds:.0f} s: {verdict}")  # noqa: T201 - a report
    return int(bool(broken) or total < ENOUGH)


if __name__ == "__main__":
    sys.exit(main())
