"""Jobs of an example's GitHub workflows, run as CI would: a shallow clone, the script of `action.yml`."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import yaml

from examples.example_copies import EXAMPLES
from reconciler.emulator import EMULATED_KEY

if TYPE_CHECKING:
    from pathlib import Path

IDENTITY = ("-c", "user.name=ci", "-c", "user.email=ci@example.invalid")
ACTION = yaml.safe_load((EXAMPLES.parent / "action.yml").read_text("utf-8"))


def workflow(project: Path, name: str) -> dict[str, Any]:
    text = (project / f".github/workflows/reconciler-{name}.yaml").read_text("utf-8")
    found: dict[str, Any] = yaml.load(text, yaml.BaseLoader)  # noqa: S506 - makes text, lists and mappings only
    return found


def inputs_of(workflow: dict[str, Any], job: str) -> dict[str, str]:
    """What the job's step hands to the script of `action.yml`, as the variables of that script."""
    (uses,) = (step for step in workflow["jobs"][job]["steps"] if "/reconciler@" in step.get("uses", ""))
    defaults = {name: str(it.get("default", "")) for name, it in ACTION["inputs"].items()}
    started = workflow["on"].get("workflow_dispatch") if isinstance(workflow["on"], dict) else None
    asked = started["inputs"] if isinstance(started, dict) else {}
    chosen = {name: _plain(value, asked) for name, value in uses["with"].items()}
    given = {**defaults, **chosen, "comment": "false", "github-token": "", "api-key": EMULATED_KEY}
    variables = ACTION["runs"]["steps"][-1]["env"]
    named = {name: re.fullmatch(r"\$\{\{ inputs\.([a-z-]+) }}", value) for name, value in variables.items()}
    return {"WITHOUT_SECRETS": "false", **{name: given[it[1]] for name, it in named.items() if it}}


def _plain(value: str, asked: dict[str, Any]) -> str:
    """A value as it is when the job is started by hand with nothing filled in."""
    found = re.fullmatch(r"\$\{\{ inputs\.(\w+) }}", value)
    return str(asked[found[1]]["default"]) if found else value


def git(folder: Path, *arguments: str) -> str:
    return subprocess.run(
        ["git", *IDENTITY, *arguments], cwd=folder, capture_output=True, encoding="utf-8", check=True
    ).stdout


def pushed(project: Path, folder: Path) -> Path:
    """The example as a repository on a server of its own."""
    bare, seed = folder / "origin.git", folder / "seed"
    git(folder, "init", "--quiet", "--bare", "--initial-branch=main", str(bare))
    git(folder, "clone", "--quiet", str(bare), str(seed))
    for path in project.rglob("*"):
        if path.is_file() and ".reconciler" not in path.parts:
            place = seed / path.relative_to(project)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(path.read_bytes())
    git(seed, "add", "--all")
    git(seed, "commit", "--quiet", "--message=Declare the account")
    git(seed, "push", "--quiet", "origin", "HEAD:main")
    return bare


def run_job(
    inputs: dict[str, str], runner: Path, origin: Path, url: str
) -> tuple[subprocess.CompletedProcess[str], str]:
    """A job on a runner with an empty disk: a shallow clone, and the job's own step."""
    git(runner.parent, "clone", "--quiet", "--depth=1", f"file://{origin}", str(runner))
    temporary = runner.parent / f"{runner.name}-temp"
    tool = temporary / "reconciler" / "bin" / "reconciler"
    tool.parent.mkdir(parents=True)
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    summary = temporary / "summary.md"
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("RECONCILER_", "GITHUB_"))}
    done = subprocess.run(
        ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", "-c", ACTION["runs"]["steps"][-1]["run"]],
        cwd=runner,
        env={
            **kept,
            **inputs,
            "PYTHONPATH": str(EXAMPLES.parent),
            "RUNNER_TEMP": str(temporary),
            "GITHUB_STEP_SUMMARY": str(summary),
            "THUNDERPHONE_API_BASE_URL": url,
        },
        capture_output=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )
    return done, summary.read_text("utf-8") if summary.exists() else done.stdout
