"""Scenarios that the platform wrote, as documents of this repository."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from reconciler.api import segment
from reconciler.documents.writing import entry
from reconciler.errors import AmbiguousWrite, Unintelligible

if TYPE_CHECKING:
    from collections.abc import Container, Mapping

    from reconciler.api import Api

_GROUPS = ("audio_conditions", "caller_behavior", "speech_style", "telephony")
_LONGEST = 50
_VARIABLE = re.compile(r"\$(?=\{)")


def generated(api: Api, agent_id: str, count: int) -> list[Mapping[str, Any]]:
    """New scenarios that the platform writes now; where the answer is lost, those that were not there before."""
    path = f"/v1/agents/{segment(agent_id)}/test-scenarios"
    before = {str(body.get("id")) for body in api.items(path)}
    try:
        answer = api.post(f"{path}/generate", {"count": count})
    except AmbiguousWrite:
        found: list[Mapping[str, Any]] = [body for body in api.items(path) if str(body.get("id")) not in before]
        if not found:
            raise
        return found
    made = answer.get("scenarios") if isinstance(answer, dict) else None
    if not isinstance(made, list):
        raise Unintelligible("no `scenarios` in the answer", method="POST", path=f"{path}/generate")
    return made


def promoted(api: Api, call_id: str) -> Mapping[str, Any]:
    """The scenario of a real call; asked for twice, it is the same one."""
    path = f"/v1/calls/{segment(call_id)}/promote-to-scenario"
    body = api.post(path, {})
    if not isinstance(body, dict) or "id" not in body:
        raise Unintelligible("a scenario without `id`", method="POST", path=path)
    return body


def name_of(body: Mapping[str, Any], taken: Container[str]) -> str:
    """A free name in the repository for a scenario, after its title."""
    plain = re.sub(r"[^a-z0-9]+", "-", str(body.get("title", "")).casefold())[:_LONGEST].strip("-")
    wanted = plain or f"scenario-{body.get('id')}"
    number, name = 1, wanted
    while name in taken:
        number += 1
        name = f"{wanted}-{number}"
    return name


def document(body: Mapping[str, Any], name: str, agent: str) -> str:
    """A scenario as a document that is bound to it; what the platform left at its default is left out."""
    spec = {
        "agent": agent,
        "title": _literal(body["title"]),
        "scenario_prompt": _literal(body["scenario_prompt"]),
        "direction": body.get("direction"),
        "labels": body.get("labels"),
        **{group: _set(body.get(group)) for group in _GROUPS},
    }
    written = {
        "apiVersion": "reconciler/v1",
        "kind": "TestScenario",
        "metadata": {"name": name, "id": body["id"]},
        "spec": {key: value for key, value in spec.items() if value},
    }
    return "".join(entry(key, value, 0) for key, value in written.items())


def _set(group: Any) -> dict[str, Any]:
    ordinary = ("", "none", "default", "natural", 0, None)
    told = group.items() if isinstance(group, dict) else ()
    return {key: value for key, value in told if value is True or (value is not False and value not in ordinary)}


def _literal(text: Any) -> str:
    """A text in which nothing is taken for a reference."""
    return _VARIABLE.sub("$$", str(text))
