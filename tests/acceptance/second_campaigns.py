"""Campaigns of the second platform, written from the contract alone: nothing is compared, nothing is taken back."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from typing import Any

from acceptance.plain import Refusal

JSON = dict[str, Any]

_FIELDS = {"name", "agent", "from_number", "daily_window_start", "daily_window_end", "timezone", "start_at", "end_at",
           "max_attempts", "max_concurrent_calls", "retry_backoff_minutes", "retry_on"}  # fmt: skip
_NEEDED = ("name", "agent", "from_number", "daily_window_start", "daily_window_end")
_DEFAULTS: JSON = {
    "timezone": "UTC",
    "start_at": None,
    "end_at": None,
    "max_attempts": 3,
    "max_concurrent_calls": 5,
    "retry_backoff_minutes": 60,
    "retry_on": ["no_answer"],
}
_MOST = 5_000  # contacts of one request
_NUMBER = re.compile(r"\+[1-9][0-9]{7,14}")
_NEXT = {
    ("start", "draft"): "running",
    ("start", "paused"): "running",
    ("pause", "running"): "paused",
    ("pause", "scheduled"): "paused",
    ("cancel", "draft"): "cancelled",
    ("cancel", "running"): "cancelled",
    ("cancel", "paused"): "cancelled",
}


class SecondCampaigns:
    """Every campaign with its contacts; ``refuses`` are the numbers that it does not take."""

    def __init__(self) -> None:
        self.objects: dict[str, JSON] = {}
        self.contacts: dict[str, list[JSON]] = {}
        self.actions: list[tuple[str, str]] = []
        self.refuses: set[str] = set()

    @property
    def loaded(self) -> Counter[str]:
        """How often each number is a contact, over all campaigns."""
        return Counter(it["phone_number"] for own in self.contacts.values() for it in own)

    def answer(self, method: str, parts: list[str], body: Any) -> tuple[int, Any] | None:
        """The status and body of a request; None for any other path; raises Refusal."""
        match method, parts:
            case "GET", ["campaigns"]:
                return 200, [self._seen(id_) for id_ in reversed(self.objects)]
            case "POST", ["campaigns"]:
                return 201, self._create(body)
            case "POST", ["campaigns", id_, "contacts"]:
                return 201, self._load(self._known(id_), body)
            case "POST", ["campaigns", id_, "start" | "pause" | "cancel" as verb]:
                return 200, self._act(self._known(id_), verb, body or {})
            case "GET", ["campaigns", id_]:
                return 200, {**self._seen(self._known(id_)), "contacts": self.contacts[id_]}
            case "PATCH", ["campaigns", id_]:
                return 200, self._patch(self._known(id_), body)
            case "DELETE", ["campaigns", id_]:
                del self.objects[self._known(id_)]
                return 204, None
        return None

    def _known(self, id_: str) -> str:
        if id_ not in self.objects:
            raise Refusal(404, {"detail": "Not found."})
        return id_

    def _seen(self, id_: str) -> JSON:
        own = self.contacts[id_]
        counts = Counter(it["status"] for it in own)
        return {
            **self.objects[id_],
            "agent_name": "Recall",
            "total_count": len(own),
            "completed_count": counts["completed"],
            "failed_count": counts["failed"],
            "in_progress_count": counts["calling"],
            "weather": "fine",
        }

    def _create(self, body: JSON) -> JSON:
        if missing := [name for name in _NEEDED if not body.get(name)]:
            raise Refusal(400, {name: ["This field is required."] for name in missing})
        self._fields(body)
        id_ = str(uuid.uuid4())
        times = dict.fromkeys(("created_at", "updated_at"), "2026-12-01T12:00:00Z")
        self.objects[id_] = {**_DEFAULTS, **body, **times, "public_id": id_, "status": "draft"}
        self.contacts[id_] = []
        return self._seen(id_)

    def _fields(self, body: JSON) -> None:
        if unknown := sorted(set(body) - _FIELDS):
            raise Refusal(400, {name: ["Unknown field."] for name in unknown})
        if not isinstance(body.get("agent", 0), int):
            raise Refusal(400, {"agent": ["A valid integer is required."]})

    def _patch(self, id_: str, body: JSON) -> JSON:
        if self.objects[id_]["status"] not in ("draft", "paused"):
            raise Refusal(409, {"detail": "Pause the campaign before you change it."})
        self._fields(body)
        self.objects[id_] |= body
        return self._seen(id_)

    def _load(self, id_: str, body: Any) -> JSON:
        rows = body["contacts"] if isinstance(body, dict) else body
        if len(rows) > _MOST:
            raise Refusal(400, {"contacts": [f"At most {_MOST} contacts per request."]})
        numbers = [str(row.get("phone") or row.get("phone_number") or "") for row in rows]
        wrong = [at for at, it in enumerate(numbers) if not _NUMBER.fullmatch(it) or it in self.refuses]
        for at, number in enumerate(numbers):
            if at not in wrong:
                self.contacts[id_].append({"id": len(self.contacts[id_]) + 1, "phone_number": number,
                                           "status": "pending", "attempts": 0, "call_id": None})  # fmt: skip
        errors = [{"index": at, "error": "Enter a valid phone number."} for at in wrong]
        return {
            "accepted": len(rows) - len(wrong),
            "rejected": len(wrong),
            "errors": errors[:20],
            "errors_truncated": len(errors) > 20,
        }

    def _act(self, id_: str, verb: str, body: JSON) -> JSON:
        if verb == "start" and body.get("consent_to_charge") is not True:
            raise Refusal(400, {"consent_to_charge": ["Must be true."]})
        if verb == "start" and not self.contacts[id_]:
            raise Refusal(400, {"detail": "Add contacts first."})
        then = _NEXT.get((verb, self.objects[id_]["status"]))
        if then is None:
            raise Refusal(409, {"detail": f"It is {self.objects[id_]['status']}."})
        self.actions.append((verb, id_))
        self.objects[id_]["status"] = then
        return self._seen(id_)
