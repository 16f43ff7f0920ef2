"""What other resources ask about agents: their names, and which of them carry something of theirs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import encode

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]


def agent_name(scene: Scene, agent_id: int | None) -> str | None:
    """The name of an agent, None for none or for one that is gone."""
    row = scene.database.execute("SELECT json_extract(body, '$.name') FROM agents WHERE id = ?", (agent_id,)).fetchone()
    return str(row[0]) if row else None


def embedding_agents(scene: Scene, key: str) -> int:
    """How many live agents carry the object of that UUID."""
    query = "SELECT count(*) FROM agents WHERE instr(body, ?)"
    return int(scene.database.execute(query, (f'"id":"{key}"',)).fetchone()[0])


def refresh(scene: Scene, read_side: str, key: str, seen: Body | None) -> None:
    """Put an attached object as it is now (None: gone) into every live agent that carries it."""
    rows = scene.database.execute("SELECT id, body FROM agents WHERE instr(body, ?)", (f'"id":"{key}"',)).fetchall()
    for agent_id, text in rows:
        body = json.loads(text)
        carried = [item if item["id"] != key else seen for item in body[read_side]]
        body[read_side] = [item for item in carried if item is not None]
        body["tool_collision_warnings"] = collisions(body)
        scene.database.execute("UPDATE agents SET body = ? WHERE id = ?", (encode(body), agent_id))


def collisions(body: Body) -> list[Body]:
    """The tool names that more than one thing on an agent goes by."""
    owners: dict[str, list[str]] = {}
    for integration in body["integrations"]:
        owners.setdefault(tool_name(integration["spec"]), []).append(integration["display_name"])
    for server in body["mcp_servers"]:
        for tool in server["cached_tools"]:
            owners.setdefault(tool["name"], []).append(server["display_name"])
    return [{"tool_name": name, "sources": sources} for name, sources in owners.items() if len(sources) > 1]


def tool_name(spec: Body) -> str:
    """The name of a function tool, in either of the two spellings; empty when it has none."""
    function = spec.get("function")
    name = function.get("name") if isinstance(function, dict) else spec.get("name")
    return name if isinstance(name, str) else ""
