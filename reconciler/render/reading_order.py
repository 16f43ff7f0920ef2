"""The order in which a reader meets changes: what cannot be undone first, single calls last.

Every format sorts by it, and what does not fit on a page is left out from its end.
"""

from __future__ import annotations

import re
from enum import IntEnum
from typing import TYPE_CHECKING

from reconciler.model import Action, ChangedBy, Severity, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import Change, Finding

_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_OF_CALLS = frozenset({"arm", "reschedule", "hold", "release", "cancel"})
_LOSES = frozenset({Action.DELETE, Action.UNPROTECT})
_BY_OTHERS = frozenset({ChangedBy.DASHBOARD, ChangedBy.BOTH})


class Section(IntEnum):
    """Where a change is read; inside a section the order of the plan stays (agents before numbers)."""

    REFUSED = 0
    FINAL = 1
    OVERWRITES = 2
    MONEY = 3
    OTHER = 4
    CALLS = 5
    KEPT = 6


def section(change: Change) -> Section:
    """The gravest thing about a change decides where it is read."""
    if change.action is Action.REFUSE:
        return Section.REFUSED
    if not change.pending:
        return Section.KEPT
    if change.verb in _OF_CALLS:
        return Section.CALLS
    if change.action in _LOSES or change.means(Sort.CANNOT_BE_UNDONE):
        return Section.FINAL
    if overwrites(change):
        return Section.OVERWRITES
    return Section.MONEY if change.means(Sort.SPENDS_MONEY) or change.means(Sort.RINGS_A_PERSON) else Section.OTHER


def rank(change: Change) -> tuple[int, bool]:
    """The key to sort changes by; among calls the cancelled come first, for nobody will ring them."""
    return section(change), not change.action.removes


def overwrites(change: Change) -> bool:
    """Whether an apply would take back what somebody changed in the dashboard."""
    return (
        change.pending and change.observed is not None and any(diff.changed_by in _BY_OTHERS for diff in change.diffs)
    )


def first_of_all(findings: Iterable[Finding]) -> tuple[list[Finding], list[Finding]]:
    """What puts the whole plan in doubt (about no document and no object), and the rest; gravest first in each."""
    weights = list(Severity)
    ordered = sorted(findings, key=lambda finding: weights.index(finding.severity))
    general = [it for it in ordered if _general(it)]
    return general, [it for it in ordered if not _general(it)]


def _general(finding: Finding) -> bool:
    return finding.address is None and finding.location is None and finding.severity is not Severity.NOTE


def kind_noun(kind: str) -> str:
    """``phone number`` for ``PhoneNumber``."""
    return _CAPITAL.sub(" ", kind).lower()


def by_kind(changes: Sequence[Change]) -> dict[str, int]:
    """How many objects of each kind, by the noun of the kind, in the order of the changes."""
    counts: dict[str, int] = {}
    for address in dict.fromkeys(change.address for change in changes):
        noun = kind_noun(address.kind)
        counts[noun] = counts.get(noun, 0) + 1
    return counts
