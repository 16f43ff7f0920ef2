"""Do what a page of docs/ says, in a folder of its own, and to compare what comes of it.

A page starts from a copy of an example (``<!-- example: NAME -->``) or from an empty folder (``<!-- empty -->``). A
block of YAML whose first line is a comment with a path becomes that file; a block below ``<!-- PATH -->`` does so
too. The lines of a console block that begin with ``$`` are run in a shell; what follows one is what it must print,
``…`` stands for any number of lines, and ``# exit N`` after a command is its exit code. Without output only the
exit code counts.

``python tests/docs/docs_pages.py`` writes what is printed today into every answer that is shown whole.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

from readme_sections import CHECKOUT, WIDTH

if TYPE_CHECKING:
    from collections.abc import Iterator

DOCS = CHECKOUT / "docs"
ELISION = "…"
_PART = re.compile(
    r"<!-- (?:example: (?P<example>\S+)|(?P<empty>empty)) -->"
    r"|(?:<!-- (?P<above>[\w./-]+\.\w+) -->\n)?```(?P<language>\w+)\n(?P<body>.*?)```",
    re.DOTALL,
)
_PATH = re.compile(r"# ([\w./-]+\.ya?ml)\n")
_EXIT = re.compile(r"\s+# exit (\d+)$")


@dataclass(frozen=True)
class Command:
    """A line of a console block: what is typed, what it shall print and how it shall end."""

    shown: str
    output: str

    @property
    def typed(self) -> str:
        return _EXIT.sub("", self.shown)

    @property
    def code(self) -> int:
        found = _EXIT.search(self.shown)
        return int(found[1]) if found else 0

    def accepts(self, printed: str) -> bool:
        """Whether the page shows this; no output shown is any output."""
        if not self.output:
            return True
        lines = [".*" if line.strip() == ELISION else re.escape(line) for line in self.output.splitlines()]
        return re.fullmatch("\n".join(lines), printed.rstrip("\n"), re.DOTALL) is not None


@dataclass
class Folder:
    """Where a page is tried: a project below ``place``, and a shell that finds `reconciler`."""

    place: Path
    numbers: Iterator[int] = field(default_factory=count)
    root: Path = field(init=False)

    def __post_init__(self) -> None:
        program = self.place / "bin" / "reconciler"
        program.parent.mkdir()
        program.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m reconciler "$@"\n', "utf-8")
        program.chmod(0o755)
        self.start(None)

    def start(self, example: str | None) -> None:
        self.root = self.place / f"project-{next(self.numbers)}"
        if example is None:
            self.root.mkdir()
            return
        shutil.copytree(
            CHECKOUT / "examples" / example, self.root, ignore=shutil.ignore_patterns(".reconciler", "plan.json")
        )

    def write(self, path: str, text: str) -> None:
        target = self.root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text, "utf-8")

    def run(self, command: Command) -> tuple[int, str]:
        """The exit code and what stands on the terminal, stdout and stderr together."""
        done = subprocess.run(
            ["sh", "-c", command.typed],
            cwd=self.root,
            env=self._environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            encoding="utf-8",
            check=False,
            timeout=120,
        )
        return done.returncode, "\n".join(line.rstrip() for line in done.stdout.splitlines())

    def _environment(self) -> dict[str, str]:
        foreign = ("THUNDERPHONE_", "RECONCILER_", "GITHUB_", "GITLAB_", "CI_", "GIT_")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return kept | {
            "PATH": f"{self.place / 'bin'}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": str(CHECKOUT),
            "PYTHONIOENCODING": "utf-8",
            "COLUMNS": str(WIDTH),
            "NO_COLOR": "1",
            "HOME": str(self.place),
        }


def pages() -> list[Path]:
    """Every page, the index included."""
    return sorted(DOCS.glob("*.md"))


def commands(body: str) -> list[Command]:
    """The commands of a console block."""
    parts = re.split(r"^\$ ", body, flags=re.MULTILINE)
    if parts[0].strip():
        raise ValueError(f"a console block begins with a command, not with {parts[0]!r}")
    return [Command(*(it.rstrip("\n") for it in part.partition("\n")[::2])) for part in parts[1:]]


def complaints(page: Path, place: Path) -> list[str]:
    """What the page says and the tool does not do; [] when all is true."""
    folder, found = Folder(place), []
    for part in _PART.finditer(page.read_text("utf-8")):
        for command in _steps(part, folder):
            code, printed = folder.run(command)
            if code != command.code or not command.accepts(printed):
                found.append(
                    f"{page.name}: $ {command.shown}\nexit {code}\n{printed}\n--- and not ---\n{command.output}"
                )
    return found


def _steps(part: re.Match[str], folder: Folder) -> list[Command]:
    """Do what a part says about files, and give the commands it has."""
    if part["example"] or part["empty"]:
        folder.start(part["example"])
        return []
    path = part["above"] or ((named := _PATH.match(part["body"])) and named[1])
    if path:
        folder.write(path, part["body"])
    return commands(part["body"]) if part["language"] == "console" else []


def current(page: Path, place: Path) -> str:
    """The page with every answer that it shows whole as it is today."""
    folder = Folder(place)

    def rewritten(part: re.Match[str]) -> str:
        steps = _steps(part, folder)
        if not steps:
            return part[0]
        return "```console\n" + "".join(_answered(it, *folder.run(it)) for it in steps) + "```"

    return _PART.sub(rewritten, page.read_text("utf-8"))


def _answered(command: Command, code: int, printed: str) -> str:
    """The command with its answer; one that ends as the page does not say is left for a person to look at."""
    whole = command.output and ELISION not in [line.strip() for line in command.output.splitlines()]
    output = printed if whole and code == command.code else command.output
    return f"$ {command.shown}\n" + (f"{output}\n" if output else "")


def main() -> None:
    """Write the pages as they should be."""
    for page in pages():
        with tempfile.TemporaryDirectory() as place:
            page.write_text(current(page, Path(place)), "utf-8")


if __name__ == "__main__":
    main()
