"""Fingerprints of a plan and of its changes, by which an approved plan is compared."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.contract.equality import digest, meaning
from reconciler.contract.fields import policies
from reconciler.model import Action

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from reconciler.contract.kind import Kind
    from reconciler.model import Change, Target


class PlanFingerprint:
    """Equal for equal plans on equal accounts, and nothing readable in it; found when somebody reads it, as a text."""

    __slots__ = ("_changes", "_found", "_target")

    def __init__(self, target: Target, changes: Sequence[Change]) -> None:
        self._target, self._changes, self._found = target, changes, ""

    def __str__(self) -> str:
        if not self._found:
            told = [[str(change.address), change.fingerprint] for change in self._changes]
            self._found = digest([self._target.organization_id, told])
        return self._found

    def __eq__(self, other: object) -> bool:
        """Whether they read the same."""
        return isinstance(other, PlanFingerprint | str) and str(self) == str(other)

    def __hash__(self) -> int:
        return hash(str(self))


def fingerprint_of(change: Change, kind: Kind) -> str:
    """What is declared, a hyphen, and what apply would touch of the live object; "" where it touches nothing.

    What moves by itself (a balance, a last-verified date) is left out, or every plan would be stale at once; names
    are not resolved, so that a run that was killed after it created an agent can be finished from the same plan. An
    extra action looks only at what it is about.
    """
    if not change.pending:
        return ""
    own = policies(kind.spec)
    expected = kind.expected(change.resource) if change.resource else {}
    declared = {name: meaning(own[name], value) for name, value in expected.items()}
    about_all = change.action is not Action.ACT
    id_ = change.id if about_all else None  # an action that waits for a create has none yet
    asked = digest([str(change.address), change.verb, id_, declared])
    if change.observed is None:
        return f"{asked}-{_nothing_there(kind, about_all=about_all)}"
    return f"{asked}-{_there(kind, change.observed.body, about_all=about_all)}"


def _there(kind: Kind, live: Mapping[str, Any], *, about_all: bool) -> str:
    own = policies(kind.spec).values() if about_all else ()
    fields = {policy.wire: policy.live(live) for policy in own if not policy.local}
    return digest({**fields, **{name: live.get(name) for name in kind.watched}})


@cache
def _nothing_there(kind: Kind, *, about_all: bool) -> str:
    """What ``_there`` says of nothing, which is the same for every one that is to be made."""
    return _there(kind, {}, about_all=about_all)
