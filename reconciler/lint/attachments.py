"""Rules about tools, knowledge, instructions and variants that have no effect, or another one."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, Any

from reconciler.lint.rule import Complaint, at

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from reconciler.model import Resource

_UNUSED = {
    "KnowledgeBase": "knowledge_bases",
    "KnowledgeDocument": "knowledge_documents",
    "ReusableInstruction": "reusable_instructions",
}


_FIELDS = frozenset(_UNUSED.values())


def clashing_tools(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """Two tools of one name on one agent: the model cannot tell them apart (contract 2.2.4)."""
    del now
    for agent in _of(resources, "Agent"):
        seen: dict[str, str] = {}
        for name in agent.declared.get("integrations", ()):
            tool = _tool(resources.get(f"Integration/{name}"))
            if tool and (first := seen.setdefault(tool, name)) != name:
                message = f"`{first}` and `{name}` are both the tool `{tool}` to the agent"
                yield at(agent, message, "give one of them another `function.name`, or take it off", "integrations")


def _tool(integration: Resource | None) -> str:
    spec = integration.declared.get("spec") if integration is not None else None
    function = spec.get("function", spec) if isinstance(spec, dict) else {}
    name = function.get("name") if isinstance(function, dict) else None
    return name if isinstance(name, str) else ""


def unattached(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """Knowledge that no agent of the project looks up, and instructions that none follows."""
    del now
    used = _used(resources)
    for kind, field in _UNUSED.items():
        for resource in _of(resources, kind):
            if resource.address.name in used[field] or resource.declared.get("knowledge_base"):
                continue
            what = "nobody follows it" if kind == "ReusableInstruction" else "nobody looks anything up in it"
            message = f"no agent of the project names it in `{field}`: {what}"
            yield at(resource, message, f"name it in `{field}` of an agent, or remove it")


def _used(resources: Mapping[str, Resource]) -> defaultdict[str, set[str]]:
    found: defaultdict[str, set[str]] = defaultdict(set)
    for agent in _of(resources, "Agent"):
        for field in agent.declared.keys() & _FIELDS:
            found[field].update(agent.declared[field])
    return found


def odd_weights(resources: Mapping[str, Resource], now: datetime) -> Iterator[Complaint]:
    """Variants of which none, or more than one, is the control, or that together get no call at all."""
    del now
    families: defaultdict[str, list[Resource]] = defaultdict(list)
    for variant in _of(resources, "AgentVariant"):
        families[str(variant.declared.get("agent"))].append(variant)
    for agent, variants in families.items():
        controls = [it for it in variants if it.declared.get("is_control")]
        for second in controls[1:]:
            message = f"`{agent}` has another control, `{controls[0].address.name}`: there is one"
            yield at(second, message, "declare `is_control: false` for all but one", "is_control")
        weights: list[Any] = [it.declared.get("weight") for it in variants]
        if all(weight == 0 for weight in weights):
            message = f"every variant of `{agent}` that is declared has `weight: 0`: none is heard"
            yield at(variants[0], message, "give one of them a share of the calls", "weight")


def _of(resources: Mapping[str, Resource], kind: str) -> Iterator[Resource]:
    return (it for it in resources.values() if it.address.kind == kind and not it.manifest.absent)
