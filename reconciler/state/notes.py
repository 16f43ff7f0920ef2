"""Notes of the ledger beside bindings and calls, each under a word and a name of one project."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.store import Entry


class Notes(ABC):
    """Reads what was read of the ledger, and writes over just that: Conflict where another was first."""

    project: str
    _prefix: str

    @abstractmethod
    def _under(self, what: str) -> list[Entry]: ...

    @abstractmethod
    def _foreign(self, entry: Entry) -> bool: ...

    @abstractmethod
    def _write(self, wanted: Mapping[str, Any]) -> None: ...

    def noted(self, what: str, *, foreign: bool = False) -> list[Mapping[str, Any]]:
        """All that is noted under a word; with ``foreign`` that of other projects too."""
        return [entry.value for entry in self._under(what) if foreign or not self._foreign(entry)]

    def note(self, what: str, name: str, value: Mapping[str, Any]) -> None:
        """Note it over what was read, for the project in it, or else for ours."""
        self._write({f"{self._prefix}{what}/{name}": {"project": self.project, **value}})
