"""The floor of `plan` without lines ("CS"): CSafeLoader, one list, JSON, equality.

python -m bench.floors.load_and_list FOLDER URL
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from urllib.request import urlopen

import yaml

if __name__ == "__main__":
    declared = []
    for path in sorted(Path(sys.argv[1]).rglob("*.yaml")):
        declared += [document["spec"] for document in yaml.load_all(path.read_bytes(), Loader=yaml.CSafeLoader)]
    with urlopen(f"{sys.argv[2]}/v1/agents", timeout=60) as response:  # noqa: S310 - loopback
        answered = json.load(response)
    live = {item["name"]: item for item in answered}
    differing = [spec for spec in declared if any(live[spec["name"]][name] != spec[name] for name in spec)]
    print(len(differing))  # noqa: T201 - a script
