"""Digests of people's numbers and words, as one organisation's state keeps them.

A keyed digest is made of the plain one, so what an older state holds can be keyed without knowing the number. What was
keyed tells nothing without the key: a run whose key is another one, or missing, is refused before it compares.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.errors import StoreError
from reconciler.state_key import KEYED, NO_KEY, VARIABLE, StateKey
from reconciler.telephony import phone_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping


class WrongStateKey(StoreError):
    """The state was keyed with another key than this run has, or this run has none."""

    code = "RC504"


@dataclass(frozen=True, slots=True)
class Digests:
    """How an organisation's state keeps digests; without a key they are the plain ones.

    ``keyed_otherwise`` names a state whose key is another one than this.
    """

    organization: str = ""
    key: StateKey = field(default=NO_KEY)
    keyed_otherwise: str = ""

    def of(self, plain: str) -> str:
        """A plain digest as it is kept; a keyed one, and nothing, is what it is."""
        if not self.key or not plain or is_keyed(plain):
            return plain
        return self.key.digest(f"digest:{self.organization}:{plain}")

    def number(self, number: str) -> str:
        """The digest of an E.164 number as it is kept; ValueError when it is not one."""
        return self.of(phone_numbers.digest(number))

    def opened(self, kept: str, candidates: Iterable[str]) -> str:
        """The plain digest, among candidates, that was kept so; what was kept where it is none of them."""
        return next((plain for plain in candidates if kept == self.of(plain)), kept)

    def recalls(self, kept: str, plain: Iterable[str]) -> bool:
        """Whether one of these plain digests was kept so; raises WrongStateKey where that takes another key."""
        if self.keyed_otherwise and is_keyed(kept):
            raise wrong_key(self, self.keyed_otherwise)
        return kept in map(self.of, plain)

    @property
    def check(self) -> Mapping[str, Any]:
        """What the state keeps of the key, to tell it from another."""
        return {"check": _check(self.key, self.organization)}

    def agree_with(self, kept: Mapping[str, Any]) -> bool:
        """Whether the state was keyed with this key."""
        return bool(self.key) and kept.get("check") == self.check["check"]

    def since(self, kept: Mapping[str, Any]) -> StateKey | None:
        """The earlier one of this key that the state was keyed with; None where it was none of them."""
        return next((key for key in self.key.earlier if replace(self, key=key).agree_with(kept)), None)


@cache
def _check(key: StateKey, organization: str) -> str:
    return key.digest(f"key-of:{organization}")


PLAIN = Digests()


def is_keyed(digest: str) -> bool:
    """Whether a digest is a keyed one."""
    return digest.startswith(f"{KEYED}:")


def wrong_key(digests: Digests, description: str, kept: Mapping[str, Any] | None = None) -> WrongStateKey:
    """Why a run that has not the state's key can go no further, and what to set; ``kept`` is the state's own check."""
    if kept is not None and digests.since(kept) is not None:
        return WrongStateKey(
            f"the digests of people in {description} were made with the first lines of {VARIABLE} only",
            hint="reconciler state rekey",
        )
    has = "is another key" if digests.key else "is not set"
    return WrongStateKey(
        f"the digests of people in {description} were made with a key, and {VARIABLE} {has}: it cannot be told who was "
        "called already, nor which secrets were sent",
        hint=f"set {VARIABLE} to the key that the other runs of this organisation have",
    )
