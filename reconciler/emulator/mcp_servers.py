"""MCP servers (contract-next 5.2): their tools are fetched when somebody asks, and not before.

Nothing is ever fetched from anywhere: a server whose host ends in ``.invalid`` cannot be reached, any other
has the tools that the controls put under ``_tools``, or one named after it.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import refresh
from reconciler.emulator.database import document
from reconciler.emulator.exchange import answer
from reconciler.emulator.integrations import masked, secure_url
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE
from reconciler.emulator.timestamps import stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

UNREACHABLE = "Could not connect to the MCP server: name or service not known."
NEVER_SYNCED: dict[str, Any] = {"cached_tools": [], "last_sync_error": "", "last_tools_sync_at": None}


def address(value: Any) -> str:
    """Where the server is; it must be somewhere."""
    found = secure_url(value)
    if not found:
        raise v.Invalid("This field may not be blank.")
    return found


def header(value: Any) -> Body:
    """A header by its key; without a value the one that is stored stays."""
    entry = v.mapping(value)
    named = {"key": v.text(minimum=1)(entry.get("key", ""))}
    return named if entry.get("value") is None else named | {"value": v.text()(entry["value"])}


def sync_tools(exchange: Exchange) -> Reply:
    """``POST /v1/mcp-servers/{id}/sync-tools``: 200 whether it succeeds or not; it may take a while."""
    before = MCP_SERVERS.load(exchange, exchange.arguments[0])
    seconds = float(document(exchange.database, "options").get("tool_sync_seconds") or 0.0)
    if seconds:
        body = before | {DUE: stamp(exchange.now + timedelta(seconds=seconds))}
    else:
        body = before | _synchronised(exchange, before)
    return answer(MCP_SERVERS.shown(exchange, MCP_SERVERS.store(exchange, body, before)))


def _synchronised(scene: Scene, body: Body) -> Body:
    host = urlsplit(body["url"]).hostname or ""
    error = body.get("_sync_error") or (UNREACHABLE if host.endswith(".invalid") else "")
    if error:
        return {"last_sync_error": error}
    word = re.sub(r"\W+", "_", body["display_name"].casefold()).strip("_") or "mcp"
    tools = body.get("_tools") or [{"name": f"{word}_lookup", "description": "", "inputSchema": {"type": "object"}}]
    return {"cached_tools": tools, "last_sync_error": "", "last_tools_sync_at": stamp(scene.now)}


def _compute(_scene: Scene, body: Body, before: Body | None) -> Body:
    """A name after the host, headers that keep their values, and no tools from an address that was left."""
    stored = {entry["key"]: entry["value"] for entry in (before or {}).get("headers", ())}
    headers = [
        {"key": entry["key"], "value": entry.get("value", stored.get(entry["key"], ""))} for entry in body["headers"]
    ]
    moved = before is None or before["url"] != body["url"]
    name = body["display_name"] or urlsplit(body["url"]).hostname or ""
    return {"headers": headers, "display_name": name} | (NEVER_SYNCED if moved else {})


def _after_write(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "mcp_servers", body["id"], MCP_SERVERS.shown(scene, body))


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "mcp_servers", body["id"], None)


def _view(_scene: Scene, body: Body) -> Body:
    return body | {"headers": masked(body["headers"])}


MCP_SERVERS = Resource(
    name="mcp_servers",
    noun="MCPServer",
    path="/v1/mcp-servers",
    fields={
        "display_name": Field(v.text(maximum=255), ""),
        "url": Field(address, required=True),
        "enabled": Field(v.boolean, default=True),
        "transport": Field(v.choice("streamable_http"), "streamable_http"),
        "headers": Field(v.each(header), []),
    },
    actions=(Route("POST", "/v1/mcp-servers/{uuid}/sync-tools", sync_tools),),
    compute=_compute,
    view=_view,
    on_due=_synchronised,
    after_write=_after_write,
    after_delete=_after_delete,
)
