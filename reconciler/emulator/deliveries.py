"""Events on their way to webhooks (contract-next 1.2, 1.4): queued, tried, tried again, given up.

An event becomes one delivery per endpoint that wants it, all with its id; ``webhook_sender`` sends them.
A delivery is claimed for a minute by whoever tries it, so a process killed meanwhile loses nothing.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from reconciler.emulator import legacy_webhook
from reconciler.emulator.database import document, has_document
from reconciler.emulator.exchange import answer, invalid
from reconciler.emulator.tables import every, find, fresh_uuid, save
from reconciler.emulator.timestamps import moment, stamp
from reconciler.emulator.webhook_endpoints import FAILING, WEBHOOK_ENDPOINTS

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene

Body = dict[str, Any]

DELIVERED, RETRYING, FAILED = "delivered", "retrying", "failed"
FIRST_RETRY = timedelta(minutes=1)
LONGEST_RETRY = timedelta(hours=4)
GIVE_UP = timedelta(hours=24)
CLAIM = timedelta(minutes=1)
DEFAULT_LIMIT = 50
MAXIMUM_LIMIT = 200
TEST_TRIES = 2
TEST_EVENT = "webhook.test"
# The names that the webhook of old knows (contract 2.15.2); it hears of nothing else.
OLD_NAMES = {"telephony.incoming": "call.incoming", "telephony.complete": "call.complete"}
COLUMNS = (
    "endpoint_id, source, event_type, call_id, agent_id, url, payload, tries, status, attempts, http_status,"
    " failure_category, created, last_attempt, due"
)
FILTERS = {
    "agent_id": "agent_id = ?",
    "endpoint_id": "endpoint_id = ?",
    "event_type": "event_type = ?",
    "status": "status = ?",
    "since": "created >= ?",
}


@dataclass(frozen=True, slots=True)
class Delivery:
    """One attempt that is to be made now."""

    number: int
    event_type: str
    url: str
    secret: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Attempt:
    """The result of an attempt; ``category`` is empty when it was taken."""

    http_status: int | None
    category: str = ""
    error: str = ""


def emit(scene: Scene, event_type: str, data: Body, *, agent_id: int | None, at: datetime) -> None:
    """Tell every endpoint that wants such an event, and the webhook of old under its old name."""
    wanting = [each for each in every(scene, WEBHOOK_ENDPOINTS.name) if _wants(each, event_type, agent_id)]
    old_too = event_type in OLD_NAMES and has_document(scene.database, legacy_webhook.KEY)
    if not wanting and not old_too:
        return
    event_id = fresh_uuid(scene, "events")
    for endpoint in wanting:
        _queue(scene, endpoint, event_type, event_id, data, agent_id, at)
    if old_too:
        old = {"id": "", "url": document(scene.database, legacy_webhook.KEY)["url"]}
        _queue(scene, old, OLD_NAMES[event_type], event_id, data, agent_id, at)


def waiting(scene: Scene) -> bool:
    """Whether anything is to be sent by now."""
    query = "SELECT 1 FROM deliveries WHERE due <= ? LIMIT 1"
    return scene.database.execute(query, (stamp(scene.now),)).fetchone() is not None


def claim(scene: Scene, number: int | None = None) -> Delivery | None:
    """The delivery that has waited longest, or the one of that number, claimed; None when nothing waits."""
    condition, value = ("due <= ?", stamp(scene.now)) if number is None else ("id = ?", number)
    row = scene.database.execute(
        f"SELECT id, endpoint_id, event_type, url, payload FROM deliveries WHERE {condition} ORDER BY due, id LIMIT 1",  # noqa: S608 - own words
        (value,),
    ).fetchone()
    if row is None:
        return None
    found, endpoint_id, event_type, url, payload = row
    postpone(scene, found, CLAIM)
    endpoint = find(scene, WEBHOOK_ENDPOINTS.name, endpoint_id) if endpoint_id else None
    secret = endpoint["_secret"] if endpoint else _old_secret(scene)
    return Delivery(found, event_type, url, secret, payload.encode())


def postpone(scene: Scene, number: int, by: timedelta) -> None:
    """Let a delivery wait; nothing counts as tried."""
    scene.database.execute("UPDATE deliveries SET due = ? WHERE id = ?", (stamp(scene.now + by), number))


def repeat(scene: Scene, number: int) -> None:
    """Send the same event once more besides."""
    scene.database.execute(
        f"INSERT INTO deliveries ({COLUMNS}) SELECT {COLUMNS} FROM deliveries WHERE id = ?",  # noqa: S608 - own words
        (number,),
    )
    copy = scene.database.execute("SELECT max(id) FROM deliveries").fetchone()[0]
    scene.database.execute("UPDATE deliveries SET due = ? WHERE id = ?", (stamp(scene.now), copy))


def record(scene: Scene, number: int, attempt: Attempt) -> None:
    """Write down the result of an attempt, and when the next one is made, if any."""
    row = scene.database.execute(
        "SELECT attempts, tries, created, endpoint_id FROM deliveries WHERE id = ?", (number,)
    ).fetchone()
    if row is None:
        return
    attempts, tries, created, endpoint_id = row[0] + 1, row[1], moment(row[2]), row[3]
    status, due = DELIVERED, None
    if attempt.category:
        again = scene.now + min(FIRST_RETRY * 2 ** (attempts - 1), LONGEST_RETRY)
        gone = again > created + GIVE_UP if tries is None else attempts >= tries
        status, due = (FAILED, None) if gone else (RETRYING, stamp(again))
    scene.database.execute(
        "UPDATE deliveries SET attempts = ?, status = ?, http_status = ?, failure_category = ?, last_attempt = ?,"
        " due = ? WHERE id = ?",
        (attempts, status, attempt.http_status, attempt.category or None, stamp(scene.now), due, number),
    )
    if status == FAILED and tries is None:
        _mark_failing(scene, endpoint_id)


def test(exchange: Exchange) -> Reply:
    """``POST …/webhook-endpoints/{id}/test``: sends one event now; the answer says how that ended."""
    WEBHOOK_ENDPOINTS.authorize(exchange)
    endpoint = WEBHOOK_ENDPOINTS.load(exchange, exchange.arguments[0])
    event_type = exchange.body.get("event_type") or TEST_EVENT
    if event_type != TEST_EVENT:
        WEBHOOK_ENDPOINTS.validate(exchange, {"events": [event_type]}, None)
    data = {"test": True, "endpoint_id": endpoint["id"]}
    event_id = fresh_uuid(exchange, "events")
    number = _queue(exchange, endpoint, event_type, event_id, data, endpoint["agent_id"], exchange.now, TEST_TRIES)
    return answer({"event_id": event_id, "event_type": event_type}).completed_by(number)


def outcome(told: Body, attempt: Attempt) -> Body:
    """The answer to a test, once its event was sent."""
    return {
        **told,
        "success": not attempt.category,
        "status": DELIVERED if not attempt.category else RETRYING,
        "response_code": attempt.http_status,
        "error": attempt.error,
    }


def index(exchange: Exchange) -> Reply:
    """``GET /v1/developer/webhook-deliveries``: newest first, a page at a time."""
    conditions, values = ["created <= ?"], [stamp(exchange.now)]
    query = exchange.request.query
    for name, condition in FILTERS.items():
        if query.get(name):
            conditions.append(condition)
            values.append(_filter(name, query[name]))
    if query.get("cursor", "").isdigit():
        conditions.append("id < ?")
        values.append(query["cursor"])
    limit = min(int(query["limit"]) if query.get("limit", "").isdigit() else DEFAULT_LIMIT, MAXIMUM_LIMIT)
    rows = exchange.database.execute(
        f"SELECT id, {COLUMNS} FROM deliveries WHERE {' AND '.join(conditions)} ORDER BY id DESC LIMIT ?",  # noqa: S608 - own words
        [*values, limit + 1],
    ).fetchall()
    page = rows[:limit]
    return answer(
        {
            "results": [_row(exchange, row) for row in page],
            "has_more": len(rows) > limit,
            "limit": limit,
            "next_cursor": str(page[-1][0]) if len(rows) > limit else None,
        }
    )


def _filter(name: str, text: str) -> str:
    if name != "since":
        return text
    try:
        return stamp(moment(text.replace(" ", "+")))
    except ValueError as error:
        raise invalid("since", "Datetime has wrong format.") from error


def _row(scene: Scene, row: tuple[Any, ...]) -> Body:
    named = dict(zip(COLUMNS.split(", "), row[1:], strict=True))
    endpoint = find(scene, WEBHOOK_ENDPOINTS.name, named["endpoint_id"]) or {}
    return {
        "attempt_count": named["attempts"],
        "call_id": named["call_id"],
        "endpoint_id": named["endpoint_id"],
        "endpoint_label": endpoint.get("label", ""),
        "event_type": named["event_type"],
        "status": named["status"],
        "http_status": named["http_status"],
        "failure_category": named["failure_category"],
        "last_attempt_at": named["last_attempt"],
        "next_retry_at": named["due"] if named["attempts"] else None,
        "source": named["source"],
        "url": named["url"],
        "x_emulated": True,
    }


def _wants(endpoint: Body, event_type: str, agent_id: int | None) -> bool:
    if endpoint["status"] != "active" or (endpoint["events"] and event_type not in endpoint["events"]):
        return False
    return endpoint["agent_id"] is None or endpoint["agent_id"] == agent_id


def _queue(  # noqa: PLR0913 - the columns of a row
    scene: Scene,
    endpoint: Body,
    event_type: str,
    event_id: str,
    data: Body,
    agent_id: int | None,
    at: datetime,
    tries: int | None = None,
) -> int:
    # Sorted and without blanks: what is signed is what the vendor's samples show (contract-next 1.4).
    body = {"type": event_type, "data": data, "event_id": event_id}
    payload = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    source = "endpoint" if endpoint["id"] else "legacy"
    created = stamp(at)
    row = (endpoint["id"], source, event_type, data.get("call_id"), agent_id, endpoint["url"], payload, tries)
    cursor = scene.database.execute(
        f"INSERT INTO deliveries ({COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, 0, NULL, NULL, ?, NULL, ?)",  # noqa: S608 - own words
        (*row, RETRYING, created, created),
    )
    return int(cursor.lastrowid or 0)


def _old_secret(scene: Scene) -> str:
    known = has_document(scene.database, legacy_webhook.KEY)
    return str(document(scene.database, legacy_webhook.KEY)["secret"]) if known else ""


def _mark_failing(scene: Scene, endpoint_id: str) -> None:
    endpoint = find(scene, WEBHOOK_ENDPOINTS.name, endpoint_id)
    if endpoint and endpoint["status"] == "active":
        save(scene, WEBHOOK_ENDPOINTS.name, endpoint_id, endpoint | {"status": FAILING})
