"""Test scenarios (contract-next 2.1): situations to try an agent in, by people or by the platform."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import agents, calls
from reconciler.emulator import validators as v
from reconciler.emulator.exchange import answer, invalid, refused
from reconciler.emulator.prompt_hashes import live_hash
from reconciler.emulator.resource import Field, Parent, Resource
from reconciler.emulator.routes import Route

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

MOST_GENERATED = 20
NOISES = ("none", "cafe", "street", "car", "office")
ACCENTS = ("default", "en-US", "en-GB", "en-IN", "es-MX", "en-AU", "fr-CA")
CONDITIONS: dict[str, tuple[Body, dict[str, v.Check]]] = {
    "audio_conditions": (
        {"noise_asset": "none", "snr_db": None},
        {"noise_asset": v.choice(*NOISES), "snr_db": v.nullable(v.number(0, 5, 10, 20))},
    ),
    "caller_behavior": (
        {"dtmf_sequence": "", "long_silence_seconds": 0, "topic_change": ""},
        {"dtmf_sequence": v.text(), "long_silence_seconds": v.integer(0), "topic_change": v.text()},
    ),
    "speech_style": (
        {"accent": "default", "disfluencies": "none", "pace": "natural"},
        {
            "accent": v.choice(*ACCENTS),
            "disfluencies": v.choice("none", "light"),
            "pace": v.choice("natural", "slow", "fast"),
        },
    ),
    "telephony": ({"voicemail_answer": False}, {"voicemail_answer": v.boolean}),
}
SITUATIONS = (
    ("books the usual way", "You want what most callers want."),
    ("changes their mind", "You want one thing first, and another halfway through."),
    ("is in a hurry", "You have one minute, and say so."),
    ("asks something off topic", "You ask about something this line is not for."),
)


def condition(name: str) -> v.Check:
    """A group of conditions, with the server's defaults where nothing is said."""
    defaults, checks = CONDITIONS[name]
    return lambda value: defaults | v.shaped(**checks)(value)


def generate(exchange: Exchange) -> Reply:
    """``POST …/test-scenarios/generate``: 201 with new ones each time it is asked."""
    agent_id = exchange.arguments[0]
    agent, _ = agents.load(exchange.database, agent_id)
    count = exchange.body.get("count", 6)
    if not isinstance(count, int) or not 1 <= count <= MOST_GENERATED:
        raise invalid("count", f"Ensure this value is between 1 and {MOST_GENERATED}.")
    made = [_generated(exchange, agent_id, agent["name"], number) for number in range(count)]
    return answer({"scenarios": [TEST_SCENARIOS.shown(exchange, body) for body in made]}, 201)


def refresh(exchange: Exchange) -> Reply:
    """``POST …/test-scenarios/refresh``: those that the platform wrote, for the prompt as it is now."""
    agent_id = exchange.arguments[0]
    agents.load(exchange.database, agent_id)
    wanted = exchange.body.get("scenario_ids")
    now = live_hash(exchange, agent_id)
    chosen = [
        body
        for body in TEST_SCENARIOS.every(exchange, agent_id)
        if (wanted is None or body["id"] in wanted)
        and body["source"] == "ai"
        and (body["prompt_hash"] != now or not exchange.body.get("only_stale", False))
    ]
    written = [TEST_SCENARIOS.store(exchange, body | {"prompt_hash": now}, body) for body in chosen]
    return answer({"scenarios": [TEST_SCENARIOS.shown(exchange, body) for body in written]})


def promote(exchange: Exchange) -> Reply:
    """``POST /v1/calls/{id}/promote-to-scenario``: 201 with a new one, 200 with the one there is."""
    call = calls.load(exchange)
    if call["agent_id"] is None or not agents.exists(exchange.database, call["agent_id"]):
        raise refused(400, "This call was not handled by a saved agent.")
    turn = exchange.body.get("failing_turn_index")
    origin = {"source_call_id": call["call_id"], "source_turn_index": turn}
    for body in TEST_SCENARIOS.every(exchange, call["agent_id"]):
        if {name: body[name] for name in origin} == origin:
            return answer(TEST_SCENARIOS.shown(exchange, body))
    values = {
        "title": f"Call {call['call_id']}",
        "scenario_prompt": f"A {call['direction']} call that ended with {call['end_reason'] or 'nothing yet'}.",
        "direction": "outbound" if call["direction"] == "outbound" else "inbound",
    }
    trace = exchange.body.get("issue_trace_id")
    made = TEST_SCENARIOS.make(
        exchange, values, call["agent_id"], source="production", **origin, source_issue_trace_id=trace
    )
    return answer(TEST_SCENARIOS.shown(exchange, made), 201)


def _generated(scene: Scene, agent_id: int, agent: str, number: int) -> Body:
    title, prompt = SITUATIONS[number % len(SITUATIONS)]
    values = {"title": f"Caller {title} ({number + 1})", "scenario_prompt": f"You call {agent}. {prompt}"}
    return TEST_SCENARIOS.make(scene, values, agent_id, source="ai", prompt_hash=live_hash(scene, agent_id))


def _compute(_scene: Scene, _body: Body, before: Body | None) -> Body:
    if before:
        return {}
    return {
        "source": "manual",
        "prompt_hash": "",
        "latest_verdict": "",
        "source_call_id": None,
        "source_turn_index": None,
        "source_issue_trace_id": None,
    }


def _view(scene: Scene, body: Body) -> Body:
    stale = bool(body["prompt_hash"]) and body["prompt_hash"] != live_hash(scene, body["agent_id"])
    return body | {"is_stale": stale}


TEST_SCENARIOS = Resource(
    name="test_scenarios",
    noun="TestScenario",
    path="/v1/agents/{int}/test-scenarios",
    fields={
        "title": Field(v.text(minimum=1, maximum=255), required=True),
        "scenario_prompt": Field(v.text(minimum=1), required=True),
        "direction": Field(v.choice("inbound", "outbound"), "inbound"),
        "labels": Field(v.each(v.text(minimum=1)), []),
        **{name: Field(condition(name), defaults) for name, (defaults, _) in CONDITIONS.items()},
    },
    first_id=9001,
    actions=(
        Route("POST", "/v1/agents/{int}/test-scenarios/generate", generate),
        Route("POST", "/v1/agents/{int}/test-scenarios/refresh", refresh),
        Route("POST", "/v1/calls/{int}/promote-to-scenario", promote),
    ),
    parent=Parent("agents", "agent_id", "Agent"),
    newest_first=True,
    compute=_compute,
    view=_view,
)
