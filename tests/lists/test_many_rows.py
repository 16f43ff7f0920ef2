"""Lists of many rows: armed in few commits, and no slower for what they leave out."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest
from laws.project import Folder, document, project

if TYPE_CHECKING:
    from collections.abc import Iterator

ROWS = 300
SPEC = {
    "rows": {"file": "calls.csv"},
    "key": "id",
    "to_number": {"column": "phone"},
    "at": "2026-12-03T20:00:00Z",
    "from": "line",
}
AGENT = {"prompt": "Hi, this is Acme.", "voice": "olivia", "max_call_duration_seconds": 60}
LINE = {"number": "+15551230001", "outbound_agent": "caller"}


@pytest.fixture
def folder() -> Iterator[Folder]:
    with project() as found:
        yield found


def declare(folder: Folder, rows: int) -> None:
    table = "id,phone\n" + "".join(f"{n},+1415555{n:04}\n" for n in range(rows))
    documents = [document("Agent", "caller", AGENT), document("PhoneNumber", "line", LINE)]
    # The list comes first in the order of files: what it names stands behind a row for each of its calls.
    files = {"calls.csv": table, "a.yaml": document("CallList", "week", SPEC), "b.yaml": "---\n".join(documents)}
    folder.write(dict(files))


def git(folder: Folder, *words: str) -> str:
    return subprocess.run(["git", *words], cwd=folder.root, check=True, capture_output=True, text=True).stdout


def test_a_list_is_armed_and_cancelled_in_one_commit_each_on_a_branch(folder: Folder) -> None:
    git(folder, "init", "-q", ".")
    declare(folder, ROWS)
    state = ("--state", "git:reconciler-state")
    said = folder.run("apply", "--yes", "--format", "json", *state)
    assert said.code == 0, said.text
    assert sum(it["outcome"] == "done" for it in json.loads(said.out)["results"]) == ROWS + 2
    assert git(folder, "log", "--format=%s", "reconciler-state").splitlines().count(f"write {ROWS} keys") == 1
    assert folder.run("plan", "--detailed-exitcode", *state).code == 0
    settings = "limits: {cancellations: 1000, cancellations_percent: 100}\n"
    (folder.root / "reconciler.yaml").write_text(settings, encoding="utf-8")
    declare(folder, ROWS - 100)
    assert folder.run("apply", "--yes", *state).code == 0
    assert "write 100 keys" in git(folder, "log", "--format=%s", "reconciler-state")
    assert git(folder, "for-each-ref", "refs/reconciler/unborn") == ""
    calls = json.loads(folder.run("calls", "--format", "json", *state).out)["calls"]
    assert sum(it["state"] == "armed" for it in calls) == ROWS - 100
