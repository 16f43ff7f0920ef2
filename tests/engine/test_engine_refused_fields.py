"""Show that what the vendor refuses of a field is said at the line that declared it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main
from reconciler.emulator import Fault, Platform
from reconciler.schedule.clock import FixedClock, parse_instant

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path
    from typing import Any

    Applied = Callable[..., Any]

MANIFEST = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: desk}
spec:
  prompt: {file: desk.md}
  voice: olivai
  product: spark
"""
NOW = "2030-01-14T12:00Z"


@pytest.fixture
def applied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Applied:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "manifests").mkdir()
    (tmp_path / "desk.md").write_text("You answer.\n", encoding="utf-8")

    def run(manifest: str, *faults: Fault) -> Any:
        (tmp_path / "manifests" / "a.yaml").write_text(manifest, encoding="utf-8")
        (tmp_path / ".reconciler").mkdir()
        with Platform(tmp_path / ".reconciler" / "emulator.db", FixedClock(parse_instant(NOW))) as platform:
            for fault in faults:
                platform.inject(fault)
        main(["apply", "--emulator", "--yes", "--now", NOW, "--format", "json"])
        return json.loads(capsys.readouterr().out)["results"]

    return run


def test_a_refused_field_is_named_with_its_line(applied: Applied) -> None:
    unproven = Fault("GET", "/v1/voices/policy", status=404)  # where the list proves it wrong, plan says so
    (result,) = applied(MANIFEST, unproven)
    assert result["outcome"] == "failed"
    assert result["detail"].startswith("the vendor refuses `voice` (manifests/a.yaml:6:10): ")
    assert "POST /v1/agents answered 400" in result["detail"]
    assert result["source"] == {"path": "manifests/a.yaml", "line": 6, "column": 10}


def test_a_refusal_that_names_no_field_stays_in_the_vendors_words_at_the_document(applied: Applied) -> None:
    refused = Fault("POST", "/v1/agents", status=400, detail="No more agents.")
    (result,) = applied(MANIFEST.replace("olivai", "olivia"), refused)
    assert "No more agents." in result["detail"]
    assert result["source"] == {"path": "manifests/a.yaml", "line": 1, "column": 1}


def test_a_field_inside_a_list_is_found(applied: Applied) -> None:
    manifest = (
        MANIFEST.replace("olivai", "olivia")
        + """\
  transfer_destinations:
    - {name: desk, number: "+14155550100"}
    - {name: DESK, number: "+14155550101"}
"""
    )
    (result,) = applied(manifest)
    assert "`transfer_destinations" in result["detail"]
    assert result["source"]["line"] >= 8
