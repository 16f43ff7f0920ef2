"""Show that completing is right, and as quick as --version."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import reconciler.cli.completion as completing
from reconciler.cli import COMMANDS, main
from reconciler.cli import reconciler as group

# What takes long to import: models, HTTP, YAML, telephone numbers, the renderers.
SLOW = {
    "pydantic",
    "httpx",
    "yaml",
    "phonenumbers",
    "deepdiff",
    "ruamel",
    "reconciler.cli.session",
    "reconciler.render",
}
ASK = """
import sys, atexit
atexit.register(lambda: sys.stderr.write("\\n".join(sys.modules)))
from reconciler.cli import main
main()
"""


def completed(*words: str) -> tuple[set[str], set[str]]:
    """What bash would be offered for the last word, and the modules that were loaded for it."""
    done = subprocess.run(
        [sys.executable, "-c", ASK],
        env={
            "PATH": os.environ["PATH"],
            completing.VARIABLE: "bash_complete",
            "COMP_WORDS": " ".join(["reconciler", *words]),
            "COMP_CWORD": str(len(words)),
        },
        capture_output=True,
        encoding="utf-8",
        check=True,
        timeout=60,
    )
    return {line.partition(",")[2] for line in done.stdout.splitlines()}, set(done.stderr.splitlines())


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
        (["completion", ""], {"bash", "zsh", "fish"}),
    ],
)
def test_completing_loads_nothing_that_is_slow(words: list[str], offered: set[str]) -> None:
    found, loaded = completed(*words)
    assert found == offered
    assert loaded & SLOW == set()


def test_every_command_is_offered() -> None:
    found, _ = completed("")
    assert found == set(COMMANDS)


def test_the_outline_is_current() -> None:
    written = json.loads(Path(completing.__file__).with_name("outline.json").read_text("utf-8"))
    assert completing.outline(group) == written, "run: python -m reconciler.cli.completion"


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
        timeout=60,
    )
    assert done.stdout.strip() == "dispatch"


def test_an_unknown_shell_is_a_usage_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", "tcsh"]) == 1
    assert "'bash', 'zsh', 'fish'" in capsys.readouterr().err
