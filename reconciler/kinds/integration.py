"""Integrations: HTTP tools of the customer's own that an agent may call.

The vendor's oddity (contract-next 5.1): the values of headers are not told again, so what was sent last is remembered
by its digest; and one that is new goes out with all the others.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Literal

from pydantic import Field

from reconciler.contract.fields import Spec
from reconciler.kinds.headers import Headers  # noqa: TC001 - pydantic reads it at run time
from reconciler.kinds.rest import RestKind


class IntegrationSpec(Spec):
    """The tool as the model sees it, and where it is called."""

    display_name: str | None = Field(
        default=None, min_length=1, max_length=255, description="metadata.name when left out."
    )
    spec: dict[str, Any] | None = Field(
        default=None, description="The function tool: {type: function, function: {name, description, parameters}}."
    )
    endpoint_url: str | None = Field(default=None, description="Where it is called; https.")
    endpoint_method: Literal["GET", "POST", "PUT", "PATCH", "DELETE"] | None = Field(
        default=None, description="HTTP method of the call."
    )
    headers: Headers = Field(default=None, description="Headers sent with each call; their values are secrets.")
    request_format: Literal["standard", "vapi", "retell"] | None = Field(
        default=None, description="Shape of the request's body."
    )


class Integration(RestKind):
    """A tool of your own that an agent may call during a conversation."""

    name = "Integration"
    spec = IntegrationSpec
    path = "/v1/integrations"
    uninvited = MappingProxyType({"endpoint_method": "POST", "request_format": "standard"})
    label = "display_name"
    needed = ("spec",)
