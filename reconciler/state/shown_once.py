"""Secrets that the platform shows once, sealed in the state by the address of what they belong to."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from reconciler.model import Address
    from reconciler.state.ledger import Ledger


def _key(ledger: Ledger, address: Address) -> str:
    return f"{ledger.organization}/secret/{address.kind}/{address.name}"


def keep(ledger: Ledger, address: Address, sealed: bytes, *, at: str) -> None:
    """Keep what was sealed, over what was kept before."""
    key = _key(ledger, address)
    before = ledger.store.get(key)
    value = {"sealed": base64.b64encode(sealed).decode("ascii"), "at": at, "project": ledger.project}
    ledger.store.put(key, value, expected=before.version if before else None)


def kept(ledger: Ledger, address: Address) -> bytes | None:
    """What was sealed for an address under its name, or a name that it had; None for nothing."""
    binding = ledger.binding(address)
    for name in (address.name, *(binding.was if binding else ())):
        entry = ledger.store.get(_key(ledger, type(address)(address.kind, name)))
        if entry is not None:
            return base64.b64decode(str(entry.value["sealed"]))
    return None
