from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import click
import kubernetes_validate
import pytest
import yaml

from reconciler.cli import reconciler
from reconciler.cli.dispatch import command as dispatch
from reconciler.cli.serve import command as serve

FOLDER = Path(__file__).resolve().parents[2] / "examples" / "06-always-on"
OBJECTS = [
    item for name in ("kubernetes", "cronjob") for item in yaml.safe_load_all((FOLDER / f"{name}.yaml").read_text())
]
COMPOSE: dict[str, Any] = yaml.safe_load((FOLDER / "compose.yaml").read_text())


def pod(item: dict[str, Any]) -> dict[str, Any]:
    spec = item["spec"]
    return dict((spec["jobTemplate"]["spec"] if item["kind"] == "CronJob" else spec)["template"]["spec"])


PODS = [pod(item) for item in OBJECTS if item["kind"] in ("Deployment", "CronJob")]


@pytest.mark.parametrize("item", OBJECTS, ids=lambda item: item["kind"])
def test_every_object_is_as_the_published_schemas_of_kubernetes_say(item: dict[str, Any]) -> None:
    kubernetes_validate.validate(item, "1.31", strict=True)


def test_there_are_two_replicas_and_never_none() -> None:
    kinds = {item["kind"]: item for item in OBJECTS}
    assert kinds["Deployment"]["spec"]["replicas"] == 2
    assert kinds["PodDisruptionBudget"]["spec"]["minAvailable"] == 1
    selected = kinds["Deployment"]["spec"]["template"]["metadata"]["labels"]
    for each in ("Deployment", "PodDisruptionBudget"):
        assert kinds[each]["spec"]["selector"]["matchLabels"] == selected
    assert kinds["Service"]["spec"]["selector"] == selected


@pytest.mark.parametrize("item", PODS)
def test_nothing_runs_with_rights_and_what_is_in_flight_can_be_finished(item: dict[str, Any]) -> None:
    (container,) = item["containers"]
    assert item["securityContext"]["runAsNonRoot"]
    assert container["securityContext"]["readOnlyRootFilesystem"]
    assert not container["securityContext"]["allowPrivilegeEscalation"]
    assert item["terminationGracePeriodSeconds"] > 30


def lines() -> list[list[str]]:
    unit = (FOLDER / "reconciler.service").read_text().replace("\\\n", " ")
    (started,) = re.findall(r"^ExecStart=\S+ (.*)$", unit, re.MULTILINE)
    return [
        *(item["containers"][0]["args"] for item in PODS),
        COMPOSE["services"]["reconciler"]["command"],
        started.split(),
    ]


@pytest.mark.parametrize("words", lines())
def test_every_command_line_is_one_that_the_tool_takes(words: list[str]) -> None:
    verb, *options = words
    command: click.Command = {"serve": serve, "dispatch": dispatch}[verb]
    tool = click.Context(reconciler, **reconciler.context_settings)  # or the command would keep other names of --help
    given = command.make_context(verb, list(options), parent=tool).params
    assert given["environment"] == "live"
    assert given.get("listen", "127.0.0.1").startswith("127.") or given["token_file"]


def compose_errors(file: Path) -> str:
    """What the published schema of the compose specification says of a file, "" when it is as it should be."""
    words = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(file)]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    return done.stdout if done.returncode else ""


def test_the_compose_file_is_as_the_published_schema_says(tmp_path: Path) -> None:
    assert compose_errors(FOLDER / "compose.yaml") == ""
    wrong = yaml.safe_dump({**COMPOSE, "services": {"reconciler": {"imagine": "python:3.13"}}})
    (tmp_path / "compose.yaml").write_text(wrong)
    assert "imagine" in compose_errors(tmp_path / "compose.yaml")


def test_compose_declares_what_it_names() -> None:
    service = COMPOSE["services"]["reconciler"]
    assert set(service["secrets"]) == set(COMPOSE["secrets"])
    assert service["read_only"]
    assert service["cap_drop"] == ["ALL"]
    used = set(re.findall(r"/run/secrets/(\w+)", " ".join(service["command"])))
    assert used == set(service["secrets"])
