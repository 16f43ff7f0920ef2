"""Every writable setting of an agent, in the vendor's words (contract 2.2.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import BeforeValidator, Field

from reconciler.contract.fields import (
    E164,
    PERSONAL,
    TEXT,
    UNORDERED,
    Prompt,
    Prose,
    Ref,
    Seconds,
    Spec,
    TransferNumber,
    spoken,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

Product = Literal[
    "spark",
    "bolt",
    "storm-base",
    "storm-base-with-ack",
    "storm-extra",
    "storm-extra-with-ack",
    "bolt-base-experimental",
    "bolt-extra-experimental",
]  # fmt: skip - the vendor's tiers
# Contract 2.2.3 states those of an inline configuration; any other switch is taken to be off until somebody turns it
# on, any other choice to be its plain one. What `call_summary_enabled` and `outbound_speak_order` begin as is disputed,
# so they are written whatever they are.
UNINVITED: Mapping[str, Any] = {
    **dict.fromkeys(
        (
            "native_voice_switching",
            "typing_sounds_enabled",
            "connect_tone_enabled",
            "speak_uninterruptible_enabled",
            "consent_announcement_enabled",
            "send_email_enabled",
            "send_sms_enabled",
            "sms_allow_other_recipients",
            "sms_followup_enabled",
            "split_testing_enabled",
            "watchdog_enabled",
        ),
        False,
    ),
    "silence_checkins_enabled": True,
    "silence_interval_seconds": 10,
    "silence_max_checkins": 2,
    "silence_hangup_seconds": 30,
    "widget_enabled": True,
    "product": "spark",
    "thinking_level": "base",
    "primary_language": "en",
    "timezone": "UTC",
    "inbound_speak_order": "agent_first",
    "acknowledgement_feedback_mode": "acknowledgement",
    "acknowledgement_prompt_mode": "auto",
    "audio_context_mode": "full",
    "voicemail_action": "prompt",
    "extraction_blocks_completion": "except_transfers",
    "phi_processing_override": "inherit",
}
SpeakOrder = Literal["agent_first", "caller_first"]


class TransferDestination(Spec):
    """A number the agent may transfer to, and the name its prompt uses for it."""

    name: str = Field(min_length=1, description="How the prompt refers to the number; unique, ignoring case.")
    number: TransferNumber


class SmsRecipient(Spec):
    """A number the agent may text."""

    label: str
    number: E164


class AgentSpec(Spec):
    """Every writable setting of an agent (contract 2.2.3); what is left out is left alone."""

    name: str | None = Field(
        default=None, min_length=1, max_length=255, description="Display name; metadata.name when left out."
    )
    prompt: Annotated[Prompt | None, BeforeValidator(spoken)] = Field(
        default=None, description="System prompt, or {file: PATH}. {{variables}} are filled for each call."
    )
    voice: str | None = Field(default=None, min_length=1, description="A voice id, e.g. olivia.")
    product: Product | None = Field(default=None, description="Engine tier; decides the rate per minute.")
    thinking_level: Literal["base", "extra"] | None = Field(
        default=None, description="Reasoning effort; derived from the product on Storm tiers."
    )
    primary_language: str | None = Field(default=None, description="Main language, e.g. en or en-US.")
    additional_languages: Annotated[tuple[str, ...] | None, UNORDERED] = Field(
        default=None, description="Further languages the agent speaks."
    )
    native_voice_switching: bool | None = Field(
        default=None, description="Switch to a native voice when the language changes."
    )
    timezone: str | None = Field(default=None, description="IANA zone of the agent's local time.")
    business_hours: Any = Field(default=None, description="Opening hours, as the vendor defines them.")
    inbound_speak_order: SpeakOrder | None = Field(default=None, description="Who talks first when a call comes in.")
    outbound_speak_order: SpeakOrder | None = Field(
        default=None, description="Who talks first when we call; declare it, its default is disputed."
    )
    acknowledgement_feedback_mode: Literal["acknowledgement", "tick"] | None = Field(
        default=None, description="What fills thinking time: a spoken filler or a ticking sound."
    )
    acknowledgement_prompt_mode: Literal["auto", "manual"] | None = Field(
        default=None, description="Who writes the filler prompt."
    )
    acknowledgement_prompt: Prose | None = Field(
        default=None, description="Filler prompt; needed when the mode is manual."
    )
    background_track: str | None = Field(default=None, description="Ambient sound; null for none.")
    typing_sounds_enabled: bool | None = Field(default=None, description="Keyboard noise while working.")
    connect_tone_enabled: bool | None = Field(default=None, description="A short tone before the agent starts.")
    play_sound_asset: Literal["", "beep", "chime", "ding"] | None = Field(
        default=None, description='Sound cue; "" for none.'
    )
    speak_uninterruptible_enabled: bool | None = Field(
        default=None, description="Allow utterances that cannot be interrupted."
    )
    audio_context_mode: Literal["full", "reduced"] | None = Field(
        default=None, description="How much of the caller's audio the model hears."
    )
    additional_audio_context: bool | None = Field(
        default=None, description="Override the direction-based depth of recent caller audio; null clears."
    )
    silence_checkins_enabled: bool | None = Field(
        default=None, description="Check in, then hang up, while the caller is silent."
    )
    silence_interval_seconds: Seconds | None = Field(default=None, description="Gap between check-ins.")
    silence_max_checkins: int | None = Field(default=None, ge=0, description="How many check-ins before hanging up.")
    silence_hangup_seconds: Seconds | None = Field(
        default=None, description="Silent hang-up delay when check-ins are off."
    )
    max_call_duration_seconds: Seconds | None = Field(
        default=None, description="Hard cap on a call; null for none. Bounds what a call can cost."
    )
    ring_duration_seconds: Seconds | None = Field(
        default=None, description="Ring time for outbound calls and transfers; null for the platform's."
    )
    voicemail_action: Literal["prompt", "hangup", "message"] | None = Field(
        default=None, description="On voicemail: let the agent decide, hang up, or leave the message."
    )
    voicemail_message: Annotated[str | None, TEXT] = Field(
        default=None, description="Text spoken on voicemail; {agent_name} and {org_name} are filled in."
    )
    transfer_destinations: Annotated[tuple[TransferDestination, ...] | None, UNORDERED] = Field(
        default=None, description="Directory of numbers the agent may transfer to."
    )
    handoffs: Any = Field(default=None, description="Agent-to-agent handoffs, as the vendor defines them.")
    steps: Any = Field(default=None, description="Step-structured prompt, as the vendor defines it.")
    extraction_fields: Any = Field(default=None, description="Data to collect, as the vendor defines it.")
    extraction_blocks_completion: Literal["except_transfers", "always", "never"] | None = Field(
        default=None, description="Whether missing data keeps the call from ending."
    )
    outcome_labels: Any = Field(default=None, description="Reporting labels, as the vendor defines them.")
    report_instructions: Annotated[str | None, TEXT] = Field(default=None, description="Instructions for call reports.")
    call_summary_enabled: bool | None = Field(default=None, description="Write a summary after the call.")
    consent_announcement_enabled: bool | None = Field(
        default=None,
        description="Disclose recording or AI at call start; turning it off needs an attestation.",
    )
    consent_announcement_text: Annotated[str | None, TEXT] = Field(
        default=None, description="The disclosure in your own words."
    )
    phi_processing_override: Literal["inherit", "phi", "no_phi"] | None = Field(
        default=None, description="Health-data stance of this agent."
    )
    send_email_enabled: bool | None = Field(default=None, description="May mail the fixed recipient in a call.")
    send_email_recipient: Annotated[str | None, PERSONAL] = Field(default=None, description="That recipient.")
    send_sms_enabled: bool | None = Field(default=None, description="May text through your carrier number.")
    sms_from_number: E164 | None = Field(default=None, description="Sender of texts.")
    sms_allow_other_recipients: bool | None = Field(
        default=None, description="May text others than the person on the line."
    )
    sms_allowed_recipients: Annotated[tuple[SmsRecipient, ...] | None, UNORDERED, PERSONAL] = Field(
        default=None, description="Whom else it may text."
    )
    sms_followup_enabled: bool | None = Field(default=None, description="Text after the call.")
    sms_followup_template: Annotated[str | None, TEXT] = Field(default=None, description="Text of that message.")
    split_testing_enabled: bool | None = Field(default=None, description="A/B testing of variants.")
    watchdog_enabled: bool | None = Field(default=None, description="The vendor's watchdog.")
    widget_enabled: bool | None = Field(default=None, description="Reachable from the web widget.")
    integrations: Annotated[
        tuple[str, ...], Ref("Integration", wire="draft_integration_ids", many=True, read="integrations")
    ] = Field(default=(), description="The Integrations whose tools it may use; [] takes all of them away.")
    mcp_servers: Annotated[
        tuple[str, ...], Ref("McpServer", wire="draft_mcp_server_ids", many=True, read="mcp_servers")
    ] = Field(default=(), description="The McpServers whose tools it may use.")
    knowledge_bases: Annotated[
        tuple[str, ...], Ref("KnowledgeBase", wire="draft_knowledge_base_ids", many=True, read="knowledge_bases")
    ] = Field(default=(), description="The KnowledgeBases it may look things up in.")
    knowledge_documents: Annotated[
        tuple[str, ...],
        Ref("KnowledgeDocument", wire="draft_knowledge_document_ids", many=True, read="knowledge_documents"),
    ] = Field(default=(), description="Single KnowledgeDocuments it may look things up in.")
    reusable_instructions: Annotated[
        tuple[str, ...],
        Ref("ReusableInstruction", wire="draft_reusable_instruction_ids", many=True, read="reusable_instructions"),
    ] = Field(default=(), description="The ReusableInstructions that are part of its prompt.")
