"""Words that a callee will hear, and who speaks them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from reconciler.model import Location, Resource
from reconciler.redaction import secrets_in

if TYPE_CHECKING:
    import re
    from collections.abc import Iterator, Mapping

_DIALLING = {"PhoneNumber": "outbound_agent", "ScheduledCall": "agent"}  # the field that names who speaks


@dataclass(frozen=True)
class Script:
    """A prompt: whose it is, its path below ``spec``, and its text. ``outbound``: somebody is called with it."""

    resource: Resource
    path: tuple[str, ...]
    text: str
    outbound: bool

    @property
    def settings(self) -> Mapping[str, Any]:
        """The settings beside the prompt: of the agent, or of the call's one-off agent."""
        return self.resource.declared["config"] if self.path[0] == "config" else self.resource.declared

    @cached_property
    def secrets(self) -> tuple[re.Match[str], ...]:
        """What looks like a key or a password in it."""
        return tuple(secrets_in(self.text))

    def locate(self, offset: int = 0) -> Location:
        """Where a part of the text stands: its line in the prompt's file, or the field in the manifest."""
        if (path := self.resource.files.get(self.path[-1])) is None:
            return self.resource.manifest.locate("spec", *self.path)
        start = self.text.rfind("\n", 0, offset) + 1
        return Location(path, self.text.count("\n", 0, offset) + 1, offset - start + 1)


def scripts(resources: Mapping[str, Resource]) -> Iterator[Script]:
    """Every prompt that is declared: of agents, and of calls with a one-off agent."""
    dialling = {id(agent) for agent in outbound_agents(resources)}
    for resource in resources.values():
        if resource.manifest.absent:
            continue
        if isinstance(prompt := resource.declared.get("prompt"), str):
            yield Script(resource, ("prompt",), prompt, id(resource) in dialling)
        config = resource.declared.get("config")
        if isinstance(config, dict) and isinstance(prompt := config.get("prompt"), str):
            yield Script(resource, ("config", "prompt"), prompt, outbound=True)


def outbound_agents(resources: Mapping[str, Resource]) -> list[Resource]:
    """The declared agents that somebody is called by: of a number, or of a call; each once."""
    found: dict[str, Resource] = {}
    for resource in resources.values():
        field = _DIALLING.get(resource.address.kind)
        if field is None or resource.manifest.absent:
            continue
        agent = resources.get(f"Agent/{resource.declared.get(field)}")
        if agent is not None and not agent.manifest.absent:
            found[agent.address.name] = agent
    return list(found.values())


def speaker(call: Resource, resources: Mapping[str, Resource]) -> Mapping[str, Any] | None:
    """The settings of the agent that will speak in a call; None where the manifests do not tell."""
    declared = call.declared
    if config := declared.get("config"):
        speaking: Mapping[str, Any] = config
        return speaking
    name = declared.get("agent")
    if name is None and (number := resources.get(f"PhoneNumber/{declared.get('from')}")):
        name = number.declared.get("outbound_agent")
    agent = resources.get(f"Agent/{name}")
    return agent.declared if agent else None
