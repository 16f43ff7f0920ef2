"""Write those parts of the README, and the page of commands, that the tool itself can say.

``python tests/docs/readme_sections.py`` writes them; the tests say when that is due.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import click

from reconciler.cli import COMMANDS, reconciler

CHECKOUT = Path(__file__).resolve().parents[2]
README = CHECKOUT / "README.md"
REFERENCE = CHECKOUT / "docs" / "reference" / "commands.md"
EXAMPLE = CHECKOUT / "examples" / "05-gitops-repository"
WIDTH = 80
NOW = "2030-01-14T14:00Z"


def main() -> None:
    """Write the README and the page of commands with every generated part as it should be."""
    README.write_text(current(README.read_text("utf-8")), "utf-8")
    REFERENCE.write_text(reference(), "utf-8")


def reference() -> str:
    """The page of commands."""
    helps = "\n\n".join(f"```text\n{said}\n```" for said in help_of_all())
    return f"# Commands\n\nThe help of the tool and of every command, as `--help` prints it.\n\n{helps}\n"


def current(text: str) -> str:
    """The README with every generated part as it should be."""
    parts = {
        "plan": f"```console\n{plan_of(manifest(text))}```\n",
        "reconciler.yaml": f"```yaml\n{_pinned()}```\n\n",
        "commands": commands(),
    }
    for name, body in parts.items():
        text = _replaced(text, name, body)
    return text


def _replaced(text: str, name: str, body: str) -> str:
    start = f"<!-- {name} -->\n"
    pattern = re.compile(re.escape(start) + r".*?(?=<!-- )", re.DOTALL)
    if len(pattern.findall(text)) != 1:
        raise LookupError(f"README.md has no part `{name}`")
    return pattern.sub(lambda _: start + body, text)


def manifest(text: str) -> str:
    """The first manifest, as the README shows it."""
    found = re.search(r"<!-- manifest -->\n```yaml\n(.*?)```\n", text, re.DOTALL)
    if found is None:
        raise LookupError("README.md has no first manifest")
    return found[1]


def plan_of(document: str) -> str:
    """The command and what it prints for the manifest on a new emulator."""
    command = ["plan", "--emulator", "--now", NOW]
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        (root / "reconciler.yaml").touch()
        (root / "manifests").mkdir()
        (root / "manifests" / "confirmations.yaml").write_text(document, "utf-8")
        done = subprocess.run(
            [sys.executable, "-m", "reconciler", *command],
            cwd=root,
            env={**_quiet_environment(), "PYTHONPATH": str(CHECKOUT)},
            capture_output=True,
            encoding="utf-8",
            check=True,
            timeout=120,
        )
    return f"$ reconciler {' '.join(command)}\n{done.stdout}"


def _quiet_environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("THUNDERPHONE_", "RECONCILER_"))}
    return {**kept, "COLUMNS": str(WIDTH), "NO_COLOR": "1", "PYTHONIOENCODING": "utf-8"}


def _pinned() -> str:
    """The environment of the example's project file, which the workflow names."""
    text = (EXAMPLE / "reconciler.yaml").read_text("utf-8")
    return text[text.index("environments:") :]


def commands() -> str:
    """The table of commands, in the order of a working day."""
    rows = "".join(f"| `{name}` | {said} |\n" for name, said in COMMANDS.items())
    return f"| command | does |\n|---|---|\n{rows}"


def help_of_all() -> list[str]:
    """The help of the tool, of every command and of every command below those."""
    return list(_help(reconciler, None, "reconciler"))


def _help(command: click.Command, parent: click.Context | None, name: str) -> list[str]:
    context = click.Context(
        command,
        parent,
        info_name=name,
        terminal_width=WIDTH - 2,  # as click itself does at a terminal of that width
        help_option_names=["-h", "--help"],
    )
    found = [f"$ {context.command_path} --help\n{command.get_help(context).rstrip()}"]
    if isinstance(command, click.Group):
        for below in command.list_commands(context):
            inner = command.get_command(context, below)
            if inner is not None:
                found += _help(inner, context, below)
    return found


if __name__ == "__main__":
    main()
