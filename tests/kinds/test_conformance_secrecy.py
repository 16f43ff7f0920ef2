"""Every kind in the registry with a secret in it: nothing of the secret is said, planned, kept or exported."""

from __future__ import annotations

import io
from contextlib import chdir, redirect_stderr, redirect_stdout
from typing import TYPE_CHECKING, Any

import pytest

from reconciler.cli import main
from reconciler.contract.shapes import holds_secret, replaced, shapes
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kinds.conftest import KilledRuns

NOW = "2026-12-01T12:00:00Z"
SECRET = "tR0ub4dor and 3"  # no known form, and too weak to be guessed at by one
FORMS = ("text", "json", "markdown", "html")


def _own_secrets(kind: str) -> list[str]:
    spec = KINDS[kind].spec
    return [name for name in shapes(spec) if holds_secret(spec, name)]


SECRETIVE = [kind for kind in sorted(KINDS) if _own_secrets(kind)]


def _planted(kind: str, spec: dict[str, Any], secret: str) -> dict[str, Any]:
    model = KINDS[kind].spec
    return {
        name: replaced(model, name, value, lambda _, value=value: _shaped(value, secret))  # type: ignore[misc]
        for name, value in spec.items()
    }


def _shaped(value: Any, secret: str) -> Any:
    return dict.fromkeys(value, secret) if isinstance(value, dict) else secret


def _everything(bench: KilledRuns, *runs: list[str]) -> Iterator[str]:
    for run in runs:
        out, err = io.StringIO(), io.StringIO()
        with redirect_stdout(out), redirect_stderr(err), chdir(bench.folder.root):
            main(run)
        yield out.getvalue() + err.getvalue()


@pytest.mark.parametrize("kind", SECRETIVE)
def test_a_secret_is_in_no_output_no_plan_and_no_state(bench: KilledRuns, kind: str, monkeypatch: Any) -> None:
    monkeypatch.setenv("A_SECRET", SECRET)
    online = ["--emulator", "--now", NOW]
    said: list[str] = []
    for secret in ("${env:A_SECRET}", SECRET):
        bench.declare(bench.specimen.document(_planted(kind, bench.specimen.first, secret)))
        said += _everything(
            bench,
            ["validate"],
            *(["validate", "--format", form] for form in ("json", "sarif", "junit", "markdown")),
            *(["plan", *online, "--format", form] for form in FORMS),
            ["plan", *online, "--out", "plan.json"],
            ["apply", "--yes", *online, "--format", "json"],
            ["plan", *online, "--full"],
        )
    monkeypatch.setenv("A_SECRET", f"{SECRET} and more")
    bench.declare(bench.specimen.document(_planted(kind, bench.specimen.first, "${env:A_SECRET}")))
    said += _everything(
        bench,
        *(["plan", *online, "--format", form] for form in FORMS),
        ["drift", *online],
        ["apply", "--yes", *online],
        ["state", "export", *online],
        ["state", *online],
        ["export", "copy", "--no-bind", *online],
    )
    kept = [file for file in bench.folder.root.rglob("*") if file.is_file() and file.name != "emulator.db"]
    kept = [file for file in kept if "manifests" not in file.parts and not file.name.startswith("emulator.db")]
    assert any(file.name == "state.db" for file in kept)
    for text in (*said, *(file.read_bytes().decode("utf-8", "replace") for file in kept)):
        assert "internal error" not in text
        assert SECRET not in text


@pytest.mark.parametrize("kind", SECRETIVE)
def test_a_secret_that_the_environment_lends_is_sent_when_it_changes_and_only_then(
    bench: KilledRuns, kind: str, monkeypatch: Any
) -> None:
    monkeypatch.setenv("A_SECRET", "the first of its values")
    bench.declare(bench.specimen.document(_planted(kind, bench.specimen.first, "${env:A_SECRET}")))
    bench.applied()
    bench.clean()
    monkeypatch.setenv("A_SECRET", "the second of its values")
    assert bench.actions()
    bench.applied()
    bench.clean()
