"""List the kinds there are; adding one is a file beside this and a line here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.kinds.agent import Agent
from reconciler.kinds.agent_variant import AgentVariant
from reconciler.kinds.auto_reload import AutoReload
from reconciler.kinds.knowledge_base import KnowledgeBase
from reconciler.kinds.organization import Organization
from reconciler.kinds.phone_number import PhoneNumber
from reconciler.kinds.phone_number_label import PhoneNumberLabel
from reconciler.kinds.publishable_key import PublishableKey
from reconciler.kinds.reusable_instruction import ReusableInstruction
from reconciler.kinds.scheduled_call import ScheduledCall

if TYPE_CHECKING:
    from reconciler.kind import Kind

_ALL: tuple[Kind, ...] = (
    Agent(),
    PhoneNumber(),
    AutoReload(),
    ScheduledCall(),
    KnowledgeBase(),
    ReusableInstruction(),
    PhoneNumberLabel(),
    AgentVariant(),
    Organization(),
    PublishableKey(),
)
KINDS: dict[str, Kind] = {kind.name: kind for kind in _ALL}
