"""The floor of `plan` with lines ("YB"): compose and validate, one list, equality.

python -m bench.floors.lines_and_list FOLDER URL
"""

from __future__ import annotations

import sys
from pathlib import Path

import httpx

from bench.floors.compose import documents

if __name__ == "__main__":
    declared = list(documents(Path(sys.argv[1])))
    with httpx.Client() as client:
        answered = client.get(f"{sys.argv[2]}/v1/agents", timeout=60).json()
    live = {item["name"]: item for item in answered}
    differing = []
    for agent, lines in declared:
        spec = agent.spec.model_dump()
        item = live[agent.spec.name]
        differing += [(name, lines["spec", name]) for name in spec if spec[name] != item[name]]
    print(len(differing))  # noqa: T201 - a script
