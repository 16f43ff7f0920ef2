"""What a campaign may say (contract-next 3): who calls whom, within which hours, and from when on."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field

from reconciler.contract.fields import E164, LOCAL, UNORDERED, FileTable, Largest, Ref, Spec
from reconciler.kinds.times import Zone, duration, moment
from reconciler.schedule import clock

_LARGEST_FILE = 64 << 20


def _instant(text: str) -> str:
    if clock.parse_moment(text).tzinfo is None:
        raise ValueError(f"`{text}` needs an offset: write {text}Z, or {text}-05:00")
    return text


def _text_of_time(written: Any) -> Any:
    return written.isoformat() if isinstance(written, datetime) else written


TimeOfDay = Annotated[str, BeforeValidator(clock.time_of_day), Field(examples=["09:00"])]
Instant = Annotated[
    str, BeforeValidator(_text_of_time), AfterValidator(_instant), Field(examples=["2026-12-07T14:00:00Z"])
]
Moment = Annotated[str, BeforeValidator(_text_of_time), AfterValidator(moment), Field(examples=["2026-12-07T09:00"])]
Duration = Annotated[str, BeforeValidator(duration), Field(examples=["1h"])]
Count = Annotated[int, Field(ge=1, strict=True)]


class CampaignSpec(Spec):
    """Whom the platform calls by itself, with which agent, and within which hours."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    agent: Annotated[str | None, Ref("Agent", wire="agent")] = Field(
        default=None, description="Name of the Agent that speaks."
    )
    from_: Annotated[str | None, Ref("PhoneNumber", wire="from_number", sends="number")] = Field(
        default=None, alias="from", description="Name of the PhoneNumber to call from."
    )
    from_number: E164 | None = Field(default=None, description="Or the number itself, in E.164.")
    daily_window_start: TimeOfDay | None = Field(default=None, description="From when on it calls each day.")
    daily_window_end: TimeOfDay | None = Field(default=None, description="Until when it calls each day.")
    timezone: Zone | None = Field(default=None, description="IANA zone of the daily window, and of `start`.")
    start_at: Instant | None = Field(default=None, description="The first instant at which the platform calls.")
    end_at: Instant | None = Field(default=None, description="The instant from which on it calls nobody any more.")
    max_attempts: Count | None = Field(default=None, description="Calls to one contact altogether.")
    max_concurrent_calls: Count | None = Field(default=None, description="Calls at one time.")
    retry_backoff_minutes: Count | None = Field(default=None, description="Minutes from one call to the next.")
    retry_on: Annotated[tuple[str, ...] | None, UNORDERED] = Field(
        default=None, description="Outcomes that are worth another call, in the platform's words."
    )
    contacts: Annotated[FileTable | None, LOCAL, Largest(_LARGEST_FILE)] = Field(
        default=None,
        description="Whom to call: a CSV file with a header line; `phone` is the number, every other column a "
        "variable. Loaded once.",
    )
    start: Annotated[Moment | None, LOCAL] = Field(
        default=None,
        description="When dispatch starts it: local to `timezone`, or with an offset. Never when left out.",
    )
    late: Annotated[Duration | None, LOCAL] = Field(
        default=None, description="How late it may still be started, in d, h, m and s (1h when left out); never after."
    )
