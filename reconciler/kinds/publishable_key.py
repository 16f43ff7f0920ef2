"""Publishable keys: what a web page opens a call with.

The vendor's oddities (contract-next 7): `embed_config` is taken by a PATCH alone, and a deleted key stays in the
list, dead. The secret that its webhook is signed with is told by every read, and is taken out before anything sees it.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reconciler.contract.fields import UNORDERED, Ref, Spec
from reconciler.kinds.rest import RestKind
from reconciler.model import Finding, Observed, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.model import Resource

_SECRETS = ("webhook_secret",)

Domain = Annotated[str, Field(min_length=1), AfterValidator(str.lower)]


class PublishableKeySpec(Spec):
    """Who answers, and on which pages."""

    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    agent: Annotated[str | None, Ref("Agent", wire="agent_id")] = Field(
        default=None, description="The Agent that answers, in mode `agent`."
    )
    mode: Literal["agent", "webhook"] | None = Field(
        default=None, description="Whether an agent answers, or the webhook says who."
    )
    webhook_url: str | None = Field(default=None, description="Who is asked in mode `webhook`.")
    allowed_domains: Annotated[tuple[Domain, ...] | None, UNORDERED] = Field(
        default=None, description="Pages that may use it: example.com, *.example.com."
    )
    is_enabled: bool | None = Field(default=None, strict=True, description="Whether it opens calls.")
    embed_config: dict[str, Any] | None = Field(
        default=None, description="Look of the widget, as `export` reads it; compared by declared key."
    )


class PublishableKey(RestKind):
    """A key that web pages may hold: who answers, and from which domains."""

    name = "PublishableKey"
    spec = PublishableKeySpec
    path = "/v1/publishable-key"
    uninvited = MappingProxyType({"mode": "agent", "is_enabled": True})
    later = ("embed_config",)

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """A key that was deleted is still listed, and is gone."""
        if body.get("is_active") is False:
            return None
        return super().seen({name: value for name, value in body.items() if name not in _SECRETS}, below)

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """Mode `webhook` needs somebody to ask."""
        for resource in own:
            said = resource.declared
            if said.get("mode") == "webhook" and not said.get("webhook_url"):
                message = "`mode: webhook` asks `webhook_url` who answers, and none is declared"
                hint = "declare `webhook_url`, or `mode: agent`"
                where = resource.manifest.locate("spec", "mode")
                yield Finding(Severity.ERROR, "RC112", message, hint, resource.address, where)
