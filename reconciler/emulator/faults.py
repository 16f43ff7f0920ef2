"""Faults on request: the failures that a client must survive, made reproducible."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from reconciler.emulator.exchange import JSON_TYPE, Drop, Reply, encode

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Mapping

    from reconciler.emulator.exchange import Request

HTML_TYPE = "text/html"
GATEWAY_PAGE = "<html><head><title>502 Bad Gateway</title></head><body>upstream</body></html>"
WORDS = {"drop": ("", "connect", "read"), "malform": ("", "json", "envelope", "html", "signature")}
# The method of events that are being sent; no fault of another method, not even "*", strikes them.
EVENT = "EVENT"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the requests that match ``method`` and ``path`` (both ``fnmatch`` patterns).

    ``skip`` of them pass first, then ``times`` are hit (None: permanently). Of the rest, what is set applies:

    - ``status`` answers that instead, with ``detail`` and, if set, a ``Retry-After`` header; ``took_effect``
      says whether the request is attached out all the same.
    - ``drop`` ends the connection without an answer: ``connect`` before anything was sent, ``read`` after
      the request was, with ``took_effect`` as above. (On a socket both look like the second.)
    - ``delay`` keeps the answer back for so many seconds.
    - ``ignore`` names fields of the request that are silently not stored; ``omit`` names fields left out
      of the answer (or of each item of a list).
    - ``copies`` and ``skew`` are for events on their way to webhook endpoints (see ``webhook_sender``).
    - ``malform`` sends the answer as broken ``json``, a list as an ``envelope``, or a gateway's ``html``.
    """

    method: str = "*"
    path: str = "*"
    times: int | None = 1
    skip: int = 0
    status: int | None = None
    detail: str = "Injected fault."
    retry_after: str | None = None
    drop: str = ""
    took_effect: bool = False
    delay: float = 0.0
    ignore: tuple[str, ...] = ()
    omit: tuple[str, ...] = ()
    malform: str = ""
    copies: int = 0
    skew: float = 0.0

    @classmethod
    def from_json(cls, body: Mapping[str, Any]) -> Fault:
        """Read a fault as the administrative surface writes it; ValueError for what it does not know."""
        unknown = set(body) - {item.name for item in fields(cls)}
        if unknown:
            raise ValueError(f"a fault has no {', '.join(sorted(unknown))}")
        for name, allowed in WORDS.items():
            if body.get(name, "") not in allowed:
                raise ValueError(f"`{name}` is none of {', '.join(allowed[1:])}")
        lists = {name: tuple(body[name]) for name in ("ignore", "omit") if name in body}
        return cls(**{**body, **lists})

    @property
    def prevents(self) -> bool:
        """Whether the request must not be attached out."""
        if self.drop == Drop.CONNECT.value:
            return True
        return (self.status is not None or bool(self.drop)) and not self.took_effect

    def matches(self, request: Request) -> bool:
        """Whether it is about this request, or this event."""
        if (self.method.upper() == EVENT) != (request.method == EVENT):
            return False
        return fnmatchcase(request.method, self.method.upper()) and fnmatchcase(request.path, self.path)


def inject(database: sqlite3.Connection, fault: Fault) -> None:
    """Arrange a fault; faults are tried in the order they were arranged, one per request."""
    database.execute("INSERT INTO faults (body) VALUES (?)", (encode(asdict(fault)),))


def pending(database: sqlite3.Connection) -> list[Fault]:
    """The faults that have not run out."""
    rows = database.execute("SELECT body FROM faults ORDER BY id")
    return [Fault.from_json(json.loads(row[0])) for row in rows]


def clear(database: sqlite3.Connection) -> None:
    """Behave again."""
    database.execute("DELETE FROM faults")


def strike(database: sqlite3.Connection, request: Request) -> Fault | None:
    """The fault that hits this request, counted off."""
    for number, text in database.execute("SELECT id, body FROM faults ORDER BY id").fetchall():
        fault = Fault.from_json(json.loads(text))
        if not fault.matches(request):
            continue
        if fault.skip:
            _keep(database, number, replace(fault, skip=fault.skip - 1))
            continue
        if fault.times is not None:
            _keep(database, number, replace(fault, times=fault.times - 1))
        return fault
    return None


def distort(reply: Reply, fault: Fault) -> Reply:
    """The answer as the fault lets it out."""
    late = reply.delay + fault.delay
    if fault.drop:
        return Reply(0, delay=late, drop=Drop(fault.drop))
    if fault.status is not None:
        headers = {"Content-Type": JSON_TYPE}
        if fault.retry_after is not None:
            headers["Retry-After"] = fault.retry_after
        return Reply(fault.status, headers, encode({"detail": fault.detail}).encode(), late)
    return _malformed(_without(reply, fault.omit), fault.malform, late)


def _keep(database: sqlite3.Connection, number: int, fault: Fault) -> None:
    if fault.times == 0:
        database.execute("DELETE FROM faults WHERE id = ?", (number,))
    else:
        database.execute("UPDATE faults SET body = ? WHERE id = ?", (encode(asdict(fault)), number))


def _without(reply: Reply, omitted: tuple[str, ...]) -> Reply:
    if not omitted or not reply.body:
        return reply
    body = reply.json()
    for item in body if isinstance(body, list) else [body]:
        for name in omitted:
            item.pop(name, None)
    return replace(reply, body=encode(body).encode())


def _malformed(reply: Reply, malform: str, delay: float) -> Reply:
    match malform:
        case "json":
            return replace(reply, body=reply.body[: len(reply.body) // 2] or b"{", delay=delay)
        case "html":
            headers = {**reply.headers, "Content-Type": HTML_TYPE}
            return replace(reply, headers=headers, body=GATEWAY_PAGE.encode(), delay=delay)
        case "envelope":
            items = reply.json()
            if not isinstance(items, list):
                return replace(reply, delay=delay)
            wrapped = {"results": items, "count": len(items), "next": None, "previous": None}
            return replace(reply, body=encode(wrapped).encode(), delay=delay)
        case _:
            return replace(reply, delay=delay)
