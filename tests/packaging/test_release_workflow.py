"""The workflow that releases: pinned, with the least permissions, and without a token of anybody."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

WORKFLOW = Path(__file__).resolve().parents[2] / ".github" / "workflows" / "release.yaml"
TEXT = WORKFLOW.read_text("utf-8")
JOBS: dict[str, Any] = yaml.safe_load(TEXT)["jobs"]


def test_every_action_is_pinned_by_commit_and_says_its_version() -> None:
    used = re.findall(r"uses: (.*)", TEXT)
    assert len(used) >= 5
    assert [line for line in used if not re.fullmatch(r"[\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+", line)] == []


def test_it_runs_on_a_tag_alone() -> None:
    assert yaml.safe_load(TEXT)[True] == {"push": {"tags": ["v*"]}}


def test_each_job_may_do_only_what_it_is_for() -> None:
    assert yaml.safe_load(TEXT)["permissions"] == {}
    allowed = {
        name: {word for word, level in job["permissions"].items() if level == "write"} for name, job in JOBS.items()
    }
    assert allowed == {
        "build": set(),
        "attest": {"id-token", "attestations"},
        "index": {"id-token"},
        "release": {"contents"},
    }
    assert JOBS["index"]["environment"] == "pypi"
    assert "secrets." not in TEXT
    assert all("timeout-minutes" in job for job in JOBS.values())


def test_nothing_of_the_event_is_written_into_a_script() -> None:
    scripts = [step["run"] for job in JOBS.values() for step in job["steps"] if "run" in step]
    assert scripts
    assert [script for script in scripts if "${{" in script] == []


def test_what_is_published_is_what_was_built_and_attested() -> None:
    assert [JOBS[name].get("needs") for name in ("build", "attest", "index", "release")] == [
        None,
        "build",
        "attest",
        "index",
    ]
    assert "make dist" in TEXT
