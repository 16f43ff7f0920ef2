"""Reusable instructions: one text for many agents, heard the moment it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pydantic import Field

from reconciler.contract.fields import Prose, Spec
from reconciler.contract.kind import changed
from reconciler.kinds.rest import RestKind
from reconciler.model import Consequence, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.contract.account import Account
    from reconciler.model import Change


class ReusableInstructionSpec(Spec):
    """The text, and what it is called in the dashboard."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    content: Prose | None = Field(default=None, description="The instruction, or {file: PATH}.")


class ReusableInstruction(RestKind):
    """A text that several agents share; a change is live at once for all of them, without a deploy."""

    name = "ReusableInstruction"
    spec = ReusableInstructionSpec
    path = "/v1/reusable-instructions"
    needed = ("content",)

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """It is heard at once by the callers of every agent that says it: no draft, no deploy."""
        del account
        count = change.observed.body.get("agent_count") if change.observed is not None else 0
        if change.action.writes_fields and changed(change.diffs) & {"content"} and isinstance(count, int) and count:
            yield Consequence(Sort.LIVE_AT_ONCE, agents=count)
