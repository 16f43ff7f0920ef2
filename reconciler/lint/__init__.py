"""The rules of lint and their run: what a schema cannot say and a reader should know.

A rule sees resources as declared, or what was read of the account, and never stops anything by itself: it warns
or notes. An author who knows better says so with a waiver, a reason and a date (``waivers``).
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.lint import agents, attachments, calls, privacy, prompts, scripts, secrets, webhooks
from reconciler.lint.rings import Rings
from reconciler.lint.rule import Rule
from reconciler.lint.waivers import Waived, apply_waivers
from reconciler.model import Severity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.model import Resource
    from reconciler.settings import Settings

RULES: tuple[Rule, ...] = (
    Rule("RC701", Severity.WARNING, "a variable that no prompt says", offline=calls.unused_variables),
    Rule("RC702", Severity.NOTE, "a prompt that does not say who calls and why", spoken=prompts.unintroduced),
    Rule("RC703", Severity.WARNING, "a voicemail message without its text", offline=agents.without_message),
    Rule("RC704", Severity.WARNING, "a voice that the account does not have", online=agents.unknown_voices),
    Rule("RC705", Severity.WARNING, "a thinking level that the tier decides", offline=agents.derived_thinking),
    Rule("RC706", Severity.WARNING, "a secret in a prompt", spoken=prompts.with_secrets),
    Rule("RC707", Severity.WARNING, "personal data in a prompt", spoken=prompts.with_personal_data),
    Rule("RC708", Severity.WARNING, "an outbound agent on a number that cannot dial", online=agents.mute_numbers),
    Rule("RC709", Severity.WARNING, "two calls to one person at one time", timed=calls.colliding),
    Rule("RC710", Severity.NOTE, "a call without a longest duration", spoken=agents.unbounded),
    Rule("RC711", Severity.WARNING, "a call that no hour of its window allows", timed=calls.at_night),
    Rule("RC712", Severity.WARNING, "more calls to one person in a day than allowed", timed=calls.too_many),
    Rule("RC713", Severity.WARNING, "a zone whose sign is reversed", offline=calls.reversed_zones),
    Rule("RC714", Severity.WARNING, "braces that the platform does not fill", offline=agents.unfilled_braces),
    Rule("RC715", Severity.WARNING, "a secret in clear", offline=secrets.in_clear),
    Rule("RC716", Severity.WARNING, "a webhook without a receiver", offline=webhooks.unreachable),
    Rule("RC717", Severity.WARNING, "two tools of one name", offline=attachments.clashing_tools),
    Rule("RC718", Severity.NOTE, "something that no agent uses", offline=attachments.unattached),
    Rule("RC719", Severity.WARNING, "variants that do not add up", offline=attachments.odd_weights),
    Rule("RC724", Severity.WARNING, "a number in clear that was to be sealed", agreed=privacy.numbers_in_clear),
    Rule("RC723", Severity.WARNING, "a number that nobody means to call", offline=calls.doubtful_callees),
)


def offline(resources: Mapping[str, Resource], now: datetime, settings: Settings) -> Waived:
    """Everything that the manifests and the project file tell, waivers applied, and the secrets seen in prompts."""
    spoken, rings = tuple(scripts.scripts(resources)), Rings(resources, now)
    found = [each for rule in RULES for each in rule.without_account(resources, spoken, rings, settings)]
    settled = apply_waivers(
        found, resources.values(), now.date(), ran=frozenset(rule.code for rule in RULES if not rule.online)
    )  # fmt: skip - one sentence
    return replace(settled, secrets=frozenset(secret[0] for script in spoken for secret in script.secrets))


def online(account: Account) -> Waived:
    """Everything that only the account tells, waivers applied; complaints about waivers are ``offline``'s."""
    found = [finding for rule in RULES for finding in rule.with_account(account)]
    return apply_waivers(found, account.resources.values(), account.now.date(), ran=frozenset())
