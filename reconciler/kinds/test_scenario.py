"""Test scenarios: situations that the platform's own caller tries an agent in.

The vendor's oddity (contract-next 2.1): the platform writes scenarios of its own beside those of people, and titles
need not be unique; what nobody declares is left alone, whoever wrote it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Annotated, Literal

from pydantic import Field

from reconciler.contract.fields import PARENT, TEXT, UNORDERED, FileText, Ref, Spec
from reconciler.kinds.rest import RestKind

Accent = Literal["default", "en-US", "en-GB", "en-IN", "es-MX", "en-AU", "fr-CA"]


class AudioConditions(Spec):
    """What is heard behind the caller."""

    noise_asset: Literal["none", "cafe", "street", "car", "office"] | None = Field(
        default=None, description="Noise behind the caller."
    )
    snr_db: Literal[0, 5, 10, 20] | None = Field(
        default=None, description="How far the voice is above the noise, in decibels; less is harder."
    )


class CallerBehavior(Spec):
    """What the caller does beside talking."""

    dtmf_sequence: str | None = Field(default=None, description="Keys the caller presses.")
    long_silence_seconds: int | None = Field(default=None, ge=0, strict=True, description="How long they say nothing.")
    topic_change: str | None = Field(default=None, description="What they turn to in the middle of the call.")


class SpeechStyle(Spec):
    """How the caller talks."""

    accent: Accent | None = Field(default=None, description="The caller's accent.")
    disfluencies: Literal["none", "light"] | None = Field(default=None, description="Whether they say um.")
    pace: Literal["natural", "slow", "fast"] | None = Field(default=None, description="How fast they talk.")


class ScenarioTelephony(Spec):
    """What the telephone does."""

    voicemail_answer: bool | None = Field(default=None, strict=True, description="Whether a voicemail box answers.")


class TestScenarioSpec(Spec):
    """Who calls the agent in a test, why, and how the line sounds."""

    agent: Annotated[str, Ref("Agent", wire="agent_id"), PARENT] = Field(description="The Agent that is tried.")
    title: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    scenario_prompt: Annotated[str | FileText | None, TEXT] = Field(
        default=None, description="The caller's situation and intent, or {file: PATH}."
    )
    direction: Literal["inbound", "outbound"] | None = Field(default=None, description="Who calls whom.")
    labels: Annotated[tuple[str, ...] | None, UNORDERED] = Field(default=None, description="Words to find it by.")
    audio_conditions: AudioConditions | None = Field(default=None, description="What is heard behind the caller.")
    caller_behavior: CallerBehavior | None = Field(default=None, description="What the caller does.")
    speech_style: SpeechStyle | None = Field(default=None, description="How the caller talks.")
    telephony: ScenarioTelephony | None = Field(default=None, description="What the telephone does.")


class TestScenario(RestKind):
    """A situation to try an agent in, before callers do; `reconciler test` runs it."""

    __test__ = False  # not a class of tests, whatever its name begins with
    name = "TestScenario"
    spec = TestScenarioSpec
    path = "/v1/agents/{parent}/test-scenarios"
    uninvited = MappingProxyType(
        {
            "direction": "inbound",
            "audio_conditions": {"noise_asset": "none"},
            "caller_behavior": {"dtmf_sequence": "", "long_silence_seconds": 0, "topic_change": ""},
            "speech_style": {"accent": "default", "disfluencies": "none", "pace": "natural"},
            "telephony": {"voicemail_answer": False},
        }
    )
    label = "title"
    needed = ("scenario_prompt",)
