"""Validation of drafts (contract-next 2.5): recorded turns, replayed against the draft's prompt.

An example is judged by its labels: ``fails``, ``warns`` and ``skips`` say what becomes of it, ``breaks``
ends the whole run with an error, ``hangs`` keeps it from ending; any other passes.
"""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from reconciler.emulator import agents, calls, tables
from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import agent_name
from reconciler.emulator.database import document
from reconciler.emulator.exchange import Reply, answer, invalid, refused
from reconciler.emulator.prompt_hashes import draft_hash, live_hash
from reconciler.emulator.resource import Field, Resource
from reconciler.emulator.routes import Route
from reconciler.emulator.tables import DUE
from reconciler.emulator.timestamps import stamp
from reconciler.emulator.transcripts import spoken

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Scene
    from reconciler.emulator.resource import Body

RUN_SECONDS = 2.0
CENTS_EACH = 0.4
BROKEN = "The replay could not be completed."
VERDICTS = ("fails", "warns", "skips")
WORDS = {"fails": "fail", "warns": "warn", "skips": "skipped"}
KINDS = ("failure", "golden", "manual")
STATUSES = ("pending_review", "active", "archived")


def status(exchange: Exchange) -> Reply:
    """``GET /v1/agents/{id}/validation-status``: the newest run, and whether it was of the draft as it is."""
    agent_id = exchange.arguments[0]
    agents.load(exchange.database, agent_id)
    runs = _runs(exchange, agent_id)
    newest = runs[0] if runs else None
    matches = newest is not None and newest["prompt_hash"] == draft_hash(exchange, agent_id)
    return answer(
        {
            "active_example_count": len(_active(exchange, agent_id)),
            "latest_run": VALIDATION_RUNS.shown(exchange, newest) if newest else None,
            "latest_run_matches_draft": matches,
        }
    )


def start(exchange: Exchange) -> Reply:
    """``POST /v1/agents/{id}/validation-runs``: 201, over in its own time."""
    agent_id = exchange.arguments[0]
    agents.load(exchange.database, agent_id)
    if exchange.body.get("config_source", "draft") != "draft":
        raise invalid("config_source", f'"{exchange.body["config_source"]}" is not a valid choice.')
    examples = _active(exchange, agent_id)
    if not examples:
        raise refused(400, "This agent has no active validation examples.")
    seconds = float(document(exchange.database, "options").get("validation_run_seconds", RUN_SECONDS))
    hangs = any("hangs" in body["labels"] for body in examples)
    made = VALIDATION_RUNS.make(
        exchange,
        {},
        **_opening(exchange, agent_id, examples),
        **{DUE: None if hangs else stamp(exchange.now + timedelta(seconds=seconds))},
    )
    return answer(VALIDATION_RUNS.shown(exchange, made), 201)


def runs_of_agent(exchange: Exchange) -> Reply:
    """``GET /v1/agents/{id}/validation-runs``: newest first."""
    agents.load(exchange.database, exchange.arguments[0])
    found = _runs(exchange, exchange.arguments[0])
    return answer({"runs": [VALIDATION_RUNS.shown(exchange, body) for body in found]})


def examples_of_agent(exchange: Exchange) -> Reply:
    """``GET /v1/agents/{id}/validation-examples``."""
    agents.load(exchange.database, exchange.arguments[0])
    found = _examples(exchange, exchange.arguments[0])
    return answer({"examples": [VALIDATION_EXAMPLES.shown(exchange, body) for body in found]})


def record(exchange: Exchange) -> Reply:
    """``POST /v1/calls/{id}/validation-examples``: 201, the only way to make one."""
    call = calls.load(exchange)
    if call["agent_id"] is None or not agents.exists(exchange.database, call["agent_id"]):
        raise refused(400, "This call was not handled by a saved agent.")
    values = VALIDATION_EXAMPLES.understand(exchange, {"kind": "", **exchange.body}, new=False)
    turn = exchange.body.get("turn_index")
    turns = spoken(call)
    if not isinstance(turn, int) or not 0 <= turn < len(turns):
        raise invalid("turn_index", "There is no such turn in this call.")
    made = VALIDATION_EXAMPLES.make(
        exchange,
        values,
        agent_id=call["agent_id"],
        source_call_id=call["call_id"],
        source_issue_id=exchange.body.get("source_issue_id"),
        target_turn_index=turn,
        original_response={"content": turns[turn]["content"]},
        prompt_hash=live_hash(exchange, call["agent_id"]),
    )
    return answer(VALIDATION_EXAMPLES.shown(exchange, made), 201)


def replay(exchange: Exchange) -> Reply:
    """``POST /v1/validation-examples/{id}/replay``: what the draft would say."""
    body = VALIDATION_EXAMPLES.load(exchange, exchange.arguments[0])
    mark = draft_hash(exchange, body["agent_id"])
    return answer(
        {
            "cached": False,
            "replayed_output": {"content": "An emulated answer."},
            "replay_metadata": {},
            "raw_prompt_hash": mark,
            "replay_cache_key": f"{body['id']}-{mark[:12]}",
        }
    )


def audio(exchange: Exchange) -> Reply:
    """``GET /v1/validation-examples/{id}/audio/{index}``: a moment of silence, 404 for no such span."""
    body = VALIDATION_EXAMPLES.load(exchange, exchange.arguments[0])
    if exchange.arguments[1] not in body["audio_span_indices"]:
        raise refused(404, "No such audio span.")
    return Reply(200, {"Content-Type": "audio/wav"}, b"RIFF$\x00\x00\x00WAVE")


def sets(exchange: Exchange) -> Reply:
    """``GET /v1/validation-sets``: the agents that have examples."""
    keys = dict.fromkeys(body["agent_id"] for body in VALIDATION_EXAMPLES.every(exchange))
    return answer(
        {
            "agents": [
                {"agent_id": key, "name": agent_name(exchange, key), "example_count": len(_examples(exchange, key))}
                for key in keys
            ]
        }
    )


def _examples(scene: Scene, agent_id: int) -> list[Body]:
    return [body for body in VALIDATION_EXAMPLES.every(scene) if body["agent_id"] == agent_id]


def _active(scene: Scene, agent_id: int) -> list[Body]:
    return [body for body in _examples(scene, agent_id) if body["status"] == "active"]


def _runs(scene: Scene, agent_id: int) -> list[Body]:
    return [body for body in VALIDATION_RUNS.every(scene) if body["agent_id"] == agent_id]


def _opening(scene: Scene, agent_id: int, examples: list[Body]) -> Body:
    return {
        "agent_id": agent_id,
        "status": "running",
        "config_source": "draft",
        "total_count": len(examples),
        "pass_count": 0,
        "fail_count": 0,
        "warn_count": 0,
        "skipped_count": 0,
        "pass_rate": None,
        "regressions": [],
        "results": [],
        "prompt_hash": draft_hash(scene, agent_id),
        "estimated_cost_cents": round(CENTS_EACH * len(examples), 2),
        "error_message": "",
        "triggered_by_name": None,
        "started_at": stamp(scene.now),
        "completed_at": None,
    }


def _on_due(scene: Scene, run: Body) -> Body:
    """The run, judged; what passed the last time and fails now is a regression."""
    examples = _active(scene, run["agent_id"])
    ended = {"completed_at": stamp(scene.now)}
    if any("breaks" in body["labels"] for body in examples):
        return {**ended, "status": "failed", "error_message": BROKEN}
    results = [{"example_id": body["id"], "labels": body["labels"], "verdict": _verdict(body)} for body in examples]
    regressions = [
        {"example_id": body["id"], "labels": body["labels"], "expectation": body["expectation"]}
        for body in examples
        if _verdict(body) == "fail" and body["last_verdict"] in {"pass", None}
    ]
    for body in examples:
        judged = body | {"last_run_id": run["id"], "last_verdict": _verdict(body)}
        tables.save(scene, VALIDATION_EXAMPLES.name, str(body["id"]), judged)
    verdicts = [result["verdict"] for result in results]
    counts = {f"{word}_count": verdicts.count(word) for word in ("pass", "fail", "warn", "skipped")}
    rate = counts["pass_count"] / len(verdicts) if verdicts else None
    return {**ended, **counts, "status": "completed", "pass_rate": rate, "results": results, "regressions": regressions}


def _verdict(body: Body) -> str:
    return next((WORDS[word] for word in VERDICTS if word in body["labels"]), "pass")


def _compute(_scene: Scene, _body: Body, before: Body | None) -> Body:
    if before:
        return {}
    return {
        "agent_id": None,
        "expectation_proposal_error": None,
        "original_response": {"content": "An emulated answer."},
        "target_turn_index": 0,
        "audio_span_indices": [0],
        "prompt_hash": "",
        "source_call_id": None,
        "source_issue_id": None,
        "last_run_id": None,
        "last_verdict": None,
    }


def _view(scene: Scene, body: Body) -> Body:
    stale = bool(body["prompt_hash"]) and body["prompt_hash"] != live_hash(scene, body["agent_id"])
    return body | {"is_stale_prompt": stale}


def _detail(_scene: Scene, _body: Body) -> Body:
    return {"context": [{"role": "user", "content": "Yes, that works for me."}]}


VALIDATION_EXAMPLES = Resource(
    name="validation_examples",
    noun="ValidationExample",
    path="/v1/validation-examples",
    fields={
        "kind": Field(v.choice(*KINDS), "manual"),
        "status": Field(v.choice(*STATUSES), "pending_review"),
        "labels": Field(v.each(v.text(minimum=1)), []),
        "expectation": Field(v.text(), ""),
        "accepted_responses": Field(v.each(v.anything), []),
    },
    first_id=12001,
    verbs=("list", "show", "patch", "delete"),
    actions=(
        Route("GET", "/v1/agents/{int}/validation-status", status),
        Route("GET", "/v1/agents/{int}/validation-examples", examples_of_agent),
        Route("POST", "/v1/calls/{int}/validation-examples", record),
        Route("POST", "/v1/validation-examples/{int}/replay", replay),
        Route("GET", "/v1/validation-examples/{int}/audio/{int}", audio),
        Route("GET", "/v1/validation-sets", sets),
    ),
    envelope="examples",
    compute=_compute,
    view=_view,
    detail=_detail,
)
VALIDATION_RUNS = Resource(
    name="validation_runs",
    noun="ValidationRun",
    path="/v1/validation-runs",
    fields={},
    first_id=13001,
    verbs=("show",),
    actions=(
        Route("GET", "/v1/agents/{int}/validation-runs", runs_of_agent),
        Route("POST", "/v1/agents/{int}/validation-runs", start),
    ),
    newest_first=True,
    on_due=_on_due,
)
