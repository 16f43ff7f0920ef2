"""Drift: what a plan finds changed outside since the last apply.

What the manifests changed is no drift, and neither is what was never applied: without a base nobody can say
which side moved.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.contract.fields import policies
from reconciler.model import Action, ChangedBy, FieldDiff

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.contract.kind import Kind
    from reconciler.model import Address, Change, Resource
    from reconciler.state.bindings import Binding

EDITED, CONFLICT, DELETED, DRAFT = "drift", "conflict", "deleted_outside", "foreign_draft"
_SENTENCES = {
    EDITED: "was edited in the dashboard",
    CONFLICT: "was edited in the dashboard, and here too",
    DELETED: "was deleted outside",
    DRAFT: "has a draft that this tool did not write",
}
_OUTSIDE = (ChangedBy.DASHBOARD, ChangedBy.BOTH)


def drifted(
    changes: Iterable[Change], bindings: Mapping[Address, Binding], kinds: Mapping[str, Kind]
) -> tuple[Change, ...]:
    """The changes that something outside calls for, with the fields that were changed there alone.

    ``before`` is what is declared and ``after`` what is live: the other way round than in a plan, because
    drift is what happened and not what would. ``reason`` is one of the four words above; of a draft, ``before`` is what
    is live and ``after`` what waits.
    """
    return tuple(drift for change in changes if change.resource for drift in _of(change, bindings, kinds))


def _of(change: Change, bindings: Mapping[Address, Binding], kinds: Mapping[str, Kind]) -> Iterator[Change]:
    if _gone(change, bindings):
        yield _as_drift(replace(change, diffs=()), DELETED)
        return
    moved = tuple(diff for diff in change.diffs if diff.changed_by in _OUTSIDE)
    if moved:
        sides = {diff.changed_by for diff in moved}
        turned = tuple(replace(diff, before=diff.after, after=diff.before) for diff in moved)
        yield _as_drift(replace(change, diffs=turned), CONFLICT if ChangedBy.BOTH in sides else EDITED)
    if _foreign_draft(change):
        yield _as_drift(replace(change, diffs=tuple(_drafted(change, kinds[change.address.kind]))), DRAFT)


def _drafted(change: Change, kind: Kind) -> Iterator[FieldDiff]:
    """What a colleague has prepared, by the manifest keys that there are for it."""
    if change.observed is None:
        return
    waiting = kind.drafted(change.observed)
    for name, policy in policies(kind.spec).items():
        if policy.wire in waiting:
            live, draft = policy.live(change.observed.body), waiting[policy.wire]
            personal, secret = policy.personal or policy.hashed, policy.secret
            yield FieldDiff(name, live, draft, ChangedBy.DASHBOARD, personal=personal, secret=secret)


def _gone(change: Change, bindings: Mapping[Address, Binding]) -> bool:
    """Bound, and not there: whether its kind remembers ids (an agent) or finds by identity (a number).

    So is what a document names by an id that is not there, as every exported one does.
    """
    if change.action is Action.REFUSE:
        return change.vanished
    if change.observed is not None or change.action is not Action.CREATE:
        return False
    binding = bindings.get(change.address)
    return binding is not None and bool(binding.id)


def _foreign_draft(change: Change) -> bool:
    """A draft that is not ours: an update would be "unfinished" over our own, and is refused over another."""
    draft = change.observed is not None and change.observed.has_draft
    return draft and change.action in (Action.KEEP, Action.REFUSE, Action.ADOPT)


def _as_drift(change: Change, reason: str) -> Change:
    return replace(change, reason=reason, sentence=_SENTENCES[reason], consequences=(), notes=())


def without_base(changes: Iterable[Change], bindings: Mapping[Address, Binding]) -> tuple[Address, ...]:
    """What is declared and live, but was never applied with this state: nothing can be said of its drift."""
    nothing_known = (
        change.address
        for change in changes
        if change.resource is not None
        and change.observed is not None
        and not change.resource.manifest.absent
        and change.action is not Action.ACT
        and change.observed.phase.name == "STEADY"
        and not (change.address in bindings and bindings[change.address].fields)
        and _comparable(change.resource)
    )
    return tuple(dict.fromkeys(nothing_known))


def _comparable(resource: Resource) -> bool:
    """Whether the document declares anything that could be edited outside: a number may be named without settings."""
    own = policies(type(resource.spec))
    return any(not (own[name].local or own[name].fixed) for name in resource.declared)
