"""The floor of `validate`: compose with lines, an own walk, and a model with pydantic.

python -m bench.floors.compose FOLDER
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Iterator

Lines = dict[tuple[str | int, ...], int]


class _Closed(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Metadata(_Closed):
    name: str


class AgentSpec(_Closed):
    name: str
    voice: str
    product: Literal["spark", "bolt"]
    outbound_speak_order: Literal["agent_first", "caller_first"]
    prompt: str


class Agent(_Closed):
    """An agent's document."""

    apiVersion: Literal["reconciler/v1"]  # noqa: N815 - as it is written
    kind: Literal["Agent"]
    metadata: Metadata
    spec: AgentSpec


def _plain(node: yaml.Node, lines: Lines, path: tuple[str | int, ...] = ()) -> Any:
    """The value of a node; ``lines`` learns where each value began."""
    lines[path] = node.start_mark.line
    if isinstance(node, yaml.MappingNode):
        return {key.value: _plain(value, lines, (*path, key.value)) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(item, lines, (*path, position)) for position, item in enumerate(node.value)]
    return node.value


def documents(folder: Path) -> Iterator[tuple[Agent, Lines]]:
    """Every agent below a folder with its lines; a document's nodes are dropped before the next is read."""
    for path in sorted(folder.rglob("*.yaml")):
        for node in yaml.compose_all(path.read_bytes(), Loader=yaml.CSafeLoader):
            lines: Lines = {}
            yield Agent.model_validate(_plain(node, lines)), lines


if __name__ == "__main__":
    kept = list(documents(Path(sys.argv[1])))
    print(len(kept))  # noqa: T201 - a script
