"""Test runs of saved scenarios (contract-next 2.2), graded by the words in a scenario's title.

``fails`` is graded as not passing, ``breaks`` fails technically, ``hangs`` never ends; the rest passes.
"""

from __future__ import annotations

from datetime import timedelta
from math import prod
from typing import TYPE_CHECKING

from reconciler.emulator import agents, billing, phone_numbers, tables, test_calls
from reconciler.emulator import validators as v
from reconciler.emulator.database import counted, document
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.prompt_hashes import live_hash
from reconciler.emulator.resource import Field, Parent, Resource, asked
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE
from reconciler.emulator.test_scenarios import CONDITIONS, TEST_SCENARIOS, condition
from reconciler.emulator.test_suites import note_verdicts
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

RUN_SECONDS = 3.0
MINUTES = 1
EXECUTION = {
    "channel": Field(v.choice("web", "telephony"), required=True),
    "consent_to_charge": Field(v.consent, required=True),
    "scenario_ids": Field(v.nullable(v.each(v.integer(1)))),
    "phone_number_id": Field(v.nullable(v.integer(1)), refers="phone_numbers"),
    "stagger_seconds": Field(v.integer(0), 5),
    "matrix": Field(v.nullable(v.shaped(**{name: v.each(condition(name)) for name in CONDITIONS}))),
}
BROKEN = "The simulated caller lost its connection."
# A word in the title, the status its run ends with, the verdict; the first that is there decides.
SCRIPT = (("hangs", "", ""), ("breaks", "failed", ""), ("fails", "completed", "fail"), ("", "completed", "pass"))


def execute(exchange: Exchange) -> Reply:
    """``POST /v1/agents/{id}/test-runs/execute``: 201, one batch; it costs money and must be consented to."""
    agent_id = exchange.arguments[0]
    agent, _ = agents.load(exchange.database, agent_id)
    _check(exchange)
    scenarios = _chosen(exchange, agent_id)
    dimensions = _matrix(exchange)
    total = len(scenarios) * prod(len(values) for values in dimensions.values())
    cents = total * billing.test_price(agent["product"], MINUTES)
    if not billing.solvent(exchange.database, exchange.now):
        raise refused(402, "Insufficient balance to run tests.")
    if not billing.reserve_tests(exchange.database, cents):
        raise refused(402, "The test call budget does not cover this batch.", code="test_call_budget_exceeded")
    runs = [_run(exchange, number, scenarios[number % len(scenarios)]) for number in range(total)]
    made = TEST_BATCHES.make(
        exchange,
        {},
        agent_id,
        **_opening(exchange, agent_id, dimensions),
        total=total,
        estimated_cost_cents=cents,
        estimated_minutes=float(total * MINUTES),
        runs=runs,
        **{DUE: _next(runs)},
    )
    return answer(TEST_BATCHES.shown(exchange, made), 201)


def _check(exchange: Exchange) -> None:
    exchange.body = wanted = asked(exchange, EXECUTION, exchange.body)
    if wanted["channel"] == "telephony" and wanted["phone_number_id"] is None:
        raise invalid("phone_number_id", "A phone number is required for telephony tests.")


def _chosen(exchange: Exchange, agent_id: int) -> list[Body]:
    known = {body["id"]: body for body in reversed(TEST_SCENARIOS.every(exchange, agent_id))}
    wanted = exchange.body.get("scenario_ids")
    strangers = [key for key in wanted or () if key not in known]
    if strangers:
        raise invalid("scenario_ids", *(f'Invalid pk "{key}" - object does not exist.' for key in strangers))
    chosen = list(known.values()) if wanted is None else [known[key] for key in dict.fromkeys(wanted)]
    if not chosen:
        raise invalid("scenario_ids", "This agent has no test scenarios.")
    return chosen


def _matrix(exchange: Exchange) -> Body:
    return {name: values for name, values in (exchange.body["matrix"] or {}).items() if values}


def _opening(exchange: Exchange, agent_id: int, dimensions: Body) -> Body:
    number_id = exchange.body.get("phone_number_id")
    number = phone_numbers.load(exchange.database, number_id)[0] if number_id is not None else {}
    return {
        "channel": exchange.body["channel"],
        "status": "in_progress",
        "completed": 0,
        "failed": 0,
        "pass_count": 0,
        "fail_count": 0,
        "error_message": "",
        "agent_prompt_hash": live_hash(exchange, agent_id),
        "matrix_dimensions": dimensions,
        "phone_number_id": number_id,
        "phone_number_display": number.get("number"),
        "requested_by_id": 1,
        "started_at": stamp(exchange.now),
        "completed_at": None,
    }


def _run(scene: Scene, number: int, scenario: Body) -> Body:
    seconds = float(document(scene.database, "options").get("test_run_seconds", RUN_SECONDS))
    hangs = _script(scenario["title"])[1] == ""
    ends = None if hangs else stamp(scene.now + timedelta(seconds=seconds * (1 + number / 10)))
    return {
        "id": counted(scene.database, "test_runs"),
        "scenario_id": scenario["id"],
        "title": scenario["title"],
        "status": "in_progress",
        "verdict": "",
        "call_id": None,
        "error_message": "",
        "_ends": ends,
    }


def _script(title: str) -> tuple[str, str, str]:
    return next(row for row in SCRIPT if row[0] in title.casefold())


def _next(runs: list[Body]) -> str | None:
    return min((run["_ends"] for run in runs if run["status"] == "in_progress" and run["_ends"]), default=None)


def _on_due(scene: Scene, body: Body) -> Body:
    runs = [_ended(scene, body, run) if run["_ends"] and _over(scene, run) else run for run in body["runs"]]
    states = [run["status"] for run in runs]
    verdicts = [run["verdict"] for run in runs]
    over = "in_progress" not in states
    counts = {
        "completed": states.count("completed"),
        "failed": states.count("failed"),
        "pass_count": verdicts.count("pass"),
        "fail_count": verdicts.count("fail"),
    }
    ending: Body = {"status": "completed", "completed_at": stamp(scene.now)} if over else {}
    note_verdicts(scene, body["agent_id"])
    return {"runs": runs, DUE: _next(runs), **counts, **ending}


def _over(scene: Scene, run: Body) -> bool:
    return run["status"] == "in_progress" and moment(run["_ends"]) <= scene.now


def _ended(scene: Scene, batch: Body, run: Body) -> Body:
    _, status, verdict = _script(run["title"])
    if status == "failed":
        _note(scene, run["scenario_id"], "error")
        return {**run, "status": status, "error_message": BROKEN}
    started = moment(batch["started_at"])
    call_id = test_calls.make(scene, batch["agent_id"], started, passed=verdict == "pass")
    _note(scene, run["scenario_id"], verdict)
    return {**run, "status": status, "verdict": verdict, "call_id": call_id}


def _note(scene: Scene, key: int, verdict: str) -> None:
    scenario = tables.find(scene, TEST_SCENARIOS.name, key)
    if scenario:
        tables.save(scene, TEST_SCENARIOS.name, str(key), scenario | {"latest_verdict": verdict})


def _view(_scene: Scene, body: Body) -> Body:
    runs = [{name: value for name, value in run.items() if not name.startswith("_")} for run in body.get("runs", ())]
    return body | {"runs": runs}


TEST_BATCHES = Resource(
    name="test_batches",
    noun="ScenarioBatch",
    path="/v1/agents/{int}/test-runs",
    fields={},
    first_id=11001,
    verbs=("list", "show"),
    actions=(Route("POST", "/v1/agents/{int}/test-runs/execute", execute),),
    parent=Parent("agents", "agent_id", "Agent"),
    newest_first=True,
    view=_view,
    on_due=_on_due,
)
