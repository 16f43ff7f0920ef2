"""Lost batches of tests: whether a begin that nobody saw answered came to something.

The vendor's oddity (contract-next 2.2): a begin carries no key of ours, so all that tells a batch is the list. A run
that was killed is looked for until its request must have arrived; after a lost answer the platform was in trouble
already, so that a list without it says nothing for a good while.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.schedule.clock import parse_instant
from reconciler.state.test_records import Stage, TestRecord

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from reconciler.testing.batch import Batch

_PAUSES = (1.0, 2.0, 4.0, 8.0)  # between looks: a request that was sent has arrived by the last
_BEFORE_PAYING = (*_PAUSES, 15.0)  # after a killed run, where a list without the batch is taken for an answer
_ARRIVES = timedelta(seconds=60)  # after which one look is enough
_SETTLED = timedelta(minutes=15)  # after which a list without the batch is believed even after a lost answer


@dataclass(frozen=True, slots=True)
class Unsettled:
    """It cannot be told whether a batch was begun, and why not."""

    why: str


def search(
    record: TestRecord,
    listed: Callable[[], Sequence[Batch]],
    now: Callable[[], datetime],
    sleep: Callable[[float], None],
) -> Batch | Unsettled | None:
    """The batch that came of a begin; None where none did. Looks more than once while it may still arrive."""
    begun = parse_instant(record.at)
    pauses = _PAUSES if record.stage is Stage.LOST else _BEFORE_PAYING if now() - begun < _ARRIVES else ()
    for pause in (0.0, *pauses):
        if pause:
            sleep(pause)
        if found := _ours(record, listed()):
            return found
    if record.stage is Stage.LOST and now() - begun < _SETTLED:
        return Unsettled(f"the begin at {record.at} was not answered, and no batch is listed that came of it")
    return None


def _ours(record: TestRecord, listed: Sequence[Batch]) -> Batch | Unsettled | None:
    """The one batch that is new and of the right size; several, or another new one, say nothing."""
    new = [it for it in listed if it.id not in record.known and it.channel in ("", record.channel)]
    fitting = [it for it in new if it.total in (0, len(record.scenarios))]
    if len(fitting) == 1:
        return fitting[0]
    if new:
        named = ", ".join(it.id for it in new)
        return Unsettled(f"batch {named} appeared since, and may be another's" if len(new) == 1 else
                         f"any of the batches {named} could be the one that was begun at {record.at}")  # fmt: skip
    return None


def later(one: str, other: str) -> bool:
    """Whether an instant of the platform's clock is after another; False where one of them is none."""
    try:
        return parse_instant(one) > parse_instant(other)
    except ValueError:
        return False
