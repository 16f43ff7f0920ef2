"""The manifests without what stands alone and is in error: what is left out of a run, and why."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.errors import InputError
from reconciler.left_out import list_of, whole_lists_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.contract.kind import Kind
    from reconciler.load.reader import Loaded
    from reconciler.model import Address, Finding


@dataclass(frozen=True, slots=True)
class LeftOut:
    """What an error leaves out, with all that is said of it; of the lists in ``incomplete`` not every row is known.

    With ``skip_rows`` the rows of a list that are right are armed although others are wrong.
    """

    errors: Mapping[Address, tuple[Finding, ...]] = field(default_factory=dict)
    incomplete: frozenset[str] = frozenset()
    skip_rows: bool = False


def complete(loaded: Loaded) -> Loaded:
    """The manifests as they are; raises InputError with every finding when one of them is an error."""
    if loaded.errors:
        raise InputError("the manifests have errors", findings=loaded.findings)
    return loaded


def leave_out(loaded: Loaded, kinds: Mapping[str, Kind], *, skip_rows: bool) -> LeftOut:
    """Take out of ``loaded`` what stands alone and is in error; raises InputError for any other error.

    With one row of a list its other rows are left out, unless they are to be armed all the same (``skip_rows``).
    """
    found = {item.address: item for item in loaded.errors}
    alone = {address for address in found if address is not None and kinds[address.kind].stands_alone}
    if found.keys() - alone:
        complete(loaded)
    left = {it: [item for item in loaded.errors if item.address == it] for it in sorted(alone)}
    for address, error in whole_lists_of(left, loaded.lists, skip_rows=skip_rows).items():
        left.setdefault(address, []).append(error)
    lists = {address.name for address in left if kinds[address.kind].table}
    if left or lists:
        loaded.resources = {
            name: it
            for name, it in loaded.resources.items()
            if it.address not in left and list_of(it.address) not in lists
        }
    errors = {address: tuple(errors) for address, errors in left.items()}
    return LeftOut(errors, frozenset(loaded.incomplete | lists), skip_rows)
