"""Changes whose sentence, consequences and fingerprint are found when somebody reads them.

Of the rows of a long list a plan counts nearly all, and tells a few.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.model import Change
from reconciler.planning.fingerprints import fingerprint_of

if TYPE_CHECKING:
    from reconciler.contract.account import Account
    from reconciler.contract.kind import Kind
    from reconciler.model import Consequence

_set = object.__setattr__


class DeferredChange(Change):
    """A change like any other; what its kind tells of it is asked for once, by its first reader.

    A slot that holds nothing yet is found by ``__getattr__``. What is made of it by ``replace`` has all of them.
    """

    __slots__ = ("_account", "_due", "_kind", "_said")

    _account: Account
    _due: tuple[Consequence, ...]
    _kind: Kind
    _said: str

    if not TYPE_CHECKING:  # the checker knows the three as fields of every change

        def __getattr__(self, name: str) -> Any:
            """What a slot is to hold; AttributeError for what no change has."""
            if (found := _FOUND.get(name)) is None:
                raise AttributeError(name)
            value = found(self)
            _set(self, name, value)
            return value

    def found_sentence(self) -> str:
        """The kind's own, else that of the decision."""
        _set(self, "sentence", self._said)  # what a kind adds to
        return self._kind.summary(self, self._account) or self._said

    def found_consequences(self) -> tuple[Consequence, ...]:
        """The kind's own, else those of the action that is due, where the kind says nothing of it."""
        own = tuple(self._kind.consequences(self, self._account))
        if own or not self._due:
            return own
        return () if self._kind.summary(self, self._account) else self._due

    def found_fingerprint(self) -> str:
        """As ``fingerprint_of``."""
        return fingerprint_of(self, self._kind)


_FOUND = {
    "sentence": DeferredChange.found_sentence,
    "consequences": DeferredChange.found_consequences,
    "fingerprint": DeferredChange.found_fingerprint,
}
_NOTHING = {name: item.default for name, item in Change.__dataclass_fields__.items() if name not in _FOUND}


def deferred(kind: Kind, account: Account, **facts: Any) -> Change:
    """A change of such facts, ``sentence`` being that of the decision; ``verb`` is one of them."""
    change = DeferredChange.__new__(DeferredChange)
    _set(change, "_kind", kind)
    _set(change, "_account", account)
    _set(change, "_said", facts.pop("sentence"))
    _set(change, "_due", facts.pop("consequences", ()))
    for name, value in {**_NOTHING, **facts}.items():
        _set(change, name, value)
    return change
