"""Rules about settings of agents and numbers that do not come to what they say."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.diagnostics.suggestions import nearest
from reconciler.documents.placeholders import holds_braces, unfilled
from reconciler.lint.rule import Complaint, at
from reconciler.lint.scripts import Script
from reconciler.telephony.eligibility import undialable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.model import Observed, Resource


_HEARD = ("prompt", "voicemail_message", "consent_announcement_text", "acknowledgement_prompt")


def without_message(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """``voicemail_action: message`` plays ``voicemail_message``, and there is none (contract 2.2.3)."""
    del now
    for resource, path, settings in _speakers(resources):
        if settings.get("voicemail_action") == "message" and not settings.get("voicemail_message"):
            yield at(
                resource,
                "`voicemail_action` is `message`, and no `voicemail_message` is declared: nothing to say",
                "declare `voicemail_message`, or `voicemail_action: hangup`",
                *path,
                "voicemail_action",
            )


def unfilled_braces(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """Braces of another platform's grammar, or with one missing, are read out to a person as they stand."""
    del now
    for resource, path, settings in _speakers(resources):
        for name in _HEARD:
            text = settings.get(name)
            if not isinstance(text, str) or not holds_braces(text):
                continue
            for found in unfilled(text):
                yield Complaint(
                    resource,
                    Script(resource, (*path, name), text, outbound=False).locate(found.start()),
                    f"`{found[0][:60]}` is no placeholder that the platform fills: it is read out as it stands",
                    "write `{{name}}`: letters, digits, `_` and dots, and nothing else between two pairs of braces",
                )


def derived_thinking(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """On Storm tiers the vendor sets ``thinking_level`` from the product (contract 2.2.3)."""
    del now
    for resource, path, settings in _speakers(resources):
        product = str(settings.get("product") or "")
        if product.startswith("storm") and settings.get("thinking_level") is not None:
            yield at(
                resource,
                f"`thinking_level` is decided by `product: {product}`: the vendor may answer another than this",
                "remove `thinking_level`; choose the tier by `product` (storm-base, storm-extra)",
                *path,
                "thinking_level",
            )


def unbounded(scripts: Sequence[Script], resources: Mapping[str, Resource]) -> Iterator[Complaint]:
    """A call to a voicemail that never hangs up, or a chatty callee, is paid for by the minute."""
    del resources
    for script in scripts:
        if script.outbound and script.settings.get("max_call_duration_seconds") is None:
            yield at(
                script.resource,
                "no `max_call_duration_seconds`: what one outbound call may cost has no bound",
                "declare one, for example `max_call_duration_seconds: 300`",
                *script.path[:-1],
                "max_call_duration_seconds",
            )


def unknown_voices(account: Account) -> Iterator[Complaint]:
    """A voice is the id of an entry of ``GET /v1/voices`` or a custom clone's name (contract 2.11, Q31).

    The entries are free-form objects, so any text of one counts; so does a voice that a live agent has. Clones may
    be missing from the list: only where the account has none does it prove that there is no such voice.
    """
    catalog = account.facts.get("voices")
    listed = catalog.get("voices") if isinstance(catalog, dict) else None
    if not isinstance(listed, list) or not listed:
        return
    known = {word for entry in listed for word in _words(entry)}
    known |= {str(agent.body.get("voice")) for agent in account.of("Agent")}
    ids = [str(entry.get("id")) for entry in listed if isinstance(entry, dict) and entry.get("id")]
    for resource, path, settings in _speakers(account.resources):
        voice = settings.get("voice")
        if isinstance(voice, str) and voice not in known:
            complaint = at(
                resource,
                f"the account has no voice `{voice}`",
                nearest(voice, ids) or "the dashboard lists the voices; a clone goes by its id",
                *path,
                "voice",
            )
            yield replace(complaint, refuted=bool(ids) and _has_no_clones(account))


def mute_numbers(account: Account) -> Iterator[Complaint]:
    """An outbound agent on a number that cannot dial out will never be heard."""
    live = {item.identity: item for item in account.of("PhoneNumber")}
    for resource in account.resources.values():
        if resource.address.kind != "PhoneNumber" or not resource.declared.get("outbound_agent"):
            continue
        seen: Observed | None = live.get(str(resource.declared.get("number")))
        obstacle = undialable(seen.body) if seen else None
        if obstacle is None or resource.declared.get("verify"):  # with `verify` the kind itself says what keeps it
            continue
        yield at(resource, f"`outbound_agent` will not be heard: {obstacle.message}", obstacle.hint, "outbound_agent")


def _has_no_clones(account: Account) -> bool:
    """Whether ``GET /v1/voices/policy`` counts no custom voice (contract 2.11)."""
    policy = account.facts.get("voice_policy")
    return isinstance(policy, dict) and policy.get("used") == 0 and policy.get("used") is not False


def _words(entry: Any) -> Iterator[str]:
    if isinstance(entry, dict):
        yield from (str(value) for value in entry.values() if isinstance(value, str | int))
    elif isinstance(entry, str):
        yield entry


def _speakers(resources: Mapping[str, Resource]) -> Iterator[tuple[Resource, tuple[str, ...], Mapping[str, Any]]]:
    """The settings of every agent, one-off agents of calls included, and their path below ``spec``."""
    for resource in resources.values():
        if resource.manifest.absent:
            continue
        if resource.address.kind == "Agent":
            yield resource, (), resource.declared
        elif isinstance(config := resource.declared.get("config"), dict):
            yield resource, ("config",), config
