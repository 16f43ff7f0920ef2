"""A variant has no draft: what is written of it is heard at once, where the split testing of its agent is on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import yaml

if TYPE_CHECKING:
    from kinds.conftest import KilledRuns

pytestmark = pytest.mark.parametrize("kind", ["AgentVariant"])


def documents(*, on: bool, **envelope: Any) -> str:
    agent = {"prompt": "Say hello.", "voice": "olivia", "split_testing_enabled": on}
    variant = {"agent": "desk", "label": "Warm", "weight": 30, "prompt": "Greet the caller warmly."}
    found = [("Agent", "desk", agent, {}), ("AgentVariant", "warm", variant, envelope)]
    return yaml.safe_dump_all(
        {"apiVersion": "reconciler/v1", "kind": kind, "metadata": {"name": name}, "spec": spec, **more}
        for kind, name, spec, more in found
    )


def marks(bench: KilledRuns) -> list[tuple[str, list[str]]]:
    changes = bench.folder.plan()["changes"]
    return [
        (it["action"], it["consequences"]) for it in changes if it["kind"] == "AgentVariant" and it["action"] != "keep"
    ]


@pytest.mark.parametrize(("on", "heard"), [(True, ["live_at_once"]), (False, [])])
def test_a_change_is_live_at_once_where_split_testing_is_on(bench: KilledRuns, *, on: bool, heard: list[str]) -> None:
    bench.folder.write({"all.yaml": documents(on=on).partition("---")[0]})
    bench.applied()
    bench.folder.write({"all.yaml": documents(on=on)})
    assert marks(bench) == [("create", heard)]
    bench.applied()
    bench.folder.write({"all.yaml": documents(on=on).replace("warmly", "very warmly")})
    assert marks(bench) == [("update", heard)]
    bench.folder.write({"all.yaml": documents(on=on, absent=True)})
    assert marks(bench) == [("delete", heard)]
