"""Show that no single damaged value of the state is an internal error, and that it stops what it belongs to alone."""

from __future__ import annotations

import json
import os
import sqlite3
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: You answer the telephone., voice: olivia}
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: placed-jane}
spec:
  from_number: "+15551230001"
  to_number: "+14155550199"
  config: {prompt: This is Harbor Dental about your visit., max_call_duration_seconds: 120}
  at: 2030-01-14T18:00:00Z
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: armed-june}
spec:
  from_number: "+15551230001"
  to_number: "+14155550188"
  config: {prompt: This is Harbor Dental about your visit., max_call_duration_seconds: 120}
  at: 2030-01-14T19:00:00Z
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: armed-joan}
spec:
  from_number: "+15551230001"
  to_number: "+14155550177"
  config: {prompt: This is Harbor Dental about your visit., max_call_duration_seconds: 120}
  at: 2030-01-14T19:00:00Z
"""
LATER = ("--emulator", "--now", "2030-01-14T19:01Z")
VALUES: tuple[Any, ...] = (None, "soon", 7, ["x"], {"x": 1})
CALLS = ("placed-jane", "armed-june")


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    folder = tmp_path_factory.mktemp("template")
    (folder / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (folder / "manifests").mkdir()
    (folder / "manifests" / "all.yaml").write_text(PROJECT, encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if name.startswith(("GITHUB_", "GITLAB_", "CI_", "THUNDERPHONE_", "RECONCILER_")):
                patch.delenv(name)
        patch.chdir(folder)
        assert main(["apply", "--yes", "--emulator", "--now", "2030-01-14T17:00Z"]) == 0
        assert main(["dispatch", "--emulator", "--now", "2030-01-14T18:01Z"]) == 0
        yield folder


def entries(folder: Path) -> dict[str, dict[str, Any]]:
    with sqlite3.connect(folder / ".reconciler" / "state.db") as state:
        found = state.execute("SELECT key, value FROM entries").fetchall()
    state.close()
    return {key: json.loads(value) for key, value in found}


def store(folder: Path, key: str, value: dict[str, Any]) -> None:
    with sqlite3.connect(folder / ".reconciler" / "state.db") as state:
        state.execute("UPDATE entries SET value = ?, version = version || 'x' WHERE key = ?", (json.dumps(value), key))
    state.close()


def mutations(value: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for name, inner in value.items():
        for changed in mutations(inner) if isinstance(inner, dict) else ():
            yield {**value, name: changed}
        yield {other: it for other, it in value.items() if other != name}
        for each in VALUES:
            yield {**value, name: each}


def test_no_damaged_value_is_an_internal_error(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    wrong, tried = [], 0
    for key, value in entries(template).items():
        for damaged in mutations(value):
            store(template, key, damaged)
            changed = {name: damaged.get(name, "missing") for name in value if damaged.get(name) != value[name]}
            for command in ("plan", "calls", "dispatch --dry-run", "state show"):
                capsys.readouterr()
                code = main([*command.split(), *LATER])
                said = capsys.readouterr()
                if code not in (0, 1, 3, 5) or "internal error" in said.out + said.err:
                    wrong.append((command, key, changed))
                tried += 1
        store(template, key, value)
    assert wrong == [], "\n".join(map(str, wrong))
    assert tried > 800


@pytest.mark.parametrize("name", CALLS)
def test_a_damaged_call_stops_itself_and_no_other(
    template: Path, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    key = next(it for it in entries(template) if f"/call/{name}/" in it and it.endswith("/armed"))
    whole = entries(template)[key]
    store(template, key, {**whole, "opens": ["soon"]})
    try:
        capsys.readouterr()
        assert main(["dispatch", "--dry-run", "--format", "json", *LATER]) == 0
        rows = {row["name"]: row for row in json.loads(capsys.readouterr().out)["calls"]}
        assert rows["armed-joan"]["detail"] == "would be placed now"
        assert rows[name]["state"] == "unknown"
        assert "is damaged" in rows[name]["detail"]
        assert main(["plan", "--format", "json", *LATER]) == 1
        (finding,) = [it for it in json.loads(capsys.readouterr().out)["findings"] if it["code"] == "RC503"]
        assert finding["address"] == f"ScheduledCall/{name}"
    finally:
        store(template, key, whole)


def test_a_damaged_binding_is_named_and_can_be_forgotten(template: Path, capsys: pytest.CaptureFixture[str]) -> None:
    key = next(it for it in entries(template) if it.endswith("/binding/Agent/front-desk"))
    whole = entries(template)[key]
    store(template, key, {**whole, "fields": "lost"})
    try:
        assert main(["plan", *LATER]) == 1
        said = capsys.readouterr()
        assert "the state's entry `binding/Agent/front-desk` is damaged" in " ".join((said.out + said.err).split())
        assert "reconciler state forget Agent/front-desk" in " ".join((said.out + said.err).split())
        assert main(["state", "export", *LATER]) == 0
        assert '"lost"' in capsys.readouterr().out
        assert main(["state", "forget", "Agent/front-desk", *LATER]) == 0
        assert main(["plan", *LATER]) == 0
    finally:
        with sqlite3.connect(template / ".reconciler" / "state.db") as state:
            state.execute("INSERT OR REPLACE INTO entries VALUES (?, ?, 'again')", (key, json.dumps(whole)))
        state.close()
