"""A plan with what its readers also ask: the calls to come and what is declared nowhere."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.model import Plan

if TYPE_CHECKING:
    from reconciler.planning.undeclared import Undeclared
    from reconciler.schedule.expected_calls import Forecast


@dataclass(frozen=True, slots=True)
class Outlook(Plan):
    """What a survey shows; apply follows the plan in it and never looks at the rest."""

    forecast: Forecast | None = None  # None where the part of the project that was read holds no call
    undeclared: Undeclared | None = None  # None where only a part of the project was read

    @classmethod
    def of(cls, plan: Plan, forecast: Forecast | None = None, undeclared: Undeclared | None = None) -> Outlook:
        """The plan, seen with both."""
        return cls(plan.target, plan.changes, plan.findings, plan.fingerprint, forecast, undeclared)

    @classmethod
    def followed(cls, plan: Plan) -> Outlook:
        """The plan of a report: as it was seen before it was followed, where it was."""
        return plan if isinstance(plan, Outlook) else cls.of(plan)
