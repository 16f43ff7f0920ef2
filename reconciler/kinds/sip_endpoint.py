"""SIP endpoints: telephone systems that call an agent, with a password that is shown once.

The vendor's oddities (contract-next 7): it is provisioned in its own time, no create takes its status, and an empty
list of networks lets everybody in.
"""

from __future__ import annotations

import ipaddress
from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Literal

from pydantic import AfterValidator, Field

from reconciler.contract.fields import LOCAL, UNORDERED, Means, Ref, Spec
from reconciler.contract.shapes import Destination  # noqa: TC001 - pydantic reads it at run time
from reconciler.kinds.rest import RestKind
from reconciler.model import Observed, Phase

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Resource

PROVISIONING = "provisioning"


def _network(text: str) -> str:
    """As the platform writes it: host bits cleared, a lone address as a network of one."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        raise ValueError("is no network, such as 203.0.113.0/24") from None


class SipEndpointSpec(Spec):
    """Whom it calls, and from where."""

    agent: Annotated[str | None, Ref("Agent", wire="agent_id")] = Field(default=None, description="Agent it calls.")
    name: str | None = Field(default=None, min_length=1, max_length=255, description="metadata.name when left out.")
    allowed_source_cidrs: Annotated[tuple[Annotated[str, AfterValidator(_network)], ...] | None, UNORDERED] = Field(
        default=None, description="Networks that may call; an empty list is everywhere, and any other refuses UDP."
    )
    status: Annotated[Literal["active", "disabled"] | None, Means(PROVISIONING, "active")] = Field(
        default=None, description="Whether it takes calls."
    )
    secret_to: Annotated[Destination | None, LOCAL] = Field(
        default=None, description="File for its password, which is shown once: ignored by git, or `.age`."
    )


class SipEndpoint(RestKind):
    """A SIP address at which a telephone system of yours calls an agent."""

    name = "SipEndpoint"
    spec = SipEndpointSpec
    path = "/v1/sip-endpoints"
    uninvited = MappingProxyType({"status": "active"})
    envelope = "results"
    needed = ("agent",)
    later = ("status",)
    outputs = ("password",)
    patience = timedelta(minutes=2)

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """Moving while the platform sets it up."""
        found = super().seen(body, below)
        if found is None or body.get("status") != PROVISIONING:
            return found
        return replace(found, phase=Phase.MOVING, history="is being set up by the platform")

    def initial(self, resource: Resource) -> Mapping[str, Any]:
        """What is set up becomes active by itself."""
        wanted = super().initial(resource)
        return {name: value for name, value in wanted.items() if (name, value) != ("status", "active")}
