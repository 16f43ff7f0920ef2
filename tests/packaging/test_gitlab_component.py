"""The component of GitLab: valid by GitLab's own schema, and what it runs is what `init` writes into a project."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema import Draft7Validator

from reconciler.cli import init_files

CHECKOUT = Path(__file__).resolve().parents[2]
TEXT = (CHECKOUT / "templates" / "reconciler.yml").read_text("utf-8")
HEAD, _ = yaml.safe_load_all(TEXT)
INPUTS: dict[str, dict[str, str]] = HEAD["spec"]["inputs"]
STAGES = {"plan": "test", "apply": "deploy", "dispatch": "deploy"}


def included(**given: str) -> dict[str, Any]:
    """The jobs as GitLab makes them of the component: each input in its place, as text, before YAML is read."""
    values = {name: given.get(name.replace("-", "_"), it["default"]) for name, it in INPUTS.items()}
    body = TEXT.partition("\n---\n")[2]
    filled = re.sub(r"\$\[\[ inputs\.([a-z-]+) ]]", lambda found: values[found[1]], body)
    assert "$[[" not in filled
    jobs: dict[str, Any] = yaml.safe_load(filled)
    return jobs


def written(tool: str) -> dict[str, Any]:
    root = Path("/example")
    files = init_files.repository_files(init_files.Place(root / "phones", root), "gitlab", tool)
    found: dict[str, Any] = yaml.safe_load(next(text for file, text in files if file.name == ".gitlab-ci.yml"))
    return found


@pytest.mark.parametrize("document", [HEAD, included(), included(folder="phones", environment="staging")])
def test_it_is_valid_by_the_schema_of_gitlab(document: dict[str, Any]) -> None:
    schema = get_builtin_schema("vendor.gitlab-ci")
    Draft7Validator(schema).validate(json.loads(json.dumps(document)))


def test_every_input_is_described_has_a_default_and_is_used() -> None:
    assert all({"description", "default"} <= it.keys() for it in INPUTS.values())
    assert set(re.findall(r"\$\[\[ inputs\.([a-z-]+) ]]", TEXT)) == set(INPUTS)


def test_its_jobs_are_those_that_init_writes() -> None:
    """Apart from how an environment and a lookahead are named, and from the stages: those are the project's own."""
    tool = "thunderphone-reconciler[postgres]==0.1.0"
    expected = written(tool)
    assert expected.pop("stages") == list(STAGES)
    for job in expected.values():
        if "stage" in job:
            job["stage"] = STAGES[job["stage"]]
        if "script" in job:
            job["script"] = [
                line.replace(" --env live", "").replace("--lookahead 30m", '--lookahead "$LOOKAHEAD"')
                for line in job["script"]
            ]
    expected[".reconciler"]["variables"] |= {"RECONCILER_ENV": "live", "LOOKAHEAD": "30m"}
    assert included(tool=tool, folder="phones") == expected


def test_it_lies_where_gitlab_looks_for_the_components_of_a_project() -> None:
    assert [file.name for file in (CHECKOUT / "templates").iterdir()] == ["reconciler.yml"]
    assert all((CHECKOUT / name).is_file() for name in ("README.md", "LICENSE"))
