"""Fields of a call: what it is placed with, and what is not known of it yet (2.12.1, 2.13)."""

from __future__ import annotations

from typing import Any

from reconciler.emulator import validators as v
from reconciler.emulator.agent_settings import PRODUCTS
from reconciler.emulator.exchange import Refusal, refused
from reconciler.emulator.voices import voice_id

Body = dict[str, Any]

FIELDS: dict[str, v.Check] = {
    "from_number": v.e164,
    "to_number": v.e164,
    "agent_id": v.nullable(v.integer(1)),
    "idempotency_key": v.nullable(v.text(minimum=1, maximum=128)),
    "max_hold_seconds": v.nullable(v.integer(1)),
    "language": v.language,
    "primary_language": v.language,
    "phi_mode": v.choice("phi"),
}
# The inline configuration (contract 2.12.1): keys that are not here are refused.
CONFIG: dict[str, v.Check] = {
    "prompt": v.text(minimum=1),
    "voice": voice_id,
    "voice_name": voice_id,
    "product": v.choice(*PRODUCTS),
    "thinking_level": v.choice("base", "extra", "minimal"),
    "storm_feedback_mode": v.choice("none", "acknowledgement", "tick"),
    "voicemail_action": v.choice("prompt", "hangup", "message"),
    "audio_context_mode": v.choice("full", "reduced"),
    "play_sound_asset": v.choice("", "beep", "chime", "ding"),
    "acknowledgement_prompt_mode": v.choice("auto", "manual"),
    "bolt_pipeline": v.choice("v1", "v2"),
    "language": v.language,
    "primary_language": v.language,
    "additional_languages": v.each(v.language),
    "transfer_destinations": v.nullable(v.transfer_destinations),
    "max_call_duration_seconds": v.nullable(v.integer(1)),
    "ring_duration_seconds": v.nullable(v.integer(1)),
    "silence_interval_seconds": v.nullable(v.integer(1)),
    "silence_max_checkins": v.nullable(v.integer(0)),
    "silence_hangup_seconds": v.nullable(v.integer(1)),
    "background_track": v.nullable(v.text()),
    "additional_audio_context": v.nullable(v.boolean),
    "tools": v.each(v.anything),
    "variables": v.anything,
    "call_id": v.integer(1),
    **dict.fromkeys(
        (
            "acknowledgement_prompt",
            "agent_name",
            "consent_announcement_text",
            "org_name",
            "send_email_recipient",
            "voicemail_message",
        ),
        v.text(),
    ),
    **dict.fromkeys(
        (
            "connect_tone_enabled",
            "consent_announcement_enabled",
            "has_additional_languages",
            "native_voice_switching",
            "send_email_enabled",
            "silence_checkins_enabled",
            "speak_uninterruptible_enabled",
            "typing_sounds_enabled",
            "watchdog_enabled",
        ),
        v.boolean,
    ),
}

# Every field of the vendor's model that a fresh call leaves empty.
UNKNOWN_YET: Body = {
    **dict.fromkeys(
        (
            "agent_variant_id",
            "agent_variant_label",
            "billable_minutes",
            "billed_at",
            "billing_total_cents",
            "call_outcome",
            "cloud_run_execution_name",
            "collected_values",
            "consent_evidence",
            "duration_seconds",
            "end_reason",
            "end_time",
            "extracted_data",
            "goal_achievement",
            "goal_reasoning",
            "grade_score",
            "grade_status",
            "grade_updated_at",
            "livekit_room_sid",
            "recording_policy",
            "recording_retention_notice",
            "recording_started_at",
            "recording_url",
            "report",
            "sip_answered_at",
            "steps_trace",
            "summary",
            "summary_status",
            "transfer_bridge_kind",
            "transfer_bridge_seconds",
            "transfer_bridge_total_cents",
            "transfer_outcome",
            "transfer_sip_status",
        )
    ),
    "critical_issue_count": 0,
    "is_scenario_call": False,
    "is_simulation": False,
    "is_test_call": False,
    "issue_count": 0,
    "recording_mode": "recording",
    "tool_snapshot": [],
    "transfer_destination": "",
    "x_emulated": True,
}


def check(body: Body) -> None:
    """Refusal 400 unless the body of ``POST /v1/call`` is one the platform would act on."""
    complaints: dict[str, list[str]] = {
        name: ["This field is required."] for name in ("from_number", "to_number") if not body.get(name)
    }
    for name, judge in FIELDS.items():
        if name in body and name not in complaints:
            complaints |= _complaint(name, judge, body[name])
    variables = body.get("variables") or {}
    if not isinstance(variables, dict) or any(isinstance(value, (dict, list)) for value in variables.values()):
        complaints["variables"] = ["Values must be strings, numbers, booleans or null."]
    if complaints:
        raise Refusal(400, complaints)
    if body.get("agent_id") is not None and body.get("config") is not None:
        raise refused(400, "Provide either agent_id or config, not both.")
    if body.get("config") is not None:
        _check_config(body["config"])


def _check_config(config: Any) -> None:
    if not isinstance(config, dict):
        raise Refusal(400, {"config": ["Expected a dictionary."]})
    complaints: dict[str, list[str]] = {}
    for name, value in config.items():
        if name not in CONFIG:
            complaints[name] = ["Unknown configuration field."]
        else:
            complaints |= _complaint(name, CONFIG[name], value)
    if "prompt" not in config:
        complaints["prompt"] = ["This field is required."]
    if complaints:
        raise Refusal(400, complaints)


def _complaint(name: str, judge: v.Check, value: Any) -> dict[str, list[str]]:
    try:
        judge(value)
    except v.Invalid as complaint:
        return {name: [str(complaint)]}
    return {}
