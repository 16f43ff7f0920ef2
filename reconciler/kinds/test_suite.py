"""Test suites: scenarios that belong together, what is green, and runs on a schedule.

The vendor's oddity (contract-next 2.3): nothing runs a suite now, and a schedule that is on spends money with nobody
looking; so what it comes to in a month is said before it is switched on.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import Field

from reconciler import prices
from reconciler.contract.fields import Ref, Spec
from reconciler.kinds.rest import RestKind
from reconciler.kinds.times import Zone  # noqa: TC001 - pydantic reads it at run time
from reconciler.model import Address, Consequence, Finding, Severity, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.model import Change, Resource

RUNS_A_MONTH = {"hourly": 744, "daily": 31, "weekly": 5}  # in the longest month


class Criteria(Spec):
    """When a run of the suite is green."""

    min_pass_rate: int | None = Field(default=None, ge=0, le=100, strict=True, description="Per cent that must pass.")
    zero_critical_failures: bool | None = Field(
        default=None, strict=True, description="Whether one critical failure is too many."
    )


class SuiteSchedule(Spec):
    """When the platform runs the suite by itself; every run is billed."""

    frequency: Literal["hourly", "daily", "weekly"] = Field(description="How often.")
    hour: int | None = Field(default=None, ge=0, le=23, strict=True, description="Hour of the day.")
    minute: int | None = Field(default=None, ge=0, le=59, strict=True, description="Minute of the hour.")
    weekday: int | None = Field(default=None, ge=0, le=6, strict=True, description="Day of the week; 0 is Monday.")
    timezone: Zone | None = Field(default=None, description="IANA zone of hour and weekday.")
    enabled: bool | None = Field(default=None, strict=True, description="Whether it runs; true when left out.")


class TestSuiteSpec(Spec):
    """Which scenarios of one agent belong together, and when they are green."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    agent: Annotated[str | None, Ref("Agent", wire="agent_id")] = Field(
        default=None, description="The Agent that is tried."
    )
    scenarios: Annotated[
        tuple[str, ...] | None, Ref("TestScenario", wire="scenario_ids", many=True, read="scenario_ids")
    ] = Field(default=None, description="Its TestScenarios, in any order.")
    criteria: Criteria | None = Field(default=None, description="When a run is green; compared by declared key.")
    schedule: SuiteSchedule | None = Field(
        default=None, description="When the platform runs it by itself, billed each time; null for never."
    )


class TestSuite(RestKind):
    """Scenarios that belong together; a schedule that is on has the platform run them by itself, at a price."""

    __test__ = False  # not a class of tests, whatever its name begins with
    name = "TestSuite"
    spec = TestSuiteSpec
    path = "/v1/suites"
    uninvited = MappingProxyType(
        {"schedule": {"enabled": True, "hour": 0, "minute": 0, "timezone": "UTC", "weekday": 0}}
    )
    needed = ("agent",)

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """Scenarios are those of the suite's own agent."""
        del now
        for resource in own:
            for name in resource.declared.get("scenarios") or ():
                scenario = resources.get(str(Address("TestScenario", str(name))))
                if scenario is None or "agent" not in resource.declared:
                    continue
                theirs, ours = scenario.declared.get("agent"), resource.declared["agent"]
                if theirs != ours:
                    message = f"`{name}` is a scenario of `Agent/{theirs}`, and the suite is of `Agent/{ours}`"
                    hint = "a suite holds scenarios of one agent: name its own, or make a second suite"
                    where = resource.manifest.locate("spec", "scenarios")
                    yield Finding(Severity.ERROR, "RC113", message, hint, resource.address, where)

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """What a schedule that is switched on, or runs more, comes to in a month at most."""
        months = _a_month(change)
        if not _dearer(change, months):
            return ()
        cents = months * prices.of_test(_engine(change, account), account.settings.rates)
        return (Consequence(Sort.SPENDS_MONEY, cents=cents, per="month"),)

    def summary(self, change: Change, account: Account) -> str:
        """How often the platform will run it, with nobody looking."""
        months = _a_month(change)
        if not _dearer(change, months):
            return ""
        return f"{change.sentence}; the platform runs it by itself: up to {months:,} billed test calls a month"


def _dearer(change: Change, months: int) -> bool:
    before = _test_calls(change.observed.body) if change.observed is not None else 0
    return change.action.writes_fields and months > before


def _a_month(change: Change) -> int:
    """How many billed test calls a month the suite comes to at most once the change is made."""
    if change.resource is None:
        return 0
    declared = change.resource.declared
    live: Mapping[str, Any] = change.observed.body if change.observed is not None else {}
    schedule = _merged(live.get("schedule"), declared["schedule"]) if "schedule" in declared else live.get("schedule")
    scenarios = declared["scenarios"] if "scenarios" in declared else live.get("scenario_ids")
    return _test_calls({"schedule": schedule, "scenario_ids": scenarios})


def _merged(live: Any, declared: Any) -> Any:
    return {**live, **declared} if isinstance(live, dict) and isinstance(declared, dict) else declared


def _test_calls(body: Mapping[str, Any]) -> int:
    schedule = body.get("schedule")
    if not isinstance(schedule, dict) or schedule.get("enabled") is False:
        return 0
    often = RUNS_A_MONTH.get(str(schedule.get("frequency")), max(RUNS_A_MONTH.values()))
    return often * len(body.get("scenario_ids") or ())


def _engine(change: Change, account: Account) -> Mapping[str, Any]:
    """The settings that price a call of the suite's agent: as they are, and as they are declared to be."""
    name = change.resource.declared.get("agent") if change.resource is not None else None
    id_ = str(change.observed.body.get("agent_id")) if change.observed is not None else ""
    address = Address("Agent", str(name)) if name else None
    binding = account.bindings.get(address) if address else None
    live = account.find("Agent", binding.id if binding else id_)
    declared = account.resources.get(str(address))
    return {**(live.body if live else {}), **(declared.declared if declared else {})}
