"""Reusable instructions (contract-next 5.4): one text for many agents, live the moment it is written."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.emulator import validators as v
from reconciler.emulator.agent_index import embedding_agents, refresh
from reconciler.emulator.resource import Field, Resource

if TYPE_CHECKING:
    from reconciler.emulator.exchange import Scene
    from reconciler.emulator.resource import Body


def _view(scene: Scene, body: Body) -> Body:
    return body | {"agent_count": embedding_agents(scene, body["id"])}


def _after_write(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "reusable_instructions", body["id"], embedded(body))


def _after_delete(scene: Scene, body: Body, _before: Body | None) -> None:
    refresh(scene, "reusable_instructions", body["id"], None)


def embedded(body: Body) -> Body:
    """The instruction as an agent shows it: without the count of agents."""
    return {name: body[name] for name in ("id", "name", "content", "created_at", "updated_at")}


REUSABLE_INSTRUCTIONS = Resource(
    name="reusable_instructions",
    noun="ReusableInstruction",
    path="/v1/reusable-instructions",
    fields={
        "name": Field(v.text(minimum=1, maximum=255), required=True),
        "content": Field(v.text(minimum=1), required=True),
    },
    view=_view,
    after_write=_after_write,
    after_delete=_after_delete,
)
