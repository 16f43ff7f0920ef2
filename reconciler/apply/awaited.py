"""Objects that an earlier run left on their way, and the steps that wait for them."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

from reconciler.apply import writes
from reconciler.errors import ReconcilerError
from reconciler.model import Phase

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.model import Address, Observed
    from reconciler.planning.steps import Step


class Awaited:
    """What was on its way when the run began, as it was seen last; safe from several threads."""

    def __init__(self, moving: Mapping[Address, Observed], kinds: Mapping[str, Kind], context: Context) -> None:
        self._seen, self._kinds, self._context = dict(moving), kinds, context
        self._lock = Lock()

    def by(self, step: Step) -> AbstractSet[Address]:
        """What a step has to wait for."""
        return step.needs & self._seen.keys()

    def unready(self, step: Step) -> str | None:
        """Wait for what the step names; why it must not be taken, or None."""
        for address in sorted(self.by(step)):
            kind = self._kinds[address.kind]
            with self._lock:
                seen = self._seen[address]
            try:
                seen = writes.steady(seen, kind, self._context)
            except (ReconcilerError, LookupError) as error:
                return f"needs {address}, which could not be read: {error}"
            with self._lock:
                self._seen[address] = seen
            if kind.patience and (seen.phase is Phase.MOVING or seen.failure):
                return f"needs {address}, which {seen.failure or seen.history or 'is not ready yet'}"
        return None
