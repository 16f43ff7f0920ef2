"""Names of what does not exist yet and is not created by the same plan: there is no id to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.diff import where
from reconciler.fields import named
from reconciler.model import Action, Address, Finding, Severity
from reconciler.resolver import not_yet

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.kind import Kind
    from reconciler.model import Change
    from reconciler.resolver import Resolver

_MAKES = frozenset({Action.CREATE, Action.REPLACE, Action.ADOPT, Action.REFUSE})  # a refusal is told on its own


def missing(changes: Sequence[Change], kinds: Mapping[str, Kind], links: Resolver) -> Iterator[Finding]:
    """An error for each name that a part of a project leaves without an id (``--target``, ``-l``, a path)."""
    coming = {change.address for change in changes if change.action in _MAKES}
    for change in changes:
        yield from _of(change, kinds, links, coming)


def _of(
    change: Change, kinds: Mapping[str, Kind], links: Resolver, coming: Iterable[Address]
) -> Iterator[Finding]:  # fmt: skip - one line of arguments
    resource = change.resource
    if resource is None or not change.action.writes_fields:
        return
    for key, ref, name in named(kinds[change.address.kind].spec, resource.declared):
        if not ref.wire or ref.sends != "id":
            continue
        address = Address(ref.kind, name)
        if links.id(address) is None and address not in coming and any(it.path == key for it in change.diffs):
            message, hint = not_yet(key, name), f"first: reconciler apply --target {address}; or plan all at once"
            yield Finding(Severity.ERROR, "RC207", message, hint, change.address, where(resource, key))
