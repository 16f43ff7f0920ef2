"""Settings of an agent: one row for each field of contract 2.2.3."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from reconciler.emulator import validators as v
from reconciler.emulator.exchange import Refusal
from reconciler.emulator.voices import voice_id

if TYPE_CHECKING:
    from collections.abc import Mapping

PRODUCTS = (
    "spark",
    "bolt",
    "storm-base",
    "storm-base-with-ack",
    "storm-extra",
    "storm-extra-with-ack",
    "bolt-base-experimental",
    "bolt-extra-experimental",
)
EXPERIMENTAL = frozenset({"bolt-base-experimental", "bolt-extra-experimental"})
# Storm tiers decide the thinking level themselves (contract 2.2.3, 3.2).
DERIVED_THINKING = {
    "storm-base": "base",
    "storm-base-with-ack": "base",
    "storm-extra": "extra",
    "storm-extra-with-ack": "extra",
}
REQUIRED = ("name", "prompt", "voice")


@dataclass(frozen=True, slots=True)
class Setting:
    """A writable field: how it is judged, what the server fills in, whether its draft twin is writable.

    ``unstaged`` is what the twin shows while nothing is staged: the SDK types the language list as
    never null, everything else as null.
    """

    check: v.Check
    default: Any = None
    twin_writable: bool = True
    unstaged: Any = None


SPEAKING_ORDER = v.choice("agent_first", "caller_first")
SECONDS = v.integer(1)

SETTINGS: dict[str, Setting] = {
    "name": Setting(v.text(minimum=1, maximum=255)),
    "prompt": Setting(v.text(minimum=1)),
    "voice": Setting(voice_id),
    "product": Setting(v.choice(*PRODUCTS), "spark"),
    "thinking_level": Setting(v.choice("base", "extra"), "base"),
    "primary_language": Setting(v.language, "en"),
    "additional_languages": Setting(v.each(v.language), [], twin_writable=False, unstaged=[]),
    "native_voice_switching": Setting(v.boolean, default=False),
    "timezone": Setting(v.timezone, "UTC"),
    "business_hours": Setting(v.anything, {}),
    "inbound_speak_order": Setting(SPEAKING_ORDER, "agent_first"),
    # Disputed (contract X12); the ruder of the two readings, so that nobody leans on the default.
    "outbound_speak_order": Setting(SPEAKING_ORDER, "caller_first"),
    "acknowledgement_feedback_mode": Setting(v.choice("acknowledgement", "tick"), "acknowledgement"),
    "acknowledgement_prompt_mode": Setting(v.choice("auto", "manual"), "auto"),
    "acknowledgement_prompt": Setting(v.text(), ""),
    "background_track": Setting(v.nullable(v.text())),
    "typing_sounds_enabled": Setting(v.boolean, default=False),
    "connect_tone_enabled": Setting(v.boolean, default=False),
    "play_sound_asset": Setting(v.choice("", "beep", "chime", "ding"), ""),
    "speak_uninterruptible_enabled": Setting(v.boolean, default=False),
    "audio_context_mode": Setting(v.choice("full", "reduced"), "full"),
    "additional_audio_context": Setting(v.nullable(v.boolean)),
    "silence_checkins_enabled": Setting(v.boolean, default=True),
    "silence_interval_seconds": Setting(SECONDS, 10),
    "silence_max_checkins": Setting(v.integer(0), 2),
    "silence_hangup_seconds": Setting(SECONDS, 30),
    "max_call_duration_seconds": Setting(v.nullable(SECONDS), twin_writable=False),
    "ring_duration_seconds": Setting(v.nullable(SECONDS), twin_writable=False),
    "voicemail_action": Setting(v.choice("prompt", "hangup", "message"), "prompt"),
    "voicemail_message": Setting(v.text(), ""),
    "transfer_destinations": Setting(v.transfer_destinations, []),
    "handoffs": Setting(v.anything, [], twin_writable=False),
    "steps": Setting(v.anything, [], twin_writable=False),
    "extraction_fields": Setting(v.anything, []),
    "extraction_blocks_completion": Setting(v.choice("except_transfers", "always", "never"), "except_transfers"),
    "outcome_labels": Setting(v.anything, []),
    "report_instructions": Setting(v.text(), ""),
    "call_summary_enabled": Setting(v.boolean, default=True),
    "consent_announcement_enabled": Setting(v.boolean, default=False),
    "consent_announcement_text": Setting(v.text(), ""),
    "phi_processing_override": Setting(v.choice("inherit", "phi", "no_phi"), "inherit"),
    "send_email_enabled": Setting(v.boolean, default=False),
    "send_email_recipient": Setting(v.text(), ""),
    "send_sms_enabled": Setting(v.boolean, default=False),
    "sms_from_number": Setting(v.text(), ""),
    "sms_allow_other_recipients": Setting(v.boolean, default=False),
    "sms_allowed_recipients": Setting(v.sms_recipients, []),
    "sms_followup_enabled": Setting(v.boolean, default=False),
    "sms_followup_template": Setting(v.text(), ""),
    "split_testing_enabled": Setting(v.boolean, default=False),
    "watchdog_enabled": Setting(v.boolean, default=False),
    "widget_enabled": Setting(v.boolean, default=True),
}
DEFAULTS = {name: setting.default for name, setting in SETTINGS.items()}


def understand(body: Mapping[str, Any], *, trims: bool = False) -> dict[str, Any]:
    """The settings a request names, as they would be stored; keys the platform does not know are ignored.

    ``trims`` strips the outer blanks of every string first. Refusal 400 with every complaint at once.
    """
    understood: dict[str, Any] = {}
    complaints: dict[str, list[str]] = {}
    for name, setting in SETTINGS.items():
        if name not in body:
            continue
        value = body[name].strip() if trims and isinstance(body[name], str) else body[name]
        try:
            understood[name] = _judged(setting, value)
        except v.Invalid as complaint:
            complaints[name] = [str(complaint)]
    if complaints:
        raise Refusal(400, complaints)
    return understood


def require(body: Mapping[str, Any]) -> None:
    """Refusal 400 unless name, prompt and voice are there (POST and PUT)."""
    missing = {name: ["This field is required."] for name in REQUIRED if name not in body}
    if missing:
        raise Refusal(400, missing)


def derive(values: dict[str, Any]) -> dict[str, Any]:
    """The same settings with what the platform works out itself put in."""
    level = DERIVED_THINKING.get(values.get("product", ""))
    return {**values, "thinking_level": level} if level else values


def _judged(setting: Setting, value: Any) -> Any:
    judged = setting.check(value)
    if judged is None and setting.default is not None and setting.check is not v.anything:
        raise v.Invalid("This field may not be null.")
    return judged
