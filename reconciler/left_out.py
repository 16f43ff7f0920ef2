"""What an error about one thing leaves out of a run, and the errors that stop all of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.model import Action, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import Address, Change, Plan, Resource


def stopped(plan: Plan) -> tuple[Change, ...]:
    """The changes that errors about them alone leave out."""
    return tuple(change for change in plan.changes if change.stopped)


def blocking(plan: Plan) -> tuple[Finding, ...]:
    """The errors that stop an apply: all but those that leave out a change of their own."""
    alone = {change.address for change in stopped(plan)}
    return tuple(finding for finding in plan.errors if finding.address not in alone)


def row_name(list_: str, key: str) -> str:
    """The name of what a row of a list declares; no other name has a slash, and a key may have more."""
    return f"{list_}/{key}"


def error_of(address: Address, left_out: Mapping[Address, tuple[Finding, ...]]) -> Finding | None:
    """The first error that leaves out what is of this address: its own, or that of the list it is a row of."""
    if errors := left_out.get(address):
        return errors[0]
    name = list_of(address)
    return next((errors[0] for it, errors in left_out.items() if name and it.name == name and errors), None)


def spoken_error(error: Finding) -> str:
    """``its document is in error (manifests/reminders.yaml:10:5: …): not placed``, so that nobody takes it for gone."""
    place = f"{error.location}: " if error.location else ""
    return f"its document is in error ({place}{error.message}): not placed"


def list_of(address: Address) -> str:
    """The name of the list that an address is a row of; "" for what is in none."""
    name, slash, _ = address.name.partition("/")
    return name if slash else ""


def whole_lists(changes: Iterable[Change]) -> list[Change]:
    """The changes, where an error about one row of a list leaves out all that would be done to its other rows."""
    changes = list(changes)
    wrong: dict[str, Change] = {}
    for change in changes:
        if change.stopped and (name := list_of(change.address)):
            wrong.setdefault(name, change)
    if not wrong:
        return changes
    return [_held_back(it, wrong[list_of(it.address)]) if list_of(it.address) in wrong else it for it in changes]


def _held_back(change: Change, wrong: Change) -> Change:
    if not change.pending:
        return change
    first = wrong.stopped[0]
    told = f"left out with its list: {wrong.address.name} is wrong"
    why = replace(
        first,
        code="RC175",
        message=f"{told} ({first.message})",
        hint="correct that row, or arm the rest: --skip-rows",
        address=change.address,
    )
    refused = Action.REFUSE
    return replace(change, action=refused, verb=refused.value, sentence=told, consequences=(), stopped=(why,))


def whole_lists_of(
    left: Iterable[Address], lists: Mapping[str, Resource], *, skip_rows: bool
) -> dict[Address, Finding]:
    """The lists that are left out with a row that is wrong, and what is said of each."""
    if skip_rows:
        return {}
    rows = Counter(name for address in left if (name := list_of(address)))
    return {lists[name].address: _left(lists[name], count) for name, count in rows.items() if name in lists}


def _left(resource: Resource, count: int) -> Finding:
    rows = "1 row is" if count == 1 else f"{count:,} rows are"
    return Finding(
        Severity.ERROR,
        "RC175",
        f"{rows} wrong: none of its rows is armed, moved or cancelled",
        "correct what is named, or arm the rest: --skip-rows",
        resource.address,
        resource.manifest.location,
    )
