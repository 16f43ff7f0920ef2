"""Resolver between names and the vendor's ids."""

from __future__ import annotations

from itertools import chain
from threading import Lock
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final

from reconciler.contract.fields import wire_id
from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.contract.fields import Policy, Ref
    from reconciler.model import Resource


class Unresolved:
    """The id of something that does not exist yet: known once this run has created it."""

    def __repr__(self) -> str:
        return "(known after apply)"


UNRESOLVED: Final = Unresolved()


class Resolver:
    """Which address has which id; grows while apply creates, from several threads."""

    def __init__(self, ids: Mapping[Address, str], resources: Mapping[str, Resource] = MappingProxyType({})) -> None:
        """Start from what plan found; ``resources`` are asked where a reference sends a field instead of an id."""
        self._lock = Lock()
        self._resources = resources
        self._written: dict[Address, Mapping[str, Any]] = {}
        self._ids = dict(ids)
        self._addresses = {(address.kind, id_): address for address, id_ in ids.items()}

    def id(self, address: Address) -> str | None:
        """The vendor's id, or None while there is none."""
        return self._ids.get(address)

    def address(self, kind: str, id_: str) -> Address | None:
        """Our name for a vendor id, or None when it is not ours."""
        return self._addresses.get((kind, id_))

    def bind(self, address: Address, id_: str) -> None:
        """Remember the id of what was just created."""
        with self._lock:
            self._ids[address] = id_
            self._addresses[address.kind, id_] = address

    def declare(self, address: Address, declared: Mapping[str, Any]) -> None:
        """Remember what a document says that was just written, and that no load has read yet."""
        with self._lock:
            self._written[address] = declared

    def unbind(self, address: Address) -> None:
        """Forget the id of what is gone, or will be replaced; a live reference to it still has its name."""
        with self._lock:
            self._ids.pop(address, None)

    def to_wire(self, policy: Policy, value: Any) -> Any:
        """A declared value as it is sent: a name becomes its id, or ``UNRESOLVED``; a set comes in one order."""
        ref = policy.ref
        if ref is None or not ref.wire or value is None:
            return value
        if not ref.many:
            return self._sent(ref, value)
        found = list(dict.fromkeys(self._sent(ref, name) for name in value))
        return UNRESOLVED if UNRESOLVED in found else sorted(found, key=str)

    def _sent(self, ref: Ref, name: str) -> Any:
        address = Address(ref.kind, name)
        if ref.sends != "id":
            resource = self._resources.get(str(address))
            said = resource.declared if resource else self._written.get(address, {})
            return said.get(ref.sends, UNRESOLVED)
        id_ = self.id(address)
        return UNRESOLVED if id_ is None else wire_id(id_)

    def to_name(self, policy: Policy, value: Any) -> Any:
        """A live value as a reader should see it: an id becomes a name where it is ours."""
        ref = policy.ref
        if ref is None or not ref.wire or value is None:
            return value
        return [self._name_of(ref, item) for item in value] if ref.many else self._name_of(ref, value)

    def _name_of(self, ref: Ref, value: Any) -> Any:
        name = self.name(ref, value)
        return name if name is not None else value if ref.sends != "id" else f"id {value}"

    def name(self, ref: Ref, value: Any) -> str | None:
        """Our name for what a reference sends, or None when it is not ours."""
        if ref.sends == "id":
            address = self.address(ref.kind, str(value))
            return address.name if address else None
        return next((it.name for it, said in self._said(ref.kind) if said.get(ref.sends) == value), None)

    def _said(self, kind: str) -> Iterator[tuple[Address, Mapping[str, Any]]]:
        """What every document of a kind says, loaded or just written."""
        loaded = ((it.address, it.declared) for it in self._resources.values())
        return ((address, said) for address, said in chain(loaded, self._written.items()) if address.kind == kind)


def not_yet(key: str, name: object) -> str:
    """What is wrong with a field that names what has no id."""
    return f"`{key}` names {name}, which does not exist yet"
