"""Notes of the ledger whose digests are keyed: the key is checked before anything is compared by them."""

from __future__ import annotations

from abc import abstractmethod
from collections import Counter
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.errors import Conflict, StoreError
from reconciler.state.call_records import keyed
from reconciler.state.digests import Digests, wrong_key
from reconciler.state.notes import Notes
from reconciler.state.rekeying import rekeyed

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from threading import Lock

    from reconciler.store import Entry, Store

KEY_CHECK = "state-key"
_TRIES = 5


class KeyedNotes(Notes):
    """Knows the digests of the state, and leaves beside them what tells its key from another."""

    store: Store
    _digests: Digests
    _entries: dict[str, Entry]
    _keying: Lock

    @abstractmethod
    def _known(self) -> dict[str, Entry]: ...

    @abstractmethod
    def _learn(self, stored: Iterable[Entry]) -> None: ...

    @abstractmethod
    def refresh(self) -> None:
        """Let the next question know what others wrote."""

    @property
    def digests(self) -> Digests:
        """How numbers and words are kept; raises WrongStateKey where the state was keyed with another key."""
        self.check_key()
        return self._digests

    @property
    def reading(self) -> Digests:
        """How what was read is compared: one by one, where that takes the key, raises WrongStateKey."""
        otherwise = "" if self._agrees(self._entries) else self.store.description
        return replace(self._digests, keyed_otherwise=otherwise) if otherwise else self._digests

    def check_key(self) -> None:
        """Raise WrongStateKey where the state was keyed with another key than this run has."""
        known = self._known()
        if not self._agrees(known):
            raise wrong_key(self._digests, self.store.description, known[self._check_key].value)

    def use_key(self) -> None:
        """Key what an older state holds, in one commit that says with which key: of two keys only one gets in."""
        if not self._digests.key or self._check_key in self._known():
            return
        with self._keying:
            for tried in range(1, _TRIES + 1):
                known = self._known()
                if self._check_key in known:
                    self.check_key()
                    return
                try:
                    self._learn(self._keyed_now(known))
                except Conflict:
                    if tried == _TRIES:
                        raise
                    self.refresh()

    def rekey(self) -> int:
        """Take what an earlier one of the key made over into all of it, in one commit; how many entries that changed.

        Raises WrongStateKey where the state was keyed with none of them. Whoever calls holds every lease: a run with
        the earlier key alone would go on writing by it.
        """
        self.use_key()
        known = {entry.key: entry for entry in self.store.list(self._prefix, {})}
        check = known[self._check_key].value
        if self._digests.agree_with(check):
            return 0
        since = self._digests.since(check)
        if since is None:
            raise wrong_key(self._digests, self.store.description)
        writes = rekeyed(known.values(), partial(self._digests.key.grown, since=since))
        self.store.put_many(writes)
        self.refresh()
        return sum(write.value is not None for write in writes)

    def bring_in(self, entries: Mapping[str, Any]) -> int:
        """Add an exported state to this one, over nothing that is there, and key it; how many entries that were.

        Raises WrongStateKey where the two were made with two keys, and StoreError where something of it is there.
        """
        check, own = entries.get(KEY_CHECK), self._known().get(self._check_key)
        if check is not None and own is not None:
            if check != own.value:
                raise wrong_key(self._digests, "the exported state")
            entries = {key: value for key, value in entries.items() if key != KEY_CHECK}
        if taken := sum(f"{self._prefix}{key}" in self._known() for key in entries):
            raise _not_empty(self.store.description, self._held(), taken)
        self._learn(self._put({f"{self._prefix}{key}": value for key, value in entries.items()}, {}))
        if self._digests.key and self._agrees(known := self._known()):
            self._learn(self._keyed_now(known))
        return len(entries)

    def _held(self) -> Counter[str]:
        """How many entries there are of each sort; a lease is none."""
        kept = (key.removeprefix(self._prefix).partition("/")[0] for key in self._known())
        return Counter(sort for sort in kept if sort != "lease")

    def _keyed_now(self, known: Mapping[str, Entry]) -> list[Entry]:
        from reconciler.state import campaign_records  # noqa: PLC0415 - slow to load, and a key is new once

        calls = {entry.key: entry.value for entry in self._under("call") if isinstance(entry.value, dict)}
        campaigns = {it.key: it.value for it in self._under("campaign") if isinstance(it.value, dict)}
        wanted = (
            {self._check_key: self._digests.check}
            | {key: keyed(value, self._digests.of) for key, value in calls.items()}
            | {key: campaign_records.keyed(value, self._digests.of) for key, value in campaigns.items()}
        )
        moved = {key: value for key, value in wanted.items() if key not in known or known[key].value != value}
        return self._put(moved, known) if moved else []

    def _put(self, values: Mapping[str, Mapping[str, Any]], known: Mapping[str, Entry]) -> list[Entry]:
        from reconciler.store import Write  # noqa: PLC0415 - keeps the module's types apart from its work

        versions = {key: known[key].version if key in known else None for key in values}
        return self.store.put_many([Write(key, dict(value), versions[key]) for key, value in values.items()])

    def _agrees(self, known: Mapping[str, Entry]) -> bool:
        check = known.get(self._check_key)
        return check is None or self._digests.agree_with(check.value)

    @property
    def _check_key(self) -> str:
        return f"{self._prefix}{KEY_CHECK}"

    def _as_kept(self, digest: str) -> str:
        """A digest that was read, as this version keeps it: a plain one of an older state is keyed now."""
        return self._digests.of(digest) if self._digests.key and self._agrees(self._entries) else digest


def _not_empty(where: str, held: Mapping[str, int], taken: int) -> StoreError:
    """What to raise where an import would overwrite something."""
    listed = ", ".join(f"{count:,} of `{sort}`" for sort, count in sorted(held.items()))
    already = f"{taken:,} of what is imported is there already"
    return StoreError(
        f"{where} is not empty, and nothing was written: it holds {listed}; {already}",
        hint="`reconciler state show` lists it; import into a store that holds nothing, named with --state",
    )
