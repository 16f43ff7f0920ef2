"""Show that a run imports the kinds that its project declares, and no other, and that kinds do not know each other."""

from __future__ import annotations

import subprocess
import sys
from itertools import permutations
from typing import TYPE_CHECKING

import grimp

from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from pathlib import Path

PROGRAM = """\
import sys
from reconciler.cli import main
code = main(["validate"])
print(code, *sorted(name for name in sys.modules if name.startswith("reconciler.kinds.")))
"""
AGENT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer the telephone., voice: olivia}
"""


def test_validating_agents_does_not_import_the_other_kinds(tmp_path: Path) -> None:
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "agents.yaml").write_text(AGENT, encoding="utf-8")
    ran = subprocess.run([sys.executable, "-c", PROGRAM], cwd=tmp_path, capture_output=True, text=True, check=True)
    code, *imported = ran.stdout.split()
    assert code == "0", ran.stderr
    assert "reconciler.kinds.agent" in imported
    assert {"reconciler.kinds.knowledge_base", "reconciler.kinds.organization"}.isdisjoint(imported)


def test_every_kind_is_found_by_its_own_name() -> None:
    assert {name: KINDS[name].name for name in KINDS} == {name: name for name in KINDS}
    assert "Nonsense" not in KINDS
    assert len(KINDS) == len(list(KINDS))


def test_no_kind_reaches_another_by_whatever_it_imports() -> None:
    graph = grimp.build_graph("reconciler", cache_dir=None)
    modules = sorted(type(kind).__module__ for kind in KINDS.values())
    assert [
        " -> ".join(chain)
        for importer, imported in permutations(modules, 2)
        if (chain := graph.find_shortest_chain(importer, imported))
    ] == []
