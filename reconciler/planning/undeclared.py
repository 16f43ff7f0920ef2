"""Live objects that no manifest declares, counted and named, with the way to declare them."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model import Observed

_FEW = 3


@dataclass(frozen=True, slots=True)
class Undeclared:
    """What is on the account and declared nowhere; ``hint`` is the command that writes it as manifests."""

    found: tuple[tuple[str, Observed], ...]
    hint: str = "reconciler export"

    @property
    def counts(self) -> dict[str, int]:
        """How many there are, by kind."""
        return dict(Counter(kind for kind, _ in self.found))

    @property
    def sentence(self) -> str:
        """``Declared nowhere: 1 Agent (Front desk copy); `reconciler export` writes it``; "" for nothing."""
        if not self.found:
            return ""
        counted = ", ".join(f"{count:,} {kind}" for kind, count in self.counts.items())
        return f"Declared nowhere: {counted} ({_named(self.found)}); `{self.hint}` writes what is missing as manifests"


NOTHING = Undeclared(())


def _named(found: Iterable[tuple[str, Observed]]) -> str:
    names = [item.name or item.id for _, item in found]
    return ", ".join(names[:_FEW]) + (f" and {len(names) - _FEW:,} more" if len(names) > _FEW else "")
