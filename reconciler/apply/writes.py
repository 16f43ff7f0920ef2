"""Single writes: lost answers settled by looking, outputs delivered, what moves waited for."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.contract.fields import policies
from reconciler.contract.kind import FoundBy
from reconciler.errors import AmbiguousWrite, Rejected, Unintelligible
from reconciler.model import Phase

if TYPE_CHECKING:
    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.model import Change, Observed

_FIRST_PAUSE, _LONGEST_PAUSE = 1.0, 15.0  # seconds between two looks at what is moving


def create(change: Change, kind: Kind, context: Context) -> Observed:
    """Create it, or find what a create without an answer made; what it shows once is out of it afterwards."""
    if kind.outputs and context.deliver is None:
        shown = " and ".join(f"`{name}`" for name in kind.outputs)
        raise Rejected(
            f"the platform shows {shown} once, and nothing says where it goes",
            method="",
            path="",
            hint="declare `secret_to: {file: PATH}`, or `secrets.recipients` in reconciler.yaml",
        )
    try:
        made = kind.create(change, context)
    except (AmbiguousWrite, Unintelligible):
        found = _newcomer(change, kind, context)
        if found is None or kind.outputs:  # what would have been shown once is lost with the answer
            raise
        return _completed(change, kind, found, context)
    return _completed(change, kind, _delivered(change, kind, made, context), context)


def _completed(change: Change, kind: Kind, made: Observed, context: Context) -> Observed:
    """With all that belongs to a create; where that is not answered, reading it back says what came of it."""
    try:
        return kind.complete(change, made, context)
    except (AmbiguousWrite, Unintelligible):
        return made


def _newcomer(change: Change, kind: Kind, context: Context) -> Observed | None:
    """The one object that was not there before and is what the create would have made."""
    if change.resource is None or kind.found_by is FoundBy.NAME:
        return None
    keys = {(place, key) for place, key in enumerate(kind.keys(change.resource, context.resolver)) if key}
    known = {item.id for item in context.account.of(kind.name)}
    found = [
        item
        for item in kind.observe(context.look)
        if item.id not in known and keys & set(enumerate(kind.live_keys(item)))
    ]
    return found[0] if len(found) == 1 else None


def _delivered(change: Change, kind: Kind, made: Observed, context: Context) -> Observed:
    if not kind.outputs or context.deliver is None or change.resource is None:
        return made
    context.deliver(change.resource, {name: made.body.get(name) for name in kind.outputs})
    return replace(made, body={name: value for name, value in made.body.items() if name not in kind.outputs})


def with_failure(made: Observed, observed: Observed) -> Observed:
    """What was read back, with a failure that only the create was told of: nothing is waited for then."""
    return replace(observed, failure=made.failure, phase=Phase.STEADY) if made.failure else observed


def update(change: Change, kind: Kind, context: Context) -> Observed:
    """Update; a lost answer is settled by reading: what is there as declared has happened."""
    try:
        return kind.update(change, context)
    except AmbiguousWrite:
        own = policies(kind.spec)
        if any(own[diff.path].unread is not None for diff in change.diffs):
            raise  # the account does not tell it, so reading settles nothing
        below = change.observed.parent if change.observed is not None else ""
        after = kind.read(change.id or "", context, below)
        if change.resource is not None and kind.diff(change.resource, after.body, context.resolver):
            raise
        return after


def steady(observed: Observed, kind: Kind, context: Context) -> Observed:
    """The object once it has stopped moving, or as it is when the patience with its kind is over."""
    pause, waited, patience = _FIRST_PAUSE, 0.0, kind.patience.total_seconds()
    while observed.phase is Phase.MOVING and waited < patience and context.sleep is not None:
        pause = min(pause, patience - waited)
        context.sleep(pause)
        waited, pause = waited + pause, min(pause * 2, _LONGEST_PAUSE)
        observed = kind.read(observed.id, context, observed.parent)
    return observed
