"""Names of what does not exist yet and is not created by the same plan: there is no id to send."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.contract.diff import where
from reconciler.contract.fields import named, references
from reconciler.contract.kind import FoundBy
from reconciler.contract.resolver import not_yet
from reconciler.model import Action, Address, Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from reconciler.contract.kind import Kind
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change

_MAKES = frozenset({Action.CREATE, Action.REPLACE, Action.ADOPT, Action.REFUSE})  # a refusal is told on its own


def missing(changes: Sequence[Change], kinds: Mapping[str, Kind], resolver: Resolver) -> Iterator[Finding]:
    """An error for each name that a part of a project leaves without an id (``--target``, ``-l``, a path).

    What we keep ourselves needs no id now, but when its time has come: that is a warning, once for each such name.
    """
    coming = {change.address for change in changes if change.action in _MAKES}
    waited_for: set[tuple[str, str]] = set()
    sending = {name for name in {change.address.kind for change in changes} if _sends_an_id(kinds[name])}
    for change in changes:
        if change.resource is None or not change.action.writes_fields:
            continue
        if change.address.kind in sending:
            yield from _of(change, kinds, resolver, coming)
        for kind, name, key in _later(change, kinds, waited_for):
            waited_for.add((kind, name))
            address = Address(kind, name)
            if address not in coming and resolver.id(address) is None:
                yield _finding(change, key, address, Severity.WARNING, ": nobody is rung until it does")


def _sends_an_id(kind: Kind) -> bool:
    return any(ref.wire and ref.sends == "id" for ref in references(kind.spec).values())


def _later(
    change: Change, kinds: Mapping[str, Kind], told: Container[tuple[str, str]]
) -> Iterator[tuple[str, str, str]]:
    """What a change of our own records names by a name alone, and must be on the account in the end; in which field.

    All rows of a list name the same few: what is ``told`` already is passed over first.
    """
    kind = kinds[change.address.kind]
    if change.resource is not None and kind.kept_in_state:
        for key, ref, name in named(kind.spec, change.resource.declared):
            if (ref.kind, name) not in told and not ref.wire and kinds[ref.kind].found_by is FoundBy.BINDING:
                yield ref.kind, name, key


def _of(
    change: Change, kinds: Mapping[str, Kind], resolver: Resolver, coming: Iterable[Address]
) -> Iterator[Finding]:  # fmt: skip - one line of arguments
    resource = change.resource
    if resource is None or not change.action.writes_fields:
        return
    for key, ref, name in named(kinds[change.address.kind].spec, resource.declared):
        if not ref.wire or ref.sends != "id":
            continue
        address = Address(ref.kind, name)
        if resolver.id(address) is None and address not in coming and any(it.path == key for it in change.diffs):
            yield _finding(change, key, address, Severity.ERROR)


def _finding(change: Change, key: str, address: Address, severity: Severity, more: str = "") -> Finding:
    message, hint = not_yet(key, address.name), f"first: reconciler apply --target {address}; or plan all at once"
    place = where(change.resource, key) if change.resource else None
    return Finding(severity, "RC207", f"{message}{more}", hint, change.address, place)
