"""Webhook endpoints: who is told of what, signed with a secret that is shown once.

The vendor's oddities (contract-next 1.1): there is no GET of one, an empty list of events means every event, and
`failing` is a word of the platform's for an active endpoint that does not answer.
"""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, Field

from reconciler.contract.account import Fact
from reconciler.contract.fields import LOCAL, UNORDERED, Means, Ref, Spec
from reconciler.contract.shapes import Destination  # noqa: TC001 - pydantic reads it at run time
from reconciler.diagnostics.suggestions import nearest
from reconciler.kinds.rest import RestKind
from reconciler.model import Finding, Observed, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from reconciler.contract.account import Account
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Change, Resource

FAILING = "failing"
EVENTS = (
    "telephony.incoming",
    "telephony.complete",
    "telephony.tool",
    "telephony.turn",
    "web.incoming",
    "web.complete",
    "web.tool",
    "web.turn",
    "sms.sent",
    "sms.failed",
    "sms.received",
    "call.graded",
    "call.data_extracted",
    "call.transfer_completed",
    "campaign.completed",
    "issue.reported",
    "issue.escalated",
    "test-call.completed",
    "alert.triggered",
)  # fmt: skip - a list of words
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


def _address(url: str) -> str:
    parts = urlsplit(url)
    if parts.scheme not in ("https", "http") or not parts.hostname:
        raise ValueError("must be an https address")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise ValueError("must be https: plain http goes to localhost alone")
    return url


class WebhookEndpointSpec(Spec):
    """The address, and the events that are sent there."""

    label: str | None = Field(default=None, min_length=1, max_length=120, description="metadata.name when left out.")
    url: Annotated[str | None, AfterValidator(lambda url: url and _address(url))] = Field(
        default=None, description="Where events are sent; https, or plain http to localhost."
    )
    events: Annotated[tuple[str, ...] | None, UNORDERED] = Field(
        default=None, description="Names of events, such as telephony.complete; an empty list is every event."
    )
    agent: Annotated[str | None, Ref("Agent", wire="agent_id")] = Field(
        default=None, description="The Agent whose events are sent; null is every agent."
    )
    status: Annotated[Literal["active", "disabled"] | None, Means(FAILING, "active")] = Field(
        default=None, description="Whether events are sent."
    )
    secret_to: Annotated[Destination | None, LOCAL] = Field(
        default=None, description="File for the signing secret, which is shown once: ignored by git, or `.age`."
    )


class WebhookEndpoint(RestKind):
    """An address of yours that is told of calls, messages and alerts."""

    name = "WebhookEndpoint"
    spec = WebhookEndpointSpec
    path = "/v1/developer/webhook-endpoints"
    uninvited = MappingProxyType({"status": "active"})
    label = "label"
    known_by = (("url", "agent"), ("label",))
    needed = ("url",)
    listed_only = True
    outputs = ("secret",)
    facts: ClassVar[tuple[Fact, ...]] = (Fact("webhook_deliveries", "/v1/developer/webhook-deliveries", optional=True),)

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """With a list of events, which an older answer may leave out."""
        return super().seen({**body, "events": body.get("events") or []}, below)

    def check(self, own: Sequence[Resource], resources: Mapping[str, Resource], now: datetime) -> Iterator[Finding]:
        """A name of an event that the platform is not known to send."""
        for resource in own:
            for index, event in enumerate(resource.declared.get("events") or ()):
                if event not in EVENTS:
                    message = f"no event is known by the name `{event}`"
                    hint = nearest(event, EVENTS) or "reconciler explain WebhookEndpoint.events"
                    where = resource.manifest.locate("spec", "events", index)
                    yield Finding(Severity.WARNING, "RC113", message, hint, resource.address, where)

    def preflight(self, change: Change, account: Account, resolver: Resolver) -> Iterator[Finding]:
        """That the platform gets no answer there, with what was not delivered last."""
        yield from super().preflight(change, account, resolver)
        if change.resource is None or change.observed is None or change.observed.body.get("status") != FAILING:
            return
        message = f"is failing: the platform gets no answer from it{_last_deliveries(change.observed.id, account)}"
        hint = f"reconciler webhooks deliveries {change.address.name}"
        yield Finding(Severity.WARNING, "RC232", message, hint, change.address, change.location)


def _last_deliveries(id_: str, account: Account) -> str:
    """What the last deliveries to an endpoint came to, where the account tells."""
    answer = account.facts.get("webhook_deliveries")
    rows = answer.get("results") if isinstance(answer, dict) else None
    known = [row for row in rows or () if isinstance(row, dict) and row.get("status") != "delivered"]
    own = [row for row in known if str(row.get("endpoint_id")) == id_]
    if not own:
        return ""
    last = own[0].get("http_status") or own[0].get("failure_category") or "no answer"
    return f" ({len(own)} not delivered, the last {own[0].get('event_type')}: {last})"
