"""Steps that write to the state alone: many in one commit, and one by one what cannot be stored so.

A commit costs syncs of a disk or a push to a branch: ten thousand calls are armed in a few of them.
"""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from reconciler.errors import Conflict, ReconcilerError, StoreError
from reconciler.planning.steps import Verb

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.model import Change, Observed
    from reconciler.planning.steps import Step

_MOST = 5_000  # in one commit: a second or so of work, after which an interrupt is heeded
_FEW = 64  # which threads take one by one, in commits that they share
_WRITES = frozenset({Verb.CREATE, Verb.UPDATE, Verb.DELETE})


def taken_together(  # noqa: PLR0913 - what it takes, and whom it tells
    wave: Sequence[Step],
    kinds: Mapping[str, Kind],
    context: Context,
    *,
    free: Callable[[Step], bool],
    begun: Callable[[Change], None],
    done: Callable[[Change, Observed | None], None],
) -> list[Step]:
    """Take the steps that nothing keeps back, each ``done`` once it is stored; what is left is for single takes."""
    left: list[Step] = []
    for name, steps in groupby(wave, key=lambda step: step.change.address.kind):
        own = list(steps)
        for start in range(0, len(own), _MOST):
            chunk = own[start : start + _MOST]
            fit = [step.change for step in chunk if step.verb in _WRITES and free(step)]
            for change in fit:
                begun(change)
            stored = set()
            for change, observed in _recorded(fit, kinds[name], context):
                done(change, observed)
                stored.add(id(change))
            left += [step for step in chunk if id(step.change) not in stored]
    return left


def _recorded(changes: Sequence[Change], kind: Kind, context: Context) -> Iterator[tuple[Change, Observed | None]]:
    """Each change that could be stored, and what is there then.

    One that another run wrote first, or that cannot be understood, must not keep the others back: it is searched for
    by halves. Where nothing can be stored at all, whoever takes the steps one by one says so of each.
    """
    if not changes:
        return
    try:
        found = kind.record_all(changes, context)
    except (ReconcilerError, LookupError, TypeError, ValueError, AttributeError) as error:
        nothing_can = isinstance(error, StoreError) and not isinstance(error, Conflict)
        if nothing_can or len(changes) <= _FEW:
            return
        half = len(changes) // 2
        yield from _recorded(changes[:half], kind, context)
        yield from _recorded(changes[half:], kind, context)
        return
    yield from zip(changes, found, strict=True)
