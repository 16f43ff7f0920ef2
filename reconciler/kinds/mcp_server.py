"""MCP servers: tools that the platform fetches from a server and keeps.

The vendor's oddity (contract-next 5.2): tools are fetched when somebody asks, and not before. So they are asked for
after a create, after a change of what they are fetched with, and while they never came or failed to.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from reconciler.contract.fields import Spec
from reconciler.contract.kind import DueAction, changed
from reconciler.errors import Rejected
from reconciler.kinds.headers import Headers  # noqa: TC001 - pydantic reads it at run time
from reconciler.kinds.rest import RestKind, live
from reconciler.model import Observed, Phase

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from typing import Any

    from reconciler.contract.account import Context
    from reconciler.model import Change, Resource

SYNC = "sync-tools"
_FETCHED_WITH = frozenset({"url", "headers", "enabled", "transport"})


class McpServerSpec(Spec):
    """Where the server is, and what it is asked with."""

    display_name: str | None = Field(
        default=None, min_length=1, max_length=255, description="metadata.name when left out."
    )
    url: str | None = Field(default=None, min_length=1, description="Where it is; https.")
    enabled: bool | None = Field(default=None, strict=True, description="Whether agents may use its tools.")
    transport: Literal["streamable_http"] | None = Field(default=None, description="How it is spoken to.")
    headers: Headers = Field(default=None, description="Headers sent to it; their values are secrets.")


class McpServer(RestKind):
    """A server whose tools agents may call; its tools are fetched by apply."""

    name = "McpServer"
    spec = McpServerSpec
    path = "/v1/mcp-servers"
    uninvited = MappingProxyType({"enabled": True, "transport": "streamable_http"})
    label = "display_name"
    known_by = (("url",), ("display_name",))
    needed = ("url",)
    patience = timedelta(minutes=2)

    def seen(self, body: Mapping[str, Any], below: str = "") -> Observed | None:
        """With the platform's words where the tools could not be fetched."""
        found = super().seen(body, below)
        error = str(body.get("last_sync_error") or "") if body.get("enabled") is not False else ""
        return found and replace(found, failure=error and f"its tools could not be fetched: {error}")

    def read(self, id_: str, context: Context, parent: str = "") -> Observed:
        """As it is now; after a write that asked for its tools it moves until they came."""
        found = super().read(id_, context, parent)
        waiting = _unfetched(found) and not found.failure
        return replace(found, phase=Phase.MOVING, history="is waiting for its tools") if waiting else found

    def complete(self, change: Change, made: Observed, context: Context) -> Observed:
        """A create brings no tools: they are asked for."""
        del change
        return self._fetch(made, context) if _unfetched(made) else made

    def update(self, change: Change, context: Context) -> Observed:
        """PATCH, and ask for its tools again where they are fetched with something else now, or failed before."""
        written = super().update(change, context)
        again = changed(change.diffs) & _FETCHED_WITH or live(change).failure
        return self._fetch(written, context) if again and _enabled(written) else written

    def _fetch(self, server: Observed, context: Context) -> Observed:
        try:
            context.api.post(f"{self.item(server.id)}/{SYNC}", {})
        except Rejected as error:  # it exists all the same: that its tools are missing is due again
            return replace(server, phase=Phase.STEADY, failure=f"its tools could not be asked for: {error.message}")
        return self.read(server.id, context)

    def due_actions(self, resource: Resource, observed: Observed) -> Iterator[DueAction]:
        """Its tools are asked for while they never came, or could not be fetched the last time."""
        if _unfetched(observed) or observed.failure:
            why = observed.failure or "its tools were never fetched"
            yield DueAction(SYNC, "tools_not_fetched", why, once=False)

    def act(self, change: Change, context: Context) -> Observed:
        """Ask for its tools, unless an update in this very run did."""
        now = super().read(live(change).id, context)
        return self._fetch(now, context) if _unfetched(now) or now.failure else now


def _enabled(server: Observed) -> bool:
    return server.body.get("enabled") is not False


def _unfetched(server: Observed) -> bool:
    """Whether it never had its tools, and should."""
    return _enabled(server) and not server.body.get("last_tools_sync_at")
