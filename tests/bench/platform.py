"""The vendor's API under load: as much of the contract as the measured commands ask for.

Written from the contract alone, sharing nothing with ``reconciler``. Lists are encoded once and again only
after a write. It believes every body: what is strict and rude is ``acceptance.platform``.
"""

from __future__ import annotations

import argparse
import asyncio
import json
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from urllib.parse import parse_qsl

from bench.accounts import FIRST_ID, NUMBER, ORGANIZATION, account, agent
from bench.wire import serve

JSON = dict[str, Any]
_SETTINGS = tuple(agent(1))
_FILTERS = ("from_number", "to_number", "status", "direction")
_NOT_FOUND: tuple[int, bytes] = (404, b'{"detail": "Not found."}')
_NUMBER = {
    "id": 1, "number": NUMBER, "label": "", "source": "voip", "status": "active", "inbound_agent_id": None,
    "outbound_agent_id": None, "webhook_url": None, "webhook_signing_secret": None, "outbound_eligible": True,
    "outbound_ineligible_reason": None, "voip_connection_id": None, "voip_verification_status": "verified",
    "voip_last_verified_at": None,
}  # fmt: skip
_BILLING = {
    "balance_cents": 1_000_000, "balance_usd": "10000.00", "currency": "usd", "has_payment_method": True,
    "auto_reload_enabled": False, "auto_reload_minimum_cents": None, "auto_reload_amount_cents": None,
    "auto_reload_monthly_limit_cents": None, "auto_reload_status": "off",
}  # fmt: skip
_FIXED: dict[str, Any] = {
    "/v1/whoami": {"credential_kind": "api_key", "organization": {"id": ORGANIZATION, "name": "Acme"}, "role": None},
    "/v1/voices": {"voices": [{"id": "olivia"}], "languages": ["en"]},
    "/v1/phone-numbers": [_NUMBER],
    "/v1/billing": _BILLING,
    "/v1/outbound-tcpa-confirmation": {"id": 7, "status": "active", "text_version": "3", "locale": "en"},
}


class Platform:
    """An account with agents and calls, in memory."""

    def __init__(self, agents: int, *, edited_percent: int) -> None:
        # Each agent is kept as its JSON, which is all that a list asks for; a write decodes the one it means.
        self._agents = {
            item["id"]: json.dumps(item).encode() for item in account(agents, edited_percent=edited_percent)
        }
        self._fixed = {path: json.dumps(body).encode() for path, body in _FIXED.items()}
        self._calls: dict[int, JSON] = {}
        self._keys: dict[str, int] = {}
        self._ids = count(FIRST_ID + agents)
        self._instants = count(1)
        self._listed = self._list()

    def kind(self, method: str, path: str) -> str:
        return method + " " + "/".join("ID" if part.isdigit() else part for part in path.split("/"))

    def answer(self, method: str, target: str, body: Any) -> tuple[int, bytes]:
        """One row per endpoint."""
        path, _, query = target.partition("?")
        match method, path.removeprefix("/v1/").split("/"):
            case "GET", ["agents"]:
                self._listed = self._listed or self._list()
                return 200, self._listed
            case "POST", ["agents"]:
                return self._created(body)
            case _, ["agents", id_, *rest] if int(id_) in self._agents:
                return self._agent(method, int(id_), rest, body or {})
            case "POST", ["call"]:
                return self._placed(body)
            case "GET", ["calls"]:
                return self._page(dict(parse_qsl(query)))
            case "GET", ["calls", id_] if int(id_) in self._calls:
                return 200, json.dumps(self._calls[int(id_)]).encode()
            case "GET", _ if path in self._fixed:
                return 200, self._fixed[path]
        return _NOT_FOUND

    def _list(self) -> bytes:
        return b"[" + b", ".join(self._agents.values()) + b"]"

    def _kept(self, status: int, item: JSON) -> tuple[int, bytes]:
        encoded = json.dumps(item).encode()
        self._agents[item["id"]] = encoded
        self._listed = b""
        return status, encoded

    def _created(self, body: JSON) -> tuple[int, bytes]:
        drafts = {name: None for name in _SETTINGS if name.startswith("draft_")}
        item = {**agent(0), **body, **drafts, "id": next(self._ids), "updated_at": self._now()}
        return self._kept(201, item)

    def _agent(self, method: str, id_: int, rest: list[str], body: JSON) -> tuple[int, bytes]:
        item: JSON = json.loads(self._agents[id_])
        if body.pop("if_updated_at", item["updated_at"]) != item["updated_at"]:
            return 409, b'{"detail": "The agent was updated by someone else."}'
        match method, rest:
            case "GET", []:
                return 200, self._agents[id_]
            case "PATCH", []:
                now = self._now()
                item |= {f"draft_{name}": value for name, value in body.items()}
                return self._kept(200, item | {"has_draft": True, "draft_updated_at": now, "updated_at": now})
            case "POST", ["deploy" | "discard-draft" as verb]:
                drafted = {name for name in item if name.startswith("draft_") and name != "draft_updated_at"}
                for name in drafted:
                    if verb == "deploy" and item[name] is not None:
                        item[name.removeprefix("draft_")] = item[name]
                    item[name] = None
                return self._kept(200, item | {"has_draft": False, "draft_updated_at": None, "updated_at": self._now()})
            case "DELETE", []:
                del self._agents[id_]
                self._listed = b""
                return 204, b""
        return _NOT_FOUND

    def _placed(self, body: JSON) -> tuple[int, bytes]:
        """Dial, or answer what was dialled under the same key."""
        key = body.get("idempotency_key") or str(next(self._ids))
        if key in self._keys:
            replay = {"call_id": self._keys[key], "status": "initiated", "idempotent_replay": True}
            return 200, json.dumps(replay).encode()
        id_ = self._keys[key] = next(self._ids)
        self._calls[id_] = {
            "call_id": id_, "agent_id": body.get("agent_id"), "direction": "outbound", "status": "in_progress",
            "from_number": body["from_number"], "to_number": body["to_number"], "start_time": self._now(),
            "end_time": None, "duration_seconds": None, "end_reason": None, "recording_url": None,
            "variables": body.get("variables", {}),
        }  # fmt: skip
        return 201, json.dumps({"call_id": id_, "status": "initiated"}).encode()

    def _page(self, query: dict[str, str]) -> tuple[int, bytes]:
        """A page of the calls that are as the query says, newest first."""
        asked = {name: value for name, value in query.items() if name in _FILTERS}
        found = [call for call in reversed(self._calls.values()) if all(call[name] == asked[name] for name in asked)]
        limit, offset = min(int(query.get("limit", 50)), 100), int(query.get("offset", 0))
        page = {"results": found[offset : offset + limit], "total": len(found), "limit": limit, "offset": offset}
        return 200, json.dumps(page).encode()

    def _now(self) -> str:
        """Microseconds, and never the same twice."""
        return (datetime.now(UTC) + timedelta(microseconds=next(self._instants))).isoformat(timespec="microseconds")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--agents", type=int, default=0)
    parser.add_argument("--edited-percent", type=int, default=0)
    asked = parser.parse_args()
    asyncio.run(serve(Platform(asked.agents, edited_percent=asked.edited_percent)))
