"""What other resources ask about agents: their names, and which of them something is attached to."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import encode

if TYPE_CHECKING:
    import sqlite3

    from reconciler.emulator.exchange import Scene

Body = dict[str, Any]

READ_SIDES = ("integrations", "mcp_servers", "knowledge_bases", "knowledge_documents", "reusable_instructions")


def agent_name(scene: Scene, agent_id: int | None) -> str | None:
    """The name of an agent, None for none or for one that is gone."""
    row = scene.database.execute("SELECT json_extract(body, '$.name') FROM agents WHERE id = ?", (agent_id,)).fetchone()
    return str(row[0]) if row else None


def embedding_agents(scene: Scene, key: str) -> int:
    """How many live agents the object of that UUID is attached to."""
    return int(scene.database.execute("SELECT count(*) FROM attached WHERE key = ?", (key,)).fetchone()[0])


def index_attachments(database: sqlite3.Connection, body: Body) -> None:
    """Index what is attached to a live agent, so that nobody has to search all agents for it."""
    database.execute("DELETE FROM attached WHERE agent_id = ?", (body["id"],))
    keys = {item["id"] for read_side in READ_SIDES for item in body[read_side]}
    database.executemany("INSERT INTO attached (key, agent_id) VALUES (?, ?)", [(key, body["id"]) for key in keys])


def refresh(scene: Scene, read_side: str, key: str, seen: Body | None) -> None:
    """Put an attached object as it is now (None: gone) into every live agent it is attached to."""
    query = "SELECT body FROM agents JOIN attached ON agents.id = attached.agent_id WHERE attached.key = ?"
    for (text,) in scene.database.execute(query, (key,)).fetchall():
        body = json.loads(text)
        attached = [item if item["id"] != key else seen for item in body[read_side]]
        body[read_side] = [item for item in attached if item is not None]
        body["tool_collision_warnings"] = collisions(body)
        scene.database.execute("UPDATE agents SET body = ? WHERE id = ?", (encode(body), body["id"]))
        index_attachments(scene.database, body)


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
