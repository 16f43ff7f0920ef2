"""What else hangs on the second platform's account, one row each: tools, keys, endpoints, variants, documents."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

JSON = dict[str, Any]
_HIDDEN = "•••"


class Denial(Exception):
    """A status that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


@dataclass(frozen=True)
class Row:
    """A collection: what a create and what a patch may say, and what the server makes of it.

    ``once`` is in the answer to a create and never again, ``one`` whether one object can be asked for.
    """

    fields: JSON
    required: tuple[str, ...] = ()
    adds: JSON = field(default_factory=dict)
    only_created: frozenset[str] = frozenset()
    only_patched: frozenset[str] = frozenset()
    once: JSON = field(default_factory=dict)
    one: bool = True
    numbered: bool = False
    envelope: str = ""
    unread: frozenset[str] = frozenset()


_HEADERS: JSON = {"headers": []}
_OVERRIDES = dict.fromkeys(("prompt", "voice", "product", "inbound_speak_order", "outbound_speak_order"))
_DOCUMENT: JSON = {
    "status": "pending", "error": "", "source_type": "text", "source_origin": None, "source_url": None,
    "mime_type": "text/plain", "original_filename": "", "byte_count": 17, "chunk_count": 1, "estimated_chunk_count": 1,
    "fetched_at": None,
}  # fmt: skip
ROWS = {
    "integrations": Row(
        {
            "display_name": "",
            "spec": None,
            "endpoint_url": "",
            "endpoint_method": "POST",
            "request_format": "standard",
            "validation_status": "untested",
            "wizard_input": "",
            **_HEADERS,
        },
        ("display_name", "spec"),
    ),
    "mcp-servers": Row(
        {"display_name": "", "url": "", "enabled": True, "transport": "streamable_http", **_HEADERS},
        ("url",),
        {"cached_tools": [], "last_sync_error": "", "last_tools_sync_at": None},
    ),
    "developer/webhook-endpoints": Row(
        {"label": "", "url": "", "agent_id": None, "events": [], "status": "active"},
        ("label", "url"),
        {"agent_name": None, "secret_hint": "…k3t1"},
        once={"secret": "whsec-shown-once-k3t1"},
        one=False,
    ),
    "publishable-key": Row(
        {
            "name": "",
            "agent_id": None,
            "mode": "agent",
            "webhook_url": None,
            "allowed_domains": [],
            "is_enabled": True,
            "embed_config": {},
        },
        (),
        {
            "key": "pk_live_0123456789ab",
            "key_prefix": "pk_live_0123",
            "agent_name": None,
            "is_active": True,
            "webhook_secret": "whsec-of-the-key-x9",
        },
        only_patched=frozenset({"embed_config"}),
        numbered=True,
    ),
    "sip-endpoints": Row(
        {"agent_id": None, "name": "", "allowed_source_cidrs": [], "status": "active"},
        ("agent_id",),
        {"sip_uri": "sip:e@sip.example", "username": "e-1"},
        only_patched=frozenset({"status"}),
        once={"password": "sip-shown-once-p4ss"},
        numbered=True,
        envelope="results",
    ),
    "agents/*/variants": Row(
        {"label": "", "weight": 0, "is_control": False, **_OVERRIDES}, ("label",), one=False, numbered=True
    ),
    "knowledge-bases/*/documents": Row(
        {"name": "", "content": ""}, ("name", "content"), _DOCUMENT, one=False, unread=frozenset({"content"})
    ),
}


class WholeAccount:
    """The objects of every row by path; nested ones by the path of their parent. ``objects`` may be turned."""

    def __init__(self, now: Callable[[], str]) -> None:
        self._now = now
        self.objects: dict[str, dict[str, JSON]] = {}
        self.organization: JSON = {"timezone": "UTC", "business_hours": None, "excluded_numbers": []}
        self._ids = iter(range(5001, 6000))

    def of(self, pattern: str) -> dict[str, JSON]:
        """The objects of a row, whoever their parent is."""
        return {id_: it for path, own in self.objects.items() if _matches(pattern, path) for id_, it in own.items()}

    def answer(self, method: str, parts: list[str], body: Any) -> tuple[int, Any] | None:
        """The status and body of a request; None for a path that is in no row; raises Denial."""
        if method == "GET" and parts[:2] == ["knowledge", "documents"]:
            return 200, self._document(parts[2:])
        for pattern, row in ROWS.items():
            depth = pattern.count("/") + 1
            path, rest = "/".join(parts[:depth]), parts[depth:]
            if _matches(pattern, path):
                return self._answered(method, row, self.objects.setdefault(path, {}), rest, body)
        return None

    def _document(self, rest: list[str]) -> Any:
        """The flat store, which is empty, or the details of one document of a base: there is no other way to them."""
        own = self.of("knowledge-bases/*/documents")
        if rest and rest[0] not in own:
            raise Denial(404, {"detail": "Not found."})
        return own[rest[0]] | {"has_original": False, "uploaded_by": None} if rest else []

    def _answered(self, method: str, row: Row, own: dict[str, JSON], rest: list[str], body: Any) -> tuple[int, Any]:
        match method, rest:
            case "GET", []:
                found = [self._shown(row, it) for it in reversed(own.values())]
                return 200, {row.envelope: found} if row.envelope else found
            case "POST", []:
                return 201, self._created(row, own, body)
            case "POST", [id_, "sync-tools"] if id_ in own:
                own[id_] |= {"cached_tools": [{"name": "stock"}], "last_tools_sync_at": self._now()}
                return 200, self._shown(row, own[id_])
            case "GET", [id_] if id_ in own and row.one:
                return 200, self._shown(row, own[id_])
            case "PATCH", [id_] if id_ in own:
                own[id_] |= self._checked(row, body, row.only_created) | {"updated_at": self._now()}
                return 200, self._shown(row, own[id_])
            case "DELETE", [id_] if id_ in own:
                if "is_active" in own[id_]:
                    own[id_]["is_active"] = False
                else:
                    del own[id_]
                return 204, None
        raise Denial(404, {"detail": "Not found."})

    def _created(self, row: Row, own: dict[str, JSON], body: JSON) -> JSON:
        if missing := [key for key in row.required if not body.get(key)]:
            raise Denial(400, {key: ["This field is required."] for key in missing})
        values = self._checked(row, body, row.only_patched)
        id_: Any = next(self._ids) if row.numbered else str(uuid.uuid4())
        times = {"created_at": self._now(), "updated_at": self._now()}
        own[str(id_)] = {"id": id_, **row.fields, **row.adds, **values, **times, "mood": "calm"}
        return {**self._shown(row, own[str(id_)]), **row.once}

    def _checked(self, row: Row, body: JSON, refused: frozenset[str]) -> JSON:
        if unknown := sorted(set(body) - set(row.fields) | set(body) & refused):
            raise Denial(400, {key: ["Unknown field."] for key in unknown})
        return {key: _tidy(value) for key, value in body.items()}

    def _shown(self, row: Row, body: JSON) -> JSON:
        """Values of headers are hidden, sets come in an order of the server's own, and work goes on between looks."""
        shown = {key: value for key, value in body.items() if key not in row.unread}
        if "headers" in shown:
            shown["headers"] = [{"key": it["key"], "value": _HIDDEN} for it in shown["headers"]]
        for name in ("events", "allowed_domains", "allowed_source_cidrs"):
            if name in shown:
                shown[name] = sorted(shown[name], reverse=True)
        if body.get("status") == "pending":
            body["status"] = "ready"
        return shown

    def organizations(self, method: str, parts: list[str], body: Any, own: JSON) -> tuple[int, Any] | None:
        """The organisation's own settings: one model on a read, another one in the answer to a write."""
        match method, parts:
            case "GET", ["orgs", ""]:
                return 200, [own | self.organization | {"baa_status": "none", "phi_processing": "no_phi", "role": None}]
            case "PATCH", ["orgs", id_, ""] if id_ == str(own["id"]):
                if unknown := sorted(set(body) - {"name", *self.organization}):
                    raise Denial(400, {key: ["Unknown field."] for key in unknown})
                own |= {"name": body["name"]} if "name" in body else {}
                self.organization |= {key: value for key, value in body.items() if key != "name"}
                return 200, own | {"bolt_pipeline": "v2", "experimental_products_enabled": False}
            case "GET", ["orgs", _, ""]:
                return 200, own | self.organization | {"baa_status": "none", "phi_processing": "no_phi", "role": None}
        return None


def _tidy(value: Any) -> Any:
    return value.strip() if isinstance(value, str) else value


def _matches(pattern: str, path: str) -> bool:
    wanted, given = pattern.split("/"), path.split("/")
    return len(wanted) == len(given) and all(one in ("*", other) for one, other in zip(wanted, given, strict=True))
