"""The plain resources of the second platform, one row each; as rude as the rest of it."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from typing import Any

from reconciler.kinds import KINDS
from reconciler.kinds.rest import RestKind

JSON = dict[str, Any]
_TIMES = {"created_at": "2026-12-01T12:00:00Z", "updated_at": "2026-12-01T12:00:00Z"}


@dataclass(frozen=True)
class Plain:
    """A collection: what may be written, what must be, what the server adds, and how it answers."""

    fields: dict[str, Any]
    required: tuple[str, ...] = ()
    adds: JSON = field(default_factory=dict)
    numbered: bool = False
    upsert_by: str = ""
    envelope: str = ""


TABLE = {
    "knowledge-bases": Plain({"name": "", "description": ""}, ("name",), {"document_count": 0}),
    "reusable-instructions": Plain({"name": "", "content": ""}, ("name", "content"), {"agent_count": 2}),
    "phone-number-labels": Plain(
        {"phone_number": "", "label": ""}, ("phone_number", "label"), numbered=True, upsert_by="phone_number"
    ),
}


PLAIN_PATHS = {kind.path.removeprefix("/v1/"): name for name, kind in KINDS.items() if isinstance(kind, RestKind)}


class Refusal(Exception):
    """A status that is no success."""

    def __init__(self, status: int, body: Any) -> None:
        super().__init__(status)
        self.status, self.body = status, body


class PlainResources:
    """Every collection of the table; ``objects`` may be turned while it runs."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, JSON]] = {name: {} for name in TABLE}

    def answer(self, method: str, parts: list[str], body: Any) -> tuple[int, Any] | None:
        """The status and body of a request; None for a path that is in no row; raises Refusal."""
        name, *rest = parts
        if name not in TABLE or len(rest) > 1:
            return None
        match method, rest:
            case "GET", []:
                found = list(reversed(self.objects[name].values()))
                return 200, {TABLE[name].envelope: found} if TABLE[name].envelope else found
            case "POST", []:
                return self._create(name, body)
            case _, [id_]:
                return self._one(method, name, id_, body)
        raise Refusal(405, {"detail": "Method not allowed."})

    def _create(self, name: str, body: JSON) -> tuple[int, Any]:
        row, own = TABLE[name], self.objects[name]
        if missing := [key for key in row.required if not body.get(key)]:
            raise Refusal(400, {key: ["This field is required."] for key in missing})
        self._known(name, body)
        twins = [it for it in own.values() if row.upsert_by and it[row.upsert_by] == body[row.upsert_by]]
        if twins:
            twins[0].update(body)
            return 200, twins[0]
        id_ = 4001 + len(own) if row.numbered else str(uuid.uuid4())
        own[str(id_)] = {"id": id_, **row.fields, **body, **row.adds, **_TIMES, "mood": "calm"}
        return 201, own[str(id_)]

    def _one(self, method: str, name: str, id_: str, body: Any) -> tuple[int, Any]:
        own = self.objects[name]
        if id_ not in own or (TABLE[name].upsert_by and method != "DELETE"):
            raise Refusal(404, {"detail": "Not found."})
        if method == "DELETE":
            del own[id_]
            return 204, None
        if method == "PATCH":
            self._known(name, body)
            own[id_] |= body
        return 200, own[id_]

    def _known(self, name: str, body: JSON) -> None:
        if unknown := sorted(set(body) - set(TABLE[name].fields)):
            raise Refusal(400, {key: ["Unknown field."] for key in unknown})
