"""Opt-outs of an organisation: a hash of each number that is never called again, and why."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import Conflict

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.store import Store

_KEY = "opt-out"


def start_of(organization: str) -> str:
    """What the keys of all of them start with."""
    return f"{organization}/{_KEY}/"


def opted_out(store: Store, organization: str) -> frozenset[str]:
    """The hashes of everybody who did, as the store holds them now."""
    start = start_of(organization)
    return frozenset(entry.key.removeprefix(start) for entry in store.list(start, {}))


def opt_out(store: Store, organization: str, hashed: str, record: Mapping[str, str]) -> None:
    """Write down that somebody did, with why, when and by whom; once more changes nothing. Raises StoreError."""
    from reconciler.store import Write  # noqa: PLC0415 - keeps the module's types apart from its work

    if hashed in opted_out(store, organization):
        return
    try:
        store.put_many([Write(f"{start_of(organization)}{hashed}", dict(record), None)])
    except Conflict:  # somebody else was first to write just this
        store.refresh()
