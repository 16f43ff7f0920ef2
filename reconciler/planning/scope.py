"""Scope of a run: what it was asked to look at, and what it leaves out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from reconciler.left_out import list_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from reconciler.model import Address, Finding
    from reconciler.planning.decide import Match


@dataclass(frozen=True, slots=True)
class Scope:
    """What a run was asked to look at: everything, or the resources that ``wanted`` accepts.

    ``paths`` are the folders and files that were read, relative to the project, "" for all of it; ``again`` are
    those whose actions may be done although they failed, or may have happened, before; ``named`` are the addresses
    that must exist; ``left_out`` those whose documents are in error, and what the errors are; ``may_be_empty`` says
    that nothing to look at is an answer. In ``incomplete`` are lists of which not every row is known, so that
    none is missing; ``skip_rows``: rows that are as they should be are armed though others of their list are not.
    """

    prune: bool = False
    wanted: Callable[[Address, Mapping[str, str]], bool] | None = None
    again: frozenset[Address] = frozenset()
    named: frozenset[Address] = frozenset()
    paths: tuple[str, ...] = ()
    left_out: Mapping[Address, tuple[Finding, ...]] = field(default_factory=dict)
    may_be_empty: bool = False
    incomplete: frozenset[str] = frozenset()
    skip_rows: bool = False

    def covers(self, match: Match) -> bool:
        """Whether the match is part of the run."""
        if self.left_out and match.address in self.left_out:
            return False
        if match.resource is None and self.incomplete and list_of(match.address) in self.incomplete:
            return False
        if match.resource is None and self.paths and not self._was_declared_here(match):
            return False
        labels = match.resource.manifest.labels if match.resource else {}
        return self.wanted is None or self.wanted(match.address, labels)

    def _was_declared_here(self, match: Match) -> bool:
        """Whether what lost its document had it below the paths that were read: elsewhere it may still be."""
        source = match.observed.source if match.observed and match.observed.source else ""
        source = source or (match.binding.path if match.binding else "")
        return any(_inside(source, path) for path in self.paths)


def _inside(path: str, folder: str) -> bool:
    return folder in (path, ".") or path.startswith(f"{folder.rstrip('/')}/")
