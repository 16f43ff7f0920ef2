"""Variants of an agent (contract-next 5.4): live at once; the switch between them is drafted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import agents, tables
from reconciler.emulator import validators as v
from reconciler.emulator.agent_settings import PRODUCTS, SECONDS, SPEAKING_ORDER
from reconciler.emulator.exchange import answer
from reconciler.emulator.resource import Field, Parent, Resource
from reconciler.emulator.routes import Route
from reconciler.emulator.voices import voice_id

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Exchange, Reply, Scene
    from reconciler.emulator.resource import Body

OVERRIDES: dict[str, v.Check] = {
    "prompt": v.text(minimum=1),
    "voice": voice_id,
    "product": v.choice(*PRODUCTS),
    "thinking_level": v.choice("base", "extra"),
    "background_track": v.text(),
    "acknowledgement_prompt": v.text(),
    "acknowledgement_prompt_mode": v.choice("auto", "manual"),
    "inbound_speak_order": SPEAKING_ORDER,
    "outbound_speak_order": SPEAKING_ORDER,
    "silence_interval_seconds": SECONDS,
    "silence_max_checkins": v.integer(0),
}


def split_testing(exchange: Exchange) -> Reply:
    """``POST /v1/agents/{id}/split-testing``: stages the switch, on when nothing is said."""
    exchange.body = {"split_testing_enabled": exchange.body.get("enabled", True)}
    staged = agents.patch(exchange).json()
    return answer({name: staged[name] for name in ("split_testing_enabled", "draft_split_testing_enabled")})


def stats(exchange: Exchange) -> Reply:
    """``GET /v1/agents/{id}/variant-stats``: nobody was ever routed to one here."""
    agents.load(exchange.database, exchange.arguments[0])
    return answer(
        [
            {
                "variant_id": body["id"],
                "label": body["label"],
                "is_control": body["is_control"],
                "calls": 0,
                "avg_duration_seconds": None,
                "success_rate": None,
            }
            for body in AGENT_VARIANTS.every(exchange, exchange.arguments[0])
        ]
    )


def _after_write(scene: Scene, body: Body, _before: Body | None) -> None:
    """The control there was, when another is made it: an agent has one."""
    if not body["is_control"]:
        return
    for other in AGENT_VARIANTS.every(scene, body["agent_id"]):
        if other["id"] != body["id"] and other["is_control"]:
            tables.save(scene, AGENT_VARIANTS.name, AGENT_VARIANTS.key(other), other | {"is_control": False})


def _view(_scene: Scene, body: Body) -> Body:
    return {name: value for name, value in body.items() if name != "agent_id"}


AGENT_VARIANTS = Resource(
    name="agent_variants",
    noun="AgentVariant",
    path="/v1/agents/{int}/variants",
    fields={
        "label": Field(v.text(minimum=1, maximum=255), required=True),
        "weight": Field(v.integer(0), 50),
        "is_control": Field(v.boolean, default=False),
        **{name: Field(v.nullable(check)) for name, check in OVERRIDES.items()},
    },
    first_id=8001,
    verbs=("list", "create", "patch", "delete"),
    actions=(
        Route("POST", "/v1/agents/{int}/split-testing", split_testing),
        Route("GET", "/v1/agents/{int}/variant-stats", stats),
    ),
    parent=Parent("agents", "agent_id", "Agent"),
    view=_view,
    after_write=_after_write,
)
