"""Setting of a project: at which hours, and on which days, a person may be rung."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal, Self, get_args

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from reconciler.schedule import clock
from reconciler.schedule.closed_days import ClosedDays, check_calendar
from reconciler.schedule.occurrences import parse_day


def _day(written: Any) -> Any:
    return parse_day(written) if isinstance(written, str | date) else written


ClockTime = Annotated[str, BeforeValidator(clock.time_of_day), Field(examples=["08:00"])]
Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_EVERY_DAY: tuple[Weekday, ...] = get_args(Weekday)
Calendar = Annotated[str, AfterValidator(check_calendar), Field(examples=["US-CA"])]
Day = Annotated[date, BeforeValidator(_day), Field(examples=["2026-12-24"])]


class CallingHours(BaseModel):
    """When a person may be rung, by the clock and the calendar of the place where the callee is."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True, defer_build=True)

    start: ClockTime = Field(default="08:00", description="First minute at which a call may start.")
    end: ClockTime = Field(default="21:00", description='Calls start before this; "24:00" is the end of the day.')
    days: tuple[Weekday, ...] = Field(default=_EVERY_DAY, description="Days of the week on which a call may start.")
    holidays: tuple[Calendar, ...] = Field(
        default=(),
        description="Public holidays on which none does: of a country (US), or of a region for callees there (US-CA).",
        examples=[["US", "US-CA"]],
    )
    closed: tuple[Day, ...] = Field(default=(), description="Single days on which no call starts.")

    @model_validator(mode="after")
    def _open_at_some_time(self) -> Self:
        clock.opening_hours(self.start, self.end)
        if not self.days:
            raise ValueError("`days` names no day on which a call may start")
        return self

    @property
    def minutes(self) -> tuple[int, int]:
        """The hours in minutes of the day."""
        return clock.opening_hours(self.start, self.end)

    @property
    def closed_days(self) -> ClosedDays:
        """The days on which nobody is rung."""
        return ClosedDays(frozenset(self.days), self.holidays, frozenset(self.closed))
