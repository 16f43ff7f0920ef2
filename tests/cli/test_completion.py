"""Show that commands, options and their values are completed."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest
from click.shell_completion import CompletionItem

import reconciler.cli.completion as completing
from reconciler.cli import COMMANDS, main, reconciler
from reconciler.cli.calls import command as calls
from reconciler.diagnostics.codes import CODES
from reconciler.kinds import KINDS

POWERSHELL = ", 'powershell'" if "powershell" in completing.SHELLS else ""
PROJECT = """\
environments: {live: {organization: 42}, staging: {}}
"""
MANIFESTS = """\
apiVersion: reconciler/v1
kind: Agent
metadata: {name: front-desk}
spec: {prompt: Hello., voice: olivia}
---
apiVersion: reconciler/v1
kind: ScheduledCall
metadata: {name: confirm-jane}
spec: {to_number: "+14155550199", at: 2030-01-15T10:00:00Z}
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "manifests").mkdir()
    (tmp_path / "reconciler.yaml").write_text(PROJECT, encoding="utf-8")
    (tmp_path / "manifests" / "a.yaml").write_text(MANIFESTS, encoding="utf-8")
    return tmp_path


def completed(folder: Path, *words: str) -> set[str]:
    """What bash would be offered for the last word, in a folder."""
    done = subprocess.run(
        [sys.executable, "-m", "reconciler"],
        cwd=folder,
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(Path(completing.__file__).parents[2]),
            completing.VARIABLE: "bash_complete",
            "COMP_WORDS": " ".join(["reconciler", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    assert done.stderr == ""
    return {line.partition(",")[2] for line in done.stdout.splitlines() if line}


@pytest.mark.parametrize(
    ("words", "offered"),
    [
        (["pl"], {"plan"}),
        (["plan", "--detailed"], {"--detailed-exitcode"}),
        (["plan", "--format", "sar"], {"sarif"}),
        (["apply", "--comment", ""], {"github", "gitlab"}),
        (["calls", "ho"], {"hold"}),
        (["calls", "--wa"], {"--watch"}),
        (["state", "un"], {"unlock"}),
        (["completion", ""], set(completing.SHELLS)),
        (["plan", "--env", ""], {"live", "staging"}),
        (["plan", "--target", "Agent/"], {"Agent/front-desk"}),
        (["apply", "--exclude", ""], {"Agent/front-desk", "ScheduledCall/confirm-jane"}),
        (["calls", "hold", ""], {"confirm-jane"}),
        (["calls", "resolve", "conf"], {"confirm-jane"}),
        (["state", "forget", "Ag"], {"Agent/front-desk"}),
        (["explain", "RC12"], {code for code in CODES if code.startswith("RC12")}),
        (["explain", "AutoR"], {"AutoReload"}),
        (["schema", "Phone"], {kind for kind in KINDS if kind.startswith("Phone")}),
    ],
)
def test_commands_options_and_values_are_completed(project: Path, words: list[str], offered: set[str]) -> None:
    found = completed(project, *words)
    assert found == offered if words[-1] else found >= offered


@pytest.mark.parametrize("broken", ["environments: [", "\x00", "environments: 5"])
def test_a_file_that_is_being_written_completes_to_nothing_and_says_nothing(project: Path, broken: str) -> None:
    (project / "reconciler.yaml").write_text(broken, encoding="utf-8")
    (project / "manifests" / "a.yaml").write_text("kind: [", encoding="utf-8")
    assert completed(project, "plan", "--env", "") == set()
    assert completed(project, "calls", "hold", "") == set()


@pytest.mark.parametrize("command", ["plan", "apply", "validate"])
def test_a_tab_loads_what_declares_a_command_and_nothing_that_runs_it(tmp_path: Path, command: str) -> None:
    script = (
        "import sys\n"
        "from reconciler.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print(sorted({name.partition('.')[0] for name in sys.modules} & {'pydantic', 'yaml', 'httpx', 'zoneinfo'}))\n"
        "print(sorted(name for name in sys.modules if name.startswith(('reconciler.model', 'reconciler.planning'))))\n"
    )
    words = {"_RECONCILER_COMPLETE": "bash_complete", "COMP_WORDS": f"reconciler {command} --", "COMP_CWORD": "2"}
    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env={**os.environ, **words},
        capture_output=True,
        text=True,
        check=True,
    )
    *offered, libraries, own = done.stdout.splitlines()
    assert "plain,--env" in offered
    assert (libraries, own) == ("[]", "[]")


def test_every_command_is_offered(tmp_path: Path) -> None:
    assert completed(tmp_path, "") == set(COMMANDS)


def test_a_verb_is_described_by_its_whole_first_sentence(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    context = click.Context(calls, info_name="calls", parent=click.Context(reconciler, **reconciler.context_settings))
    told = {item.value: item.help or "" for item in calls.shell_complete(context, "")}
    assert told["hold"] == calls.commands["hold"].get_short_help_str(1_000)
    assert not any(text.endswith("...") for text in told.values())


def test_fish_shows_a_description_to_its_end(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "fish"]) == 0
    assert 'string split --max 1 ","' in capsys.readouterr().out
    item = CompletionItem("hold", help="Let a call wait,\nuntil it is released.")
    completer = completing.WholeDescriptions(click.Command("reconciler"), {}, "reconciler", completing.VARIABLE)
    assert completer.format_completion(item) == "plain,hold\tLet a call wait, until it is released."


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_script_asks_the_tool(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert f"{completing.VARIABLE}={shell}_complete" in script


def test_bash_completes_with_the_script(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main(["completion", "bash"])
    script = tmp_path / "reconciler.bash"
    script.write_text(capsys.readouterr().out, encoding="utf-8")
    tool = tmp_path / "reconciler"
    tool.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', encoding="utf-8")
    tool.chmod(0o755)
    words = "COMP_WORDS=(reconciler disp) COMP_CWORD=1"
    ask = f"source {script}; {words}; _reconciler_completion reconciler; echo ${{COMPREPLY[*]}}"
    done = subprocess.run(
        [shutil.which("bash") or "bash", "-c", ask],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}"},
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=120,
    )
    assert done.stdout.strip() == "dispatch"


def test_an_unknown_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 1
    assert f"'bash', 'zsh', 'fish'{POWERSHELL}" in capsys.readouterr().err


@pytest.mark.skipif(not POWERSHELL, reason="click speaks PowerShell from version 8.5 on")
def test_powershell_asks_the_tool(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "powershell"]) == 0
    script = capsys.readouterr().out
    assert script.startswith("Register-ArgumentCompleter -Native -CommandName reconciler")
    assert f"$env:{completing.VARIABLE} = 'powershell_complete'" in script
