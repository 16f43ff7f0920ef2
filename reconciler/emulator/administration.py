"""Test controls: changes of the emulated account behind the API's back.

None of it is the vendor's. It lives under ``/emulator``, wants no key, and is neither recorded in the
journal nor struck by faults:

- ``GET /emulator/state``, ``POST /emulator/state`` look at and change the account (see ``change``);
- ``GET /emulator/objects/{resource}`` lists a plain resource with what the API does not tell;
- ``GET``, ``POST``, ``DELETE /emulator/faults`` list, arrange and clear faults (the fields of ``Fault``);
- ``GET``, ``DELETE /emulator/requests`` read and empty the journal of what clients sent;
- ``POST /emulator/clock {"advance_seconds": 60}`` moves the platform's time forward;
- ``POST /emulator/reset`` starts again, from the scenario whose fields are in the body.
"""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from reconciler.emulator import agents, billing, calls, compliance, faults, organization, phone_numbers, rest, tables
from reconciler.emulator.agent_settings import understand
from reconciler.emulator.catalogue import RESOURCES
from reconciler.emulator.database import document, has_document, keep_document
from reconciler.emulator.exchange import Reply, Scene, answer, encode, invalid, raw_answer, refused
from reconciler.emulator.faults import Fault
from reconciler.emulator.seed import OPTIONS, Scenario, seed
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    import sqlite3
    from datetime import datetime

    from reconciler.emulator.exchange import Exchange, Request

KEPT_REQUESTS = 50_000
ACCOUNT = (*billing.SETTINGS, *billing.BUDGET, "balance_cents", "has_payment_method", "card_declines")
LISTS = ("numbers", "agents")
CATALOGUE = {resource.name: resource for resource in RESOURCES}


def change(database: sqlite3.Connection, now: datetime, changes: dict[str, Any]) -> None:
    """Change the account behind the API's back; ValueError for a key that means nothing.

    ``balance_cents``, ``has_payment_method``, ``card_declines``, ``auto_reload_*``, ``test_call_budget_*``,
    ``tcpa``, any option of the scenario (``role``, ``trims_text``, …), ``organization`` with the fields of its
    PATCH; ``numbers``, each added or changed by its ``number``, removed with ``"delete": true``; ``agents``,
    each a body to create, or ``{"id": …}`` with ``live`` settings to change at once, ``draft`` settings to
    leave undeployed, or ``"delete": true``; any plain resource by its name (``webhook_endpoints``, …), each a
    body to create or ``{"id": …}`` and what to set (``rest.control``).
    """
    unknown = set(changes) - {*ACCOUNT, *OPTIONS, *LISTS, *CATALOGUE, "tcpa", "organization"}
    if unknown:
        raise ValueError(f"the account has no {', '.join(sorted(unknown))}")
    options = document(database, "options") | {key: changes[key] for key in OPTIONS if key in changes}
    keep_document(database, "options", options)
    account = {key: changes[key] for key in ACCOUNT if key in changes}
    keep_document(database, billing.KEY, document(database, billing.KEY) | account)
    if "organization" in changes:
        organization.write(Scene(database, now), changes["organization"])
    if "tcpa" in changes:
        compliance.set_status(database, now, changes["tcpa"], options["organization_id"])
    for number in changes.get("numbers", ()):
        _change_number(database, number)
    for agent in changes.get("agents", ()):
        _change_agent(database, now, agent)
    for name, resource in CATALOGUE.items():
        for entry in changes.get(name, ()):
            rest.control(resource, Scene(database, now), entry)


def state(database: sqlite3.Connection, now: datetime) -> dict[str, Any]:
    """The account at a glance, with what the API does not tell."""
    numbers = database.execute("SELECT body, carrier FROM phone_numbers ORDER BY id")
    confirmed = has_document(database, compliance.KEY)
    return {
        "now": stamp(now),
        **document(database, "options"),
        **document(database, billing.KEY),
        "tcpa": document(database, compliance.KEY)["status"] if confirmed else compliance.MISSING,
        "numbers": [{**json.loads(body), **json.loads(carrier)} for body, carrier in numbers],
        "agents": _count(database, "agents"),
        "calls": _count(database, "calls"),
        "objects": {name: tables.count(database, name) for name in CATALOGUE},
        "faults": [asdict(fault) for fault in faults.pending(database)],
    }


def objects(database: sqlite3.Connection, now: datetime, name: str) -> list[dict[str, Any]]:
    """Every object of a plain resource as the platform keeps it, secrets included; KeyError for none such."""
    return tables.every(Scene(database, now), CATALOGUE[name].name)


def record(database: sqlite3.Connection, now: datetime, request: Request, reply: Reply) -> None:
    """Write a request into the journal; no header is kept, so no key is."""
    entry = {
        "at": stamp(now),
        "method": request.method,
        "path": request.path,
        "query": dict(request.query),
        "body": _readable(request.body),
        "status": reply.status,
        "dropped": reply.drop.value if reply.drop else None,
    }
    number = (
        database.execute(
            "INSERT INTO journal (body) VALUES (?)", (encode(entry).encode(errors="replace").decode(),)
        ).lastrowid
        or 0
    )
    database.execute("DELETE FROM journal WHERE id <= ?", (number - KEPT_REQUESTS,))


def journal(database: sqlite3.Connection) -> list[dict[str, Any]]:
    """What clients sent, oldest first; ``status`` 0 where the connection was dropped."""
    return [json.loads(row[0]) for row in database.execute("SELECT body FROM journal ORDER BY id")]


def forget_requests(database: sqlite3.Connection) -> None:
    """Empty the journal."""
    database.execute("DELETE FROM journal")


def advance(database: sqlite3.Connection, seconds: float) -> None:
    """Move the platform's time forward from the clock it was given."""
    options = document(database, "options")
    keep_document(database, "options", options | {"clock_offset": options["clock_offset"] + seconds})


def show_state(exchange: Exchange) -> Reply:
    """``GET /emulator/state``."""
    return answer(state(exchange.database, exchange.now))


def change_state(exchange: Exchange) -> Reply:
    """``POST /emulator/state``."""
    try:
        change(exchange.database, exchange.now, exchange.body)
    except (KeyError, ValueError) as error:
        raise invalid("state", str(error)) from error
    return show_state(exchange)


def list_objects(exchange: Exchange) -> Reply:
    """``GET /emulator/objects/{resource}``."""
    name = exchange.arguments[0]
    if name not in CATALOGUE:
        raise refused(404, f"There is no resource `{name}`; there are {', '.join(CATALOGUE)}.")
    return answer(objects(exchange.database, exchange.now, name))


def list_faults(exchange: Exchange) -> Reply:
    """``GET /emulator/faults``."""
    return answer([asdict(fault) for fault in faults.pending(exchange.database)])


def add_fault(exchange: Exchange) -> Reply:
    """``POST /emulator/faults``."""
    try:
        faults.inject(exchange.database, Fault.from_json(exchange.body))
    except (TypeError, ValueError) as error:
        raise invalid("fault", str(error)) from error
    return answer([asdict(fault) for fault in faults.pending(exchange.database)], 201)


def clear_faults(exchange: Exchange) -> Reply:
    """``DELETE /emulator/faults``."""
    faults.clear(exchange.database)
    return Reply(204)


def list_requests(exchange: Exchange) -> Reply:
    """``GET /emulator/requests``."""
    rows = exchange.database.execute("SELECT body FROM journal ORDER BY id")
    return raw_answer("[" + ",".join(row[0] for row in rows) + "]")


def clear_requests(exchange: Exchange) -> Reply:
    """``DELETE /emulator/requests``."""
    forget_requests(exchange.database)
    return Reply(204)


def move_clock(exchange: Exchange) -> Reply:
    """``POST /emulator/clock``."""
    seconds = exchange.body.get("advance_seconds")
    if not isinstance(seconds, int | float) or isinstance(seconds, bool) or seconds < 0:
        raise invalid("advance_seconds", "A number of seconds that is not negative is required.")
    advance(exchange.database, float(seconds))
    return Reply(204)


def reset(exchange: Exchange) -> Reply:
    """``POST /emulator/reset``."""
    try:
        lists = {key: tuple(exchange.body[key]) for key in LISTS if key in exchange.body}
        scenario = Scenario(**{**exchange.body, **lists})
        seed(exchange.database, exchange.now, scenario)
    except (TypeError, KeyError, ValueError) as error:
        raise invalid("scenario", str(error)) from error
    return show_state(exchange)


def catch_up(database: sqlite3.Connection, now: datetime) -> None:
    """Let time have passed: what was due happens in its order, calls that are over are closed and billed."""
    while due := tables.overdue(database, now):
        name, key, at = due
        calls.close_ended(database, moment(at))
        rest.wake(CATALOGUE[name], Scene(database, moment(at)), key)
    calls.close_ended(database, now)


def _change_number(database: sqlite3.Connection, number: dict[str, Any]) -> None:
    if number.get("delete"):
        database.execute("DELETE FROM phone_numbers WHERE number = ?", (number["number"],))
    else:
        phone_numbers.put(database, number)


def _change_agent(database: sqlite3.Connection, now: datetime, agent: dict[str, Any]) -> None:
    if "id" not in agent:
        agents.insert(database, now, understand(agent))
    elif agent.get("delete"):
        agents.remove(database, agent["id"])
    else:
        agents.edit(database, now, agent["id"], live=agent.get("live"), draft=agent.get("draft"))


def _count(database: sqlite3.Connection, table: str) -> int:
    query = {"agents": "SELECT count(*) FROM agents", "calls": "SELECT count(*) FROM calls"}[table]
    return int(database.execute(query).fetchone()[0])


def _readable(body: bytes) -> Any:
    try:
        return json.loads(body) if body else None
    except ValueError:
        return body.decode(errors="replace")
