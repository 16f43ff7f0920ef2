"""Show which environment a command acts on, and that it never guesses."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from reconciler.cli import main

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec: {prompt: Hello., voice: olivia}\n"
ENVIRONMENTS = "environments:\n  live: {organization: 42}\n  staging: {organization: 43}\n"
REACHING = (
    "plan",
    "apply --yes",
    "dispatch",
    "dispatch --dry-run",
    "drift",
    "doctor",
    "export",
    "calls",
    "calls hold --all",
    "calls release --all",
    "calls hold one",
    "calls cancel one",
    "calls resolve one",
    "calls adopt-history",
    "state show",
    "state locks",
    "state unlock",
    "state export",
    "state forget Agent/desk",
    "state move Agent/a Agent/b",
)  # fmt: skip - a list of commands


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text(ENVIRONMENTS, encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(AGENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "200")
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE", "RECONCILER_ENV"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", REACHING)
def test_a_command_that_reaches_for_account_or_state_refuses_to_guess_the_environment(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(command.split()) == 3
    assert (
        "RC310: this project declares environments, and none was chosen: `live`, `staging`" in capsys.readouterr().err
    )


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", ["plan --emulator", "validate", "apply --emulator --yes", "fmt --check"])
def test_offline_and_on_the_emulator_no_environment_is_needed(command: str) -> None:
    assert main(command.split()) == 0


@pytest.mark.usefixtures("project")
@pytest.mark.parametrize("command", ["plan --emulator", "validate", "apply --yes", "calls hold --all"])
def test_an_empty_environment_is_a_mistake_and_not_the_top_level(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main([*command.split(), "--env", ""]) == 1
    assert "RC122: `--env` names no environment: it is empty" in capsys.readouterr().err


@pytest.mark.usefixtures("project")
def test_the_variable_names_the_environment_and_the_option_wins(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("RECONCILER_ENV", "nowhere")
    assert main(["plan", "--emulator"]) == 1
    assert "no environment `nowhere`" in capsys.readouterr().err
    assert main(["plan", "--emulator", "--env", "live"]) == 0
    monkeypatch.setenv("RECONCILER_ENV", "live")
    assert main(["plan"]) == 1
    assert "RC123" in capsys.readouterr().err, "the environment is known, and a key is what is missing"


def test_the_default_environment_is_meant_where_none_is_named(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "reconciler.yaml").write_text(f"default_environment: staging\n{ENVIRONMENTS}", encoding="utf-8")
    assert main(["plan"]) == 1
    assert "RC123" in capsys.readouterr().err


def test_a_default_that_is_no_environment_is_an_error_at_its_line(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (project / "reconciler.yaml").write_text(f"default_environment: life\n{ENVIRONMENTS}", encoding="utf-8")
    assert main(["validate"]) == 1
    said = capsys.readouterr().err
    assert "reconciler.yaml:1:" in said
    assert "RC122: `default_environment` names no environment: `life`" in said
    assert "did you mean `live`?" in said
