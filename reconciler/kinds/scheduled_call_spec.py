"""What a scheduled call may say (contract 2.12.1)."""

from __future__ import annotations

from datetime import UTC
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, model_validator

from reconciler.contract.fields import E164, HASHED, PERSONAL, RECORDED, TEXT, Prompt, Ref, Seconds, Spec
from reconciler.contract.shapes import FileNumber  # noqa: TC001 - pydantic reads the annotations
from reconciler.documents.placeholders import NAME
from reconciler.kinds.times import Zone, duration, moment
from reconciler.schedule.occurrences import Schedule, ending

Duration = Annotated[str, BeforeValidator(duration), Field(examples=["10m", "1h30m"])]
Moment = Annotated[str, AfterValidator(moment), Field(examples=["2026-12-01T15:00:00"])]
Scalar = str | int | float | bool | None
VariableName = Annotated[str, StringConstraints(pattern=rf"^{NAME}$")]


class InlineConfig(Spec):
    """A one-off agent for this call alone (contract 2.12.1); speak order cannot be set inline."""

    prompt: Prompt = Field(description="System prompt, or {file: PATH}.")
    voice: str | None = Field(default=None, description="A voice id; declare it, older servers want one.")
    product: str | None = Field(default=None, description="Engine tier.")
    thinking_level: Literal["base", "extra", "minimal"] | None = None
    language: str | None = None
    primary_language: str | None = None
    additional_languages: tuple[str, ...] | None = None
    native_voice_switching: bool | None = None
    acknowledgement_prompt: Annotated[str | None, TEXT] = None
    acknowledgement_prompt_mode: Literal["auto", "manual"] | None = None
    storm_feedback_mode: Literal["none", "acknowledgement", "tick"] | None = None
    background_track: str | None = None
    silence_checkins_enabled: bool | None = None
    silence_interval_seconds: Seconds | None = None
    silence_max_checkins: int | None = None
    silence_hangup_seconds: Seconds | None = None
    max_call_duration_seconds: Seconds | None = None
    ring_duration_seconds: Seconds | None = None
    voicemail_action: Literal["prompt", "hangup", "message"] | None = None
    voicemail_message: Annotated[str | None, TEXT] = None
    consent_announcement_enabled: bool | None = None
    consent_announcement_text: Annotated[str | None, TEXT] = None
    connect_tone_enabled: bool | None = None
    play_sound_asset: Literal["", "beep", "chime", "ding"] | None = None
    typing_sounds_enabled: bool | None = None
    send_email_enabled: bool | None = None
    send_email_recipient: str | None = None
    watchdog_enabled: bool | None = None
    audio_context_mode: Literal["full", "reduced"] | None = None
    additional_audio_context: bool | None = None
    speak_uninterruptible_enabled: bool | None = None
    bolt_pipeline: Literal["v1", "v2"] | None = None
    agent_name: str | None = None
    org_name: str | None = None
    tools: tuple[dict[str, Any], ...] | None = None
    transfer_destinations: tuple[dict[str, Any], ...] | None = None
    variables: dict[str, Scalar] | None = None


class Recurrence(Spec):
    """When a recurring call is due: cron on the wall clock of a zone."""

    cron: str = Field(description="Five cron fields, e.g. 0 9 * * 1-5.", examples=["0 9 * * 1-5"])
    timezone: Zone = Field(description="IANA zone on whose clocks it is due, e.g. America/New_York.")
    from_: str | None = Field(default=None, alias="from", description="First date or time it may be due.")
    until: str | None = Field(default=None, description="Last date or time it may be due.")
    except_: tuple[str, ...] | None = Field(
        default=None,
        alias="except",
        description="Dates in `timezone` on which it is not due.",
        examples=[["2026-12-24"]],
    )

    @model_validator(mode="after")
    def _is_a_schedule(self) -> Self:
        self.schedule  # noqa: B018 - read now, where a complaint has its place
        return self

    @property
    def schedule(self) -> Schedule:
        """As it is written."""
        return Schedule.parse(
            self.cron, self.timezone, start=self.from_, until=self.until, exceptions=self.except_ or ()
        )  # fmt: skip - one call


Outcome = Literal["not_answered", "busy", "voicemail", "failed"]


class Attempts(Spec):
    """A second try is a second call, on purpose: decided from the finished call's own record."""

    max: int = Field(ge=1, le=10, description="Calls altogether, the first one included.")
    gap: Duration = Field(
        default="30m", description="From the end of one call to the next, in d, h, m and s (30m when left out)."
    )
    on: tuple[Outcome, ...] = Field(default=("not_answered",), description="Outcomes worth another try.")


def _hold_end(text: str) -> str:
    ending(text, UTC)
    return text


class Held(Spec):
    """A switch in the manifest: the call is not placed until this is taken out, or it ends by itself."""

    why: Annotated[str, Field(min_length=1)] = Field(description="The reason, for everybody who asks later.")
    until: Annotated[str, AfterValidator(_hold_end)] | None = Field(
        default=None,
        description="When it ends by itself: a date (the whole day counts) or a time, by the clock of the call.",
        examples=["2026-12-31"],
    )


class Cancelled(Spec):
    """A switch in the manifest: the call is not placed at all while this stands there."""

    why: Annotated[str, Field(min_length=1)] = Field(description="The reason, for everybody who asks later.")


class ScheduledCallSpec(Spec):
    """Whom to call, when, from which number and with which agent."""

    from_: Annotated[str | None, Ref("PhoneNumber", brings=("number", "from_number"))] = Field(
        default=None, alias="from", description="Name of the PhoneNumber to call from."
    )
    from_number: Annotated[E164 | None, RECORDED] = Field(default=None, description="Or the number itself, in E.164.")
    to_number: Annotated[E164 | FileNumber, PERSONAL, HASHED] = Field(
        description="Whom to call, in E.164; or {file: PATH} of a file with the number, sealed where it ends in .age.",
        examples=["+14155550199"],
    )
    agent: Annotated[str | None, Ref("Agent")] = Field(
        default=None, description="Name of the Agent; the number's outbound agent when left out."
    )
    config: Annotated[InlineConfig | None, HASHED] = Field(
        default=None, description="A one-off agent in place of `agent`."
    )
    variables: Annotated[dict[VariableName, Scalar] | None, HASHED] = Field(
        default=None, description="Facts of this call that fill the prompt's {{placeholders}}."
    )
    max_hold_seconds: Seconds | None = Field(default=None, description="Most time on hold in this call.")
    language: str | None = Field(default=None, description="Language of this call.")
    phi_mode: Literal["phi"] | None = Field(default=None, description="Handle the call as health data.")
    at: Moment | None = Field(
        default=None, description="When to call: local to `timezone`, or with an offset of its own."
    )
    timezone: Zone | None = Field(default=None, description="IANA zone of `at`.")
    schedule: Recurrence | None = Field(default=None, description="When a recurring call is due, in place of `at`.")
    attempts: Attempts | None = Field(default=None, description="Whether an unanswered call is tried again.")
    late: Duration | None = Field(
        default=None,
        description="How late the call may still be placed, in d, h, m and s (10m when left out); never after.",
    )
    held: Held | None = Field(default=None, description="Why it is not placed for now, and until when.")
    cancelled: Cancelled | None = Field(default=None, description="Why it is called off.")
