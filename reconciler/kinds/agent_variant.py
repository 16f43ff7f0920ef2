"""Variants of an agent: other settings for a share of its calls, live at once.

The vendor's oddity (contract-next 5.4): a variant has no draft, while the switch between them
(``split_testing_enabled`` of the agent) has. A setting that is null is the agent's own.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, Field

from reconciler.contract.fields import PARENT, TEXT, Prompt, Ref, Seconds, Spec, spoken
from reconciler.kinds.agent_spec import Product, SpeakOrder  # noqa: TC001 - pydantic reads them at run time
from reconciler.kinds.rest import RestKind
from reconciler.model import Address, Consequence, Sort

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.contract.account import Account
    from reconciler.model import Change


class AgentVariantSpec(Spec):
    """The share of calls, and the settings that are not the agent's own; null gives one back to the agent."""

    agent: Annotated[str, Ref("Agent", wire="agent_id"), PARENT] = Field(description="The Agent it is a variant of.")
    label: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    weight: int | None = Field(default=None, ge=0, strict=True, description="Its share of the calls, by weight.")
    is_control: bool | None = Field(default=None, description="The one that the others are measured against.")
    prompt: Annotated[Prompt | None, BeforeValidator(spoken)] = Field(
        default=None, description="System prompt, or {file: PATH}."
    )
    voice: str | None = Field(default=None, min_length=1, description="A voice id, e.g. olivia.")
    product: Product | None = Field(default=None, description="Engine tier; decides the rate per minute.")
    thinking_level: str | None = Field(default=None, description="Reasoning effort on Storm tiers: base or extra.")
    background_track: str | None = Field(default=None, description="Sound behind the voice.")
    acknowledgement_prompt: Annotated[str | None, TEXT] = Field(
        default=None, description="How it acknowledges while it thinks."
    )
    acknowledgement_prompt_mode: str | None = Field(default=None, description="auto or manual.")
    inbound_speak_order: SpeakOrder | None = Field(default=None, description="Who speaks first when it is called.")
    outbound_speak_order: SpeakOrder | None = Field(default=None, description="Who speaks first when it calls.")
    silence_interval_seconds: Seconds | None = Field(default=None, description="Silence before it asks, in seconds.")
    silence_max_checkins: int | None = Field(default=None, ge=0, description="How often it asks into silence.")


class AgentVariant(RestKind):
    """Other settings of one agent for a share of its calls; `split_testing_enabled` of the agent switches it on."""

    name = "AgentVariant"
    spec = AgentVariantSpec
    path = "/v1/agents/{parent}/variants"
    uninvited = MappingProxyType({"is_control": False})
    label = "label"
    listed_only = True

    def summary(self, change: Change, account: Account) -> str:
        """That callers hear it without a deploy, where the agent's split testing is on."""
        heard = change.action.writes_fields and change.observed is not None and _is_heard(change, account)
        return f"{change.sentence}; callers hear it at once" if heard else ""

    def consequences(self, change: Change, account: Account) -> Iterable[Consequence]:
        """It is heard at once by a share of the agent's callers: no draft, no deploy."""
        if (change.action.writes_fields or change.action.removes) and _is_heard(change, account):
            yield Consequence(Sort.LIVE_AT_ONCE, agents=1)


def _is_heard(change: Change, account: Account) -> bool:
    """Whether the variants of the agent are switched on by now; of one that is not there yet none is."""
    agent = account.find("Agent", _agent_id(change, account))
    return agent is not None and bool(agent.body.get("split_testing_enabled"))


def _agent_id(change: Change, account: Account) -> str:
    if change.observed is not None:
        return change.observed.parent
    named = Address("Agent", str(change.resource.declared.get("agent"))) if change.resource is not None else None
    binding = account.bindings.get(named) if named is not None else None
    return binding.id if binding is not None else ""
