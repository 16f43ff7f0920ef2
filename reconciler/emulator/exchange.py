"""What passes between a caller and the platform: request, reply, refusal, and the scene of a handler."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping
    from datetime import datetime

JSON_TYPE = "application/json"


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request: ``path`` decoded and without the query; header names in any case."""

    method: str
    path: str
    query: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""

    def header(self, name: str) -> str:
        """The value of a header whatever its case, or an empty string."""
        wanted = name.lower()
        return next((value for key, value in self.headers.items() if key.lower() == wanted), "")


class Drop(Enum):
    """A connection that ends without an answer: it never opened, or it broke after the request was sent."""

    CONNECT = "connect"
    READ = "read"


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP answer; ``delay`` is how many seconds it takes to come, ``drop`` that it never does.

    ``delivery`` is the delivery to be made first, whose outcome the answer then tells.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    delay: float = 0.0
    drop: Drop | None = None
    delivery: int | None = None

    def completed_by(self, delivery: int) -> Reply:
        """The same answer, to be completed by a delivery."""
        return replace(self, delivery=delivery)

    def json(self) -> Any:
        """The decoded body, or None when there is none."""
        return json.loads(self.body) if self.body else None


class Refusal(Exception):
    """An answer other than 2xx: whatever the handler wrote is undone (contract 1.5).

    ``lasting`` keeps what was written, for a failure that comes after the effect.
    """

    def __init__(self, status: int, body: Mapping[str, Any], *, lasting: bool = False) -> None:
        super().__init__(f"{status} {dict(body)}")
        self.status = status
        self.body = dict(body)
        self.lasting = lasting


def refused(status: int, detail: str, **extra: Any) -> Refusal:
    """The vendor's single-message error, ``{"detail": …}`` and what goes with it (contract 1.5)."""
    return Refusal(status, {"detail": detail, **extra})


def invalid(field_name: str, *complaints: str) -> Refusal:
    """The vendor's 400 field error, ``{"<field>": ["<text>", …]}`` (contract 1.5)."""
    return Refusal(400, {field_name: list(complaints)})


def encode(body: Any) -> str:
    """Compact JSON in the vendor's character set."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"))


def answer(body: Any, status: int = 200, *, delay: float = 0.0) -> Reply:
    """A JSON reply."""
    return raw_answer(encode(body), status, delay=delay)


def raw_answer(text: str, status: int = 200, *, delay: float = 0.0) -> Reply:
    """A reply whose JSON is already text: a list of thousands is joined, never decoded."""
    return Reply(status, {"Content-Type": JSON_TYPE}, text.encode(), delay)


@dataclass(frozen=True, slots=True)
class Upload:
    """One file of a multipart request."""

    filename: str
    content_type: str
    data: bytes


@dataclass(slots=True)
class Scene:
    """The account at one moment, inside a transaction: all that a rule of the platform may look at."""

    database: sqlite3.Connection
    now: datetime


@dataclass(slots=True)
class Exchange(Scene):
    """What a handler sees of one request.

    ``arguments`` are the ids in the path (numbers as numbers), ``body`` the fields sent: of a JSON object
    or of a form, empty when there was no body.
    """

    request: Request
    arguments: tuple[Any, ...] = ()
    body: dict[str, Any] = field(default_factory=dict)
