"""Show how the command line answers mistakes in its use, as a process of its own."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from reconciler.cli import COMMANDS, main

if TYPE_CHECKING:
    from pathlib import Path

AGENT = "apiVersion: reconciler/v1\nkind: Agent\nmetadata: {name: desk}\nspec: {prompt: Hello., voice: olivia}\n"


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "reconciler.yaml").write_text("{}\n", encoding="utf-8")
    (tmp_path / "manifests").mkdir()
    (tmp_path / "manifests" / "a.yaml").write_text(AGENT, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    for name in ("THUNDERPHONE_API_KEY", "THUNDERPHONE_API_BASE_URL", "RECONCILER_STATE"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


def run(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "reconciler", *arguments],
        env={"PATH": os.environ["PATH"], **environment},
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=120,
        check=False,
    )


def test_help_is_a_process_that_names_every_command_and_exit_code() -> None:
    done = run("--help")
    assert (done.returncode, done.stderr) == (0, "")
    assert all(re.search(rf"(?m)^  {name}\s", done.stdout) for name in COMMANDS)
    assert all(re.search(rf"(?m)^\s+{code}\s+[a-z]", done.stdout) for code in (0, 1, 2, 3, 4, 5, 130))


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([command, "--help"]) == 0
    said = capsys.readouterr()
    assert said.err == ""
    assert f"Usage: reconciler {command}" in said.out
    assert "--help" in said.out


@pytest.mark.parametrize(
    "arguments",
    [
        ("--nonsense",), ("plann",), ("plan", "--nonsense"), ("plan", "--format", "xml"),
        ("apply", "--parallelism", "0"),
        ("apply", "--parallelism", "many"), ("dispatch", "--lookahead", "soon"), ("plan", "--now", "yesterday"),
        ("plan", "--target", "desk"), ("plan", "--target", "Robot/desk"), ("plan", "-l", "team"), ("plan", "nowhere"),
        ("plan", "--env", "staging"), ("validate", "--emulator"), ("plan", "--state", "mysql://x", "--emulator"),
        ("emulator", "--port", "99999"), ("plan", "--api-key-file", "nowhere"),
        ("plan", "--out", "no/such/folder/plan.json", "--emulator"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_a_mistake_in_use_exits_1_and_says_which(
    project: Path, capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    assert main(list(arguments)) == 1
    said = capsys.readouterr()
    assert said.err.strip()
    assert "internal error" not in said.err
    assert "Traceback" not in said.err


def test_no_command_at_all_shows_the_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) in (0, 1)
    said = capsys.readouterr()
    assert "Usage: reconciler" in said.out + said.err


def test_a_misspelt_command_is_offered_the_right_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["aply"]) == 1
    assert "Did you mean 'apply'?" in capsys.readouterr().err


def test_without_a_key_or_the_emulator_both_ways_on_are_named(project: Path) -> None:
    done = run("plan")
    assert done.returncode == 1
    assert "THUNDERPHONE_API_KEY" in done.stderr
    assert "--emulator" in done.stderr


@pytest.mark.parametrize(
    "address",
    ["http://api.thunderphone.com", "http://10.0.0.1", "http://127.0.0.1.example.com", "http://0.0.0.0:1",
     "ftp://127.0.0.1", "https://user:secretpw@example.com", "https://app.thunderphone.com", "nonsense", "https://"],
)  # fmt: skip
def test_a_key_is_never_sent_to_an_address_that_is_none(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("THUNDERPHONE_API_KEY", "sk_live_never_sent")
    assert main(["plan", "--api-url", address]) == 1
    said = capsys.readouterr()
    assert "address" in said.err
    assert "secretpw" not in said.err
    assert "sk_live_never_sent" not in said.err


@pytest.mark.parametrize("content", ["", "two words", "pk_live_publishable", "sk_live_ä", "k" * 5000])
def test_what_is_no_key_is_not_taken_for_one(project: Path, capsys: pytest.CaptureFixture[str], content: str) -> None:
    (project / "key").write_text(content, encoding="utf-8")
    assert main(["plan", "--api-key-file", "key"]) == 1
    assert "key" in capsys.readouterr().err


def test_an_unreachable_api_is_said_in_words(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("reconciler.api.retry.RetryPolicy.pause", lambda *_, **__: None)
    monkeypatch.setenv("THUNDERPHONE_API_KEY", "sk_live_x")
    assert main(["plan", "--api-url", "http://127.0.0.1:9"]) == 1
    assert "127.0.0.1:9" in capsys.readouterr().err


def test_a_fixed_clock_is_refused_where_something_is_written_for_real(
    project: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("THUNDERPHONE_API_KEY", "sk_live_x")
    for command in (["apply", "--yes"], ["dispatch"]):
        assert main([*command, "--now", "2026-12-01T00:00:00Z", "--api-url", "http://127.0.0.1:9"]) == 1
        assert "--now" in capsys.readouterr().err


def test_a_pipe_that_closes_early_is_no_error(project: Path) -> None:
    command = f"{sys.executable} -m reconciler plan --emulator --full | head -1"
    done = subprocess.run(
        ["bash", "-o", "pipefail", "-c", command], capture_output=True, text=True, timeout=120, check=False
    )
    assert done.stderr == "", done.stderr
    assert done.returncode == 0


def test_the_emulator_needs_no_key_and_errors_are_json_where_json_was_asked_for(
    project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["plan", "--emulator", "--detailed-exitcode"]) == 2
    capsys.readouterr()
    (project / "manifests" / "a.yaml").write_text("a: [\n", encoding="utf-8")
    assert main(["plan", "--emulator", "--format", "json"]) == 1
    assert '"code": "RC101"' in capsys.readouterr().out


def test_a_misspelt_schema_is_told_the_nearest(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["schema", "Agnt"]) == 1
    assert "did you mean `agent`?" in capsys.readouterr().err
