"""Simulations (contract-next 2.4), one or several at once, and their older twins over the same rows.

A prompt with ``breaks`` in it fails technically, one with ``hangs`` never ends. Nobody says whether one
passed: that is in the grade of its call.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from reconciler.emulator import agents, billing, phone_numbers, rest, tables, test_calls
from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.database import document
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.resource import Field, Resource, asked
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE
from reconciler.emulator.test_batches import BROKEN, MINUTES, RUN_SECONDS
from reconciler.emulator.timestamps import moment, stamp

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

MOST_RUNS = 50
ONE, MANY = "/v1/simulations", "/v1/simulations/batches"
AIM = {
    "target_type": Field(v.choice("agent", "phone_number"), required=True),
    "target_id": Field(v.integer(1), required=True),
    "target_number": Field(v.text(), ""),
    "direction": Field(v.choice("inbound", "outbound"), "outbound"),
}
CONSENT = {"consent_to_charge": Field(v.consent, required=True)}
RUN = {**AIM, **CONSENT, "scenario_prompt": Field(v.text(), "")}
BATCH = {
    **AIM,
    **CONSENT,
    "name": Field(v.text(), ""),
    "run_count": Field(v.integer(1), 3),
    "scenario_prompts": Field(v.each(v.text(minimum=1)), []),
    "stagger_seconds": Field(v.integer(0), 5),
}
OLD_ONE, OLD_MANY = "/v1/test-calls", "/v1/test-call-batches"


def start(exchange: Exchange) -> Reply:
    """``POST /v1/simulations``: 200 with one run."""
    wanted = asked(exchange, RUN, exchange.body)
    agent = _target(exchange, wanted)
    _pay(exchange, agent, 1)
    body = _run(exchange, agent, wanted, wanted["scenario_prompt"] or "Call.", position=0)
    return answer(SIMULATIONS.shown(exchange, body))


def start_batch(exchange: Exchange) -> Reply:
    """``POST /v1/simulations/batches``: 201; prompts repeat until there are enough runs."""
    wanted = asked(exchange, BATCH, exchange.body)
    agent = _target(exchange, wanted)
    count, prompts = wanted["run_count"], wanted["scenario_prompts"] or ["Call."]
    if count > MOST_RUNS:
        raise invalid("run_count", f"Ensure this value is less than or equal to {MOST_RUNS}.")
    cents = _pay(exchange, agent, count)
    batch = SIMULATION_BATCHES.make(
        exchange,
        {},
        **{name: wanted[name] for name in BATCH if name != "consent_to_charge"},
        matrix_dimensions={},
        estimated_cost_cents=cents,
        estimated_minutes=count * MINUTES,
        error_message="",
        requested_by_id=1,
        started_at=stamp(exchange.now),
    )
    for position in range(count):
        _run(exchange, agent, wanted, prompts[position % len(prompts)], position=position, batch=batch["id"])
    return answer(SIMULATION_BATCHES.shown(exchange, batch), 201)


def _target(exchange: Exchange, wanted: Body) -> Body:
    agent_id = wanted["target_id"]
    if wanted["target_type"] == "phone_number":
        agent_id = phone_numbers.load(exchange.database, agent_id)[0]["inbound_agent_id"]
    if agent_id is None:
        raise invalid("target_id", "No agent answers this number.")
    return agents.load(exchange.database, agent_id)[0]


def _pay(exchange: Exchange, agent: Body, count: int) -> int:
    cents = count * billing.test_price(agent["product"], MINUTES)
    if not billing.solvent(exchange.database, exchange.now) or not billing.reserve_tests(exchange.database, cents):
        raise refused(402, "The balance or the test call budget does not cover this.")
    return cents


def _run(  # noqa: PLR0913 - who is called by whom, with what, as which of which
    exchange: Exchange, agent: Body, wanted: Body, prompt: str, *, position: int, batch: int | None = None
) -> Body:
    seconds = float(document(exchange.database, "options").get("test_run_seconds", RUN_SECONDS))
    ends = exchange.now + timedelta(seconds=seconds * (1 + position / 10))
    return SIMULATIONS.make(
        exchange,
        {},
        **{name: wanted[name] for name in AIM},
        status="in_progress",
        mode="bot",
        target_name=agent["name"],
        scenario_prompt=prompt,
        call_id=None,
        grade=None,
        transcript=[],
        duration_seconds=None,
        recording_url=None,
        charge_multiplier=billing.TEST_MULTIPLIER,
        estimated_cost_cents=billing.test_price(agent["product"], MINUTES),
        error_message="",
        metadata={},
        requested_by_id=1,
        started_at=stamp(exchange.now),
        completed_at=None,
        _agent=agent["id"],
        _batch=batch,
        **{DUE: None if "hangs" in prompt.casefold() else stamp(ends)},
    )


def _on_due(scene: Scene, run: Body) -> Body:
    ended: Body = {"completed_at": stamp(scene.now)}
    if "breaks" in run["scenario_prompt"].casefold() or not agents.exists(scene.database, run["_agent"]):
        return {**ended, "status": "failed", "error_message": BROKEN}
    started = moment(run["started_at"])
    call_id = test_calls.make(scene, run["_agent"], started, passed="fails" not in run["scenario_prompt"].casefold())
    seconds = int((scene.now - started).total_seconds())
    return {**ended, "status": "completed", "call_id": call_id, "duration_seconds": seconds}


def _view(scene: Scene, body: Body) -> Body:
    return body | {"agent_name": agent_name(scene, body.get("_agent"))}


def _view_batch(scene: Scene, body: Body) -> Body:
    runs = [run for run in tables.every(scene, SIMULATIONS.name) if run["_batch"] == body["id"]]
    states = [run["status"] for run in runs]
    over = "in_progress" not in states
    seen: dict[str, Any] = {
        "total_runs": len(runs),
        "completed_runs": states.count("completed"),
        "failed_runs": states.count("failed"),
        "status": "completed" if over else "in_progress",
        "completed_at": max((run["completed_at"] for run in runs), default=None) if over else None,
        "run_ids": [run["id"] for run in runs],
    }
    return body | seen


SIMULATIONS = Resource(
    name="simulations",
    noun="SimulationRun",
    path=ONE,
    fields={},
    first_id=14001,
    verbs=("list",),
    actions=(Route("POST", ONE, start), Route("POST", OLD_ONE, start)),
    newest_first=True,
    view=_view,
    on_due=_on_due,
)
SIMULATION_BATCHES = Resource(
    name="simulation_batches",
    noun="SimulationBatch",
    path=MANY,
    fields={},
    first_id=15001,
    verbs=("list", "show"),
    actions=(Route("POST", MANY, start_batch), Route("POST", OLD_MANY, start_batch)),
    newest_first=True,
    view=_view_batch,
)
# The twins read the same rows under the older paths.
TWINS = (
    Route("GET", OLD_ONE, partial(rest.index, SIMULATIONS)),
    Route("GET", OLD_MANY, partial(rest.index, SIMULATION_BATCHES)),
    Route("GET", f"{OLD_MANY}/{{int}}", partial(rest.show, SIMULATION_BATCHES)),
)
