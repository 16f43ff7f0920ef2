"""Notes on kinds and fields whose one line in the model leaves a question open."""

from __future__ import annotations

NOTES: dict[str, str] = {
    "Agent": "A new one needs `prompt` and `voice`.",
    "ScheduledCall": (
        "It needs `to_number`, one of `from` and `from_number`, and one of `at` and `schedule`; without `agent` and "
        "`config` the number's own outbound agent speaks."
    ),
    "Agent.prompt": (
        "What the agent is and does. A `{{name}}` in it is filled from the call's `variables`; one that no call "
        "fills would be spoken as written (RC143). Kept in a file, it is reviewed as text, and the plan shows its "
        "changes word by word."
    ),
    "Agent.voice": (
        "The id is that of an entry of the account's list of voices; a clone goes by its own. `plan` warns of a "
        "voice that is not listed (RC704)."
    ),
    "Agent.product": (
        "Spark costs least, Storm most. On Storm tiers the vendor derives `thinking_level` from it (RC705)."
    ),
    "Agent.outbound_speak_order": (
        "The vendor's pages contradict each other about the default, so declare it for every agent that calls out:"
        " it is then sent, and compared, explicitly."
    ),
    "Agent.voicemail_action": (
        "With `message`, `voicemail_message` is spoken (RC703 where there is none); with `prompt` the prompt must "
        "say what to do."
    ),
    "Agent.max_call_duration_seconds": "Calls are paid for by the minute, so this bounds what one can cost (RC710).",
    "Agent.transfer_destinations": (
        "A number without a country code is taken for one of the USA. Exactly one `{{variable}}` in its place is "
        "filled by the call."
    ),
    "PhoneNumber.verify": (
        "A VoIP number dials out only once it is proven at its carrier. The proof is one billed call, tried once; "
        "after a failure only `apply --verify-again` tries again (RC205)."
    ),
    "AutoReload.monthly_limit_cents": (
        "null means no limit, of which `plan` warns (RC212). `limits` in reconciler.yaml can cap what a manifest "
        "may ask for (RC301)."
    ),
    "ScheduledCall.to_number": "State keeps a digest and output masks it, unless --show-numbers is given.",
    "ScheduledCall.at": (
        "Without an offset it is the wall time in `timezone`. A time that the clocks skip is an error (RC144); of "
        "one that comes twice, the first is meant (RC147)."
    ),
    "ScheduledCall.late": (
        "After it the call is missed permanently: dispatch says so once (RC609) and never dials late."
    ),
    "ScheduledCall.attempts": (
        "Each try is decided from the finished call's own record; an error of the API never leads to one."
    ),
    "ScheduledCall.attempts.gap": (
        "Counted from the end of the call. The limit of calls per person and day still holds (RC607)."
    ),
    "metadata.name": (
        "It is permanent. To rename an agent, list the old name in `was`; a call cannot be renamed (RC150)."
    ),
    "metadata.waivers": (
        "Only findings of lint (RC701 to RC710) can be waived, here and not elsewhere; after `until` they are "
        "shown again."
    ),
    "project.variables": (
        "A value that is one `${var.NAME}` takes the variable's type; in longer text it is spelled out. Those of "
        "the environment chosen by --env win. `$${` is the text `${`, `$$${` a dollar sign and a value."
    ),
}
