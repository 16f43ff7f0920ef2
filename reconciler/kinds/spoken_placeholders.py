"""Placeholders of what callees will hear, each with the text that says it first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.documents import placeholders

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Resource


class Scripts:
    """What the callees will hear, and the placeholders in it; each is read once, however many calls say it."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources
        self._known: dict[int, tuple[Mapping[str, Any], Mapping[str, str]]] = {}

    def of(self, call: Resource) -> Mapping[str, str]:
        """What a call or a campaign must fill, and which text says it first; nothing where no manifest tells."""
        declared = call.declared
        if config := declared.get("config"):
            return self._read(config, "the inline {}")
        name = declared.get("agent")
        if name is None and (number := self._resources.get(f"PhoneNumber/{declared.get('from')}")):
            name = number.declared.get("outbound_agent")
        agent = self._resources.get(f"Agent/{name}")
        if agent is None:
            return {}
        return self._read(agent.declared, "the {{}} of `{}`", agent)

    def _read(self, settings: Mapping[str, Any], said: str, agent: Resource | None = None) -> Mapping[str, str]:
        known = self._known.get(id(settings))
        if known is None:
            said = said.format(agent.address) if agent else said
            transfers = [item["number"] for item in settings.get("transfer_destinations") or ()] if agent else []
            texts = [*((what, settings.get(field)) for field, what in _SPOKEN.items()), ("transfer number", transfers)]
            names = [(name, said.format(what)) for what, text in texts for name in placeholders.names(text)]
            # The first that says it counts. The settings are kept along, so that their id stays theirs.
            known = self._known[id(settings)] = settings, dict(reversed(names))
        return known[1]


_SPOKEN = {
    "prompt": "prompt",
    "voicemail_message": "voicemail message",
    "consent_announcement_text": "consent announcement",
}
