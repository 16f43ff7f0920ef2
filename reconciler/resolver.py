"""Turn names into the vendor's ids, and ids back into names."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING, Any, Final

from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.fields import Policy


class Unresolved:
    """The id of something that does not exist yet: known once this run has created it."""

    def __repr__(self) -> str:
        return "(known after apply)"


UNRESOLVED: Final = Unresolved()


class Resolver:
    """Which address has which id; grows while apply creates, from several threads."""

    def __init__(self, ids: Mapping[Address, str]) -> None:
        """Start from what plan found."""
        self._lock = Lock()
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

    def wire(self, policy: Policy, value: Any) -> Any:
        """A declared value as it is sent: a name becomes its id, or ``UNRESOLVED``."""
        if policy.ref is None or not policy.ref.wire or value is None:
            return value
        id_ = self.id(Address(policy.ref.kind, value))
        return UNRESOLVED if id_ is None else wire_id(id_)

    def shown(self, policy: Policy, value: Any) -> Any:
        """A live value as a reader should see it: an id becomes a name where it is ours."""
        if policy.ref is None or not policy.ref.wire or value is None:
            return value
        address = self.address(policy.ref.kind, str(value))
        return address.name if address else f"id {value}"


def wire_id(id_: str) -> int | str:
    """Ids are opaque strings to us; the vendor's integer ones travel as JSON numbers (contract, X5)."""
    return int(id_) if id_.isascii() and id_.isdecimal() else id_
