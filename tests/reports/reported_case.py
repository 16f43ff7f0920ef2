"""One reported fault as data: files, commands, and what is right to come of them.

A case is a folder: ``files/`` is the project as it was, ``commands.console`` what was typed. Lines that begin with
``$`` are run in bash, one after the other, with ``reconciler`` on the path; ``# exit N`` at the end is the exit code, 0
where nothing is said. The lines below a command are texts that must be in what it prints, in this order; one that
begins with ``! `` must not be in it. Anything before the first command says what the case is about.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

CASES = Path(__file__).with_name("cases")
CHECKOUT = Path(__file__).resolve().parents[2]
_EXIT = re.compile(r"\s+# exit (\d+)$")
_WIDE = "200"  # so that no expected text is broken


@dataclass(frozen=True)
class Step:
    """A command with what it must and must not print, and how it must end."""

    typed: str
    code: int
    said: tuple[str, ...]
    unsaid: tuple[str, ...]

    def complaint(self, code: int, printed: str) -> str:
        """What is wrong with how it went, "" when nothing is."""
        wrong = [f"exit {code}, and not {self.code}"] if code != self.code else []
        rest = printed
        for text in self.said:
            before, found, rest = rest.partition(text)
            wrong += [] if found else [f"nothing says {text!r} (after what is said before)"]
            rest = rest if found else before
        wrong += [f"{text!r} is said" for text in self.unsaid if text in printed]
        return f"$ {self.typed}\n{printed}\n--- " + "; ".join(wrong) if wrong else ""


def cases() -> list[Path]:
    """Every case."""
    return sorted(path.parent for path in CASES.glob("*/commands.console"))


def steps(case: Path) -> list[Step]:
    """The commands of a case."""
    text = (case / "commands.console").read_text("utf-8")
    return [_step(*part.partition("\n")[::2]) for part in re.split(r"^\$ ", text, flags=re.MULTILINE)[1:]]


def _step(shown: str, below: str) -> Step:
    lines = [line for line in below.splitlines() if line.strip()]
    found = _EXIT.search(shown)
    return Step(
        typed=_EXIT.sub("", shown),
        code=int(found[1]) if found else 0,
        said=tuple(line for line in lines if not line.startswith("! ")),
        unsaid=tuple(line.removeprefix("! ") for line in lines if line.startswith("! ")),
    )


def complaints(case: Path, place: Path) -> list[str]:
    """What did not go as it is right to, in a copy of the case's files."""
    project, program = place / "project", place / "bin" / "reconciler"
    project.mkdir()
    if (case / "files").is_dir():
        shutil.copytree(case / "files", project, dirs_exist_ok=True)
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', "utf-8")
    program.chmod(0o755)
    return [said for step in steps(case) if (said := step.complaint(*_run(step.typed, project, place)))]


def _run(typed: str, project: Path, place: Path) -> tuple[int, str]:
    """The exit code, and stdout and stderr together."""
    foreign = ("THUNDERPHONE_", "RECONCILER_", "GITHUB_", "GITLAB_", "CI_", "GIT_")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    done = subprocess.run(
        ["bash", "-c", typed],
        cwd=project,
        env=kept
        | {
            "PATH": f"{place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": _WIDE,
            "NO_COLOR": "1",
            "HOME": str(place),
            "GIT_AUTHOR_NAME": "a",
            "GIT_AUTHOR_EMAIL": "a@example.com",
            "GIT_COMMITTER_NAME": "a",
            "GIT_COMMITTER_EMAIL": "a@example.com",
        },  # fmt: skip - pairs
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
        timeout=120,
    )
    return done.returncode, done.stdout
