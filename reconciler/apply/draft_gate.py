"""Gate between drafts and deploys: what speaks against each draft, asked first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.contract.kind import Objection
from reconciler.errors import ReconcilerError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from concurrent.futures import ThreadPoolExecutor

    from reconciler.contract.account import Context
    from reconciler.contract.kind import Kind
    from reconciler.model import Address, Change, Observed
    from reconciler.planning.steps import Step


def objections(
    drafts: Mapping[Address, Observed],
    staged: Sequence[Step],
    kinds: Mapping[str, Kind],
    context: Context,
    pool: ThreadPoolExecutor,
) -> list[tuple[Change, Objection]]:
    """What speaks against the drafts of a wave, side by side; one that cannot be judged is objected to."""

    def ask(change: Change) -> Objection | None:
        try:
            return kinds[change.address.kind].objection(change, drafts[change.address], context)
        except ReconcilerError as error:
            return Objection(f"the draft could not be validated: {error.message}", stops=True, hint=error.hint)

    changes = [step.change for step in staged if step.change.address in drafts]
    return [(change, found) for change, found in zip(changes, pool.map(ask, changes), strict=True) if found]
