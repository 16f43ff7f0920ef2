"""Agents (contract 2.2): created live, changed by draft, deployed whole.

The stored ``body`` is the answer itself, so that a list of thousands is a join of texts. What is staged is
kept beside it as an object of plain names: there, a staged null and "nothing staged" differ, which the
``draft_*`` twins of the answer cannot express.
"""

from __future__ import annotations

import json
from copy import deepcopy
from typing import TYPE_CHECKING, Any

from reconciler.emulator.agent_index import collisions, index_attachments
from reconciler.emulator.agent_settings import DEFAULTS, EXPERIMENTAL, SETTINGS, derive, require, understand
from reconciler.emulator.attachments import ATTACHMENTS, READ_SIDE, attached_ids, resolve
from reconciler.emulator.database import document
from reconciler.emulator.exchange import Refusal, Reply, Scene, answer, encode, invalid, raw_answer, refused
from reconciler.emulator.tables import remove_below
from reconciler.emulator.timestamps import after, moment, stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from reconciler.emulator.exchange import Exchange

Body = dict[str, Any]


def index(exchange: Exchange) -> Reply:
    """``GET /v1/agents``: every agent, no filters, oldest first."""
    rows = exchange.database.execute("SELECT body FROM agents ORDER BY id")
    return raw_answer("[" + ",".join(row[0] for row in rows) + "]")


def create(exchange: Exchange) -> Reply:
    """``POST /v1/agents``: 201, deployed at once; never idempotent, names are not unique."""
    require(exchange.body)
    values = _allowed(exchange, understand(exchange.body, trims=_trims(exchange)))
    return answer(insert(exchange.database, exchange.now, values, attached_ids(exchange, exchange.body)), 201)


def show(exchange: Exchange) -> Reply:
    """``GET /v1/agents/{id}``."""
    body, _ = load(exchange.database, exchange.arguments[0])
    return answer(body)


def patch(exchange: Exchange) -> Reply:
    """``PATCH /v1/agents/{id}``: what is named goes to the draft; plain values never move (2.2.2)."""
    body, draft = _guarded(exchange)
    values = _allowed(exchange, understand(exchange.body, trims=_trims(exchange)), body)
    cleared = _write_twins(exchange, draft)
    draft |= values | attached_ids(exchange, exchange.body)
    if not values and not cleared and not attached_ids(exchange, exchange.body):
        return answer(body)
    return answer(_stage(exchange.database, exchange.now, body, draft))


def replace(exchange: Exchange) -> Reply:
    """``PUT /v1/agents/{id}``: the draft becomes the whole request; what is omitted falls to its default."""
    body, _ = _guarded(exchange)
    require(exchange.body)
    values = _allowed(exchange, understand(exchange.body, trims=_trims(exchange)), body)
    complete = deepcopy(DEFAULTS) | values
    draft = {name: value for name, value in complete.items() if name in values or value != body[name]}
    return answer(_stage(exchange.database, exchange.now, body, draft | attached_ids(exchange, exchange.body)))


def deploy(exchange: Exchange) -> Reply:
    """``POST /v1/agents/{id}/deploy``: ships everything staged; harmless when nothing is (Q33)."""
    body, draft = _guarded(exchange)
    if body["has_draft"]:
        body |= derive({name: draft.get(name, body[name]) for name in SETTINGS})
        for key, resource in ATTACHMENTS.items():
            if key in draft:
                body[resource.name] = resolve(exchange, key, draft[key])
        body["tool_collision_warnings"] = collisions(body)
        index_attachments(exchange.database, body)
        _save(exchange.database, exchange.now, body, {}, "deployed")
    return answer(body)


def discard(exchange: Exchange) -> Reply:
    """``POST /v1/agents/{id}/discard-draft``: clears every draft field."""
    body, _ = _guarded(exchange)
    if body["has_draft"]:
        _save(exchange.database, exchange.now, body, {}, "draft_discarded")
    return answer(body)


def delete(exchange: Exchange) -> Reply:
    """``DELETE /v1/agents/{id}``: 204; numbers that point at it point at nothing afterwards (Q6)."""
    load(exchange.database, exchange.arguments[0])
    remove(exchange.database, exchange.arguments[0])
    return Reply(204)


def duplicate(exchange: Exchange) -> Reply:
    """``POST /v1/agents/{id}/duplicate``: 201, a new agent with the live settings of another."""
    body, _ = load(exchange.database, exchange.arguments[0])
    values = {name: body[name] for name in SETTINGS}
    values |= understand({"name": exchange.body.get("name") or f"{body['name']} (copy)"})
    ids = {key: [item["id"] for item in body[resource.name]] for key, resource in ATTACHMENTS.items()}
    return answer(insert(exchange.database, exchange.now, values, ids), 201)


def versions(exchange: Exchange) -> Reply:
    """``GET /v1/agents/{id}/versions``: the newest first, as ``{count, results}``."""
    load(exchange.database, exchange.arguments[0])
    rows = exchange.database.execute(
        "SELECT body FROM agent_versions WHERE agent_id = ? ORDER BY id DESC", exchange.arguments
    ).fetchall()
    return raw_answer(f'{{"count":{len(rows)},"results":[{",".join(row[0] for row in rows)}]}}')


def load(database: sqlite3.Connection, agent_id: int) -> tuple[Body, Body]:
    """An agent and what is staged on it; Refusal 404 when it is not here."""
    row = database.execute("SELECT body, draft FROM agents WHERE id = ?", (agent_id,)).fetchone()
    if row is None:
        raise refused(404, "No Agent matches the given query.")
    return json.loads(row[0]), json.loads(row[1])


def exists(database: sqlite3.Connection, agent_id: int) -> bool:
    """Whether there is such an agent."""
    return database.execute("SELECT 1 FROM agents WHERE id = ?", (agent_id,)).fetchone() is not None


def insert(database: sqlite3.Connection, now: datetime, values: Body, ids: dict[str, list[str]] | None = None) -> Body:
    """A new live agent from understood settings; the server's defaults fill the rest."""
    agent_id = database.execute("INSERT INTO agents (body, draft) VALUES ('', '{}')").lastrowid
    written = stamp(now)
    body = {"id": agent_id, **derive(deepcopy(DEFAULTS) | values), **deepcopy(READ_SIDE)}
    for key, wanted in (ids or {}).items():
        body[ATTACHMENTS[key].name] = resolve(Scene(database, now), key, wanted)
    body |= {"created_at": written, "updated_at": written, "consent_disabled_reason": ""}
    body |= {"tool_collision_warnings": collisions(body), "x_emulated": True, "x_cluster": {"region": "emulated-1"}}
    body |= _twins({}, None)
    index_attachments(database, body)
    database.execute("UPDATE agents SET body = ? WHERE id = ?", (encode(body), agent_id))
    _record(database, body, "created")
    return body


def edit(database: sqlite3.Connection, now: datetime, agent_id: int, *, live: Body | None, draft: Body | None) -> Body:
    """What a colleague does in the dashboard: change the live agent, or leave a draft on it."""
    body, staged = load(database, agent_id)
    if live:
        body |= derive({name: body[name] for name in SETTINGS} | understand(live))
        _save(database, now, body, staged, "deployed")
    if draft:
        _stage(database, now, body, staged | understand(draft))
    return body


def remove(database: sqlite3.Connection, agent_id: int) -> None:
    """Take an agent away, what lives below it, and its name from the numbers."""
    database.execute("DELETE FROM agents WHERE id = ?", (agent_id,))
    database.execute("DELETE FROM attached WHERE agent_id = ?", (agent_id,))
    remove_below(database, "agents", agent_id)
    for side in ("inbound_agent_id", "outbound_agent_id"):
        database.execute(
            "UPDATE phone_numbers SET body = json_set(body, ?, NULL) WHERE json_extract(body, ?) = ?",
            (f"$.{side}", f"$.{side}", agent_id),
        )


def _guarded(exchange: Exchange) -> tuple[Body, Body]:
    """The agent, once the precondition holds: 409 for a stale one (contract 1.9, Q1)."""
    body, draft = load(exchange.database, exchange.arguments[0])
    for name in ("if_updated_at", "updated_at"):
        if exchange.body.get(name) is None:
            continue
        try:
            expected = moment(str(exchange.body[name]))
        except ValueError as error:
            raise invalid(name, "Datetime has wrong format.") from error
        if expected != moment(body["updated_at"]):
            raise refused(409, "This agent was changed since you loaded it. Reload it and try again.")
        break
    return body, draft


def _allowed(exchange: Exchange, values: Body, body: Body | None = None) -> Body:
    """The same settings once the account may have them: 403 for a gate, 400 for a combination."""
    shown = body or {}
    if values.get("product") in EXPERIMENTAL and not document(exchange.database, "options")["experimental_products"]:
        raise refused(403, "Your organization does not have access to this product.")
    if shown.get("consent_announcement_enabled") and values.get("consent_announcement_enabled") is False:
        raise refused(403, "Turning the announcement off needs a consent attestation by an administrator.")
    mode = values.get("acknowledgement_prompt_mode", shown.get("acknowledgement_prompt_mode"))
    spoken = values.get("acknowledgement_prompt", shown.get("acknowledgement_prompt"))
    if mode == "manual" and not spoken:
        raise Refusal(400, {"acknowledgement_prompt": ["This field is required in manual mode."]})
    return values


def _write_twins(exchange: Exchange, draft: Body) -> bool:
    """Take ``draft_*`` spellings into the draft; null unstages, a read-only twin is ignored (2.2.2)."""
    twins = {
        name: exchange.body[f"draft_{name}"]
        for name, setting in SETTINGS.items()
        if setting.twin_writable and f"draft_{name}" in exchange.body
    }
    ids = [key for key in ATTACHMENTS if f"draft_{key}" in exchange.body]
    for name in [*twins, *ids]:
        draft.pop(name, None)
    draft |= understand({name: value for name, value in twins.items() if value is not None})
    draft |= attached_ids(exchange, exchange.body, prefix="draft_")
    return bool(twins or ids)


def _stage(database: sqlite3.Connection, now: datetime, body: Body, draft: Body) -> Body:
    staged = derive(draft)
    _save(database, now, body, staged, "draft_updated")
    return body


def _save(database: sqlite3.Connection, now: datetime, body: Body, draft: Body, event: str) -> None:
    body["updated_at"] = after(body["updated_at"], now)
    body |= _twins(draft, body["updated_at"] if draft else None)
    database.execute("UPDATE agents SET body = ?, draft = ? WHERE id = ?", (encode(body), encode(draft), body["id"]))
    _record(database, body, event)


def _twins(draft: Body, since: str | None) -> Body:
    twins: Body = {f"draft_{name}": draft.get(name, setting.unstaged) for name, setting in SETTINGS.items()}
    twins |= {f"draft_{key}": draft.get(key) for key in ATTACHMENTS}
    return twins | {"has_draft": bool(draft), "draft_updated_at": since}


def _record(database: sqlite3.Connection, body: Body, event: str) -> None:
    version = {
        "agent_id": body["id"],
        "event": event,
        "created_at": body["updated_at"],
        "snapshot": {name: body[name] for name in SETTINGS},
    }
    database.execute("INSERT INTO agent_versions (agent_id, body) VALUES (?, ?)", (body["id"], encode(version)))


def _trims(exchange: Exchange) -> bool:
    return bool(document(exchange.database, "options")["trims_text"])
