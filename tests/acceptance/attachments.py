"""Attachments of the second platform's agents: written as ids in one of two spellings, read as objects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

JSON = dict[str, Any]

LIVE = {
    "integration_ids": "integrations",
    "mcp_server_ids": "mcp_servers",
    "knowledge_base_ids": "knowledge_bases",
    "knowledge_document_ids": "knowledge_documents",
    "reusable_instruction_ids": "reusable_instructions",
}


class Attachments:
    """``spelling`` says which ids are taken: those of a ``draft``, as declared, ``plain`` ones, or both.

    Ids in another spelling are refused, or passed over in silence where it ``ignores``.
    """

    def __init__(self, objects: Callable[[str], Mapping[str, JSON]]) -> None:
        self._objects = objects
        self.spelling = "both"
        self.ignores = False

    def blank(self) -> JSON:
        return {**{name: [] for name in LIVE.values()}, **{f"draft_{key}": None for key in LIVE}}

    def taken(self, body: JSON) -> tuple[JSON, JSON]:
        """The rest of a body, and the ids in it that are taken, by the key as it was written."""
        known = {key for name in LIVE for key in self._spelled(name)}
        other = {key for name in LIVE for key in (name, f"draft_{name}")} - known
        rest = {key: value for key, value in body.items() if key not in known | (other if self.ignores else set())}
        return rest, {key: value for key, value in body.items() if key in known}

    def _spelled(self, name: str) -> set[str]:
        return {"draft": {f"draft_{name}"}, "plain": {name}, "both": {name, f"draft_{name}"}}[self.spelling]

    def created(self, ids: JSON) -> JSON:
        """What an agent begins with: plain ids are attached, those of a draft wait for a deploy."""
        live = {LIVE[key]: self._embedded(key, value) for key, value in ids.items() if key in LIVE}
        waiting = {key: value for key, value in ids.items() if key not in LIVE}
        return {**self.blank(), **live, **waiting, **({"has_draft": True} if waiting else {})}

    def staged(self, ids: JSON) -> JSON:
        """What waits, however it was spelled."""
        return {f"draft_{key.removeprefix('draft_')}": value for key, value in ids.items()}

    def settled(self, agent: JSON, *, live: bool) -> JSON:
        """What a deploy, or the end of a draft, leaves attached."""
        waiting = {key: agent[f"draft_{key}"] for key in LIVE if live and agent[f"draft_{key}"] is not None}
        attached = {LIVE[key]: self._embedded(key, value) for key, value in waiting.items()}
        return {**attached, **{f"draft_{key}": None for key in LIVE}}

    def _embedded(self, key: str, ids: list[Any]) -> list[JSON]:
        known = self._objects(LIVE[key])
        return [
            {"id": id_, "name": str(known[str(id_)].get("name", ""))} for id_ in sorted(map(str, ids), reverse=True)
        ]
