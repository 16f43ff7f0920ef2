"""Write those parts of the README and of docs/ that the tool itself can say: commands, kinds, resources.

``python tests/docs/readme_sections.py`` writes them; the tests say when that is due.
"""

from __future__ import annotations

import inspect
import os
import re
import subprocess
import sys
import tempfile
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import COMMANDS, reconciler
from reconciler.contract.kind import FoundBy
from reconciler.emulator.catalogue import RESOURCES
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from reconciler.contract.kind import Kind

CHECKOUT = Path(__file__).resolve().parents[2]
README = CHECKOUT / "README.md"
REFERENCE = CHECKOUT / "docs" / "reference" / "commands.md"
MANIFESTS = CHECKOUT / "docs" / "manifests.md"
PLATFORM = CHECKOUT / "docs" / "embedded-platform.md"
EXAMPLE = CHECKOUT / "examples" / "05-gitops-repository"
WIDTH = 80
WIDEST = 119
KINDS_HEAD = "| kind | is | found by |\n|---|---|---|\n"
NOW = "2030-01-14T14:00Z"


def main() -> None:
    """Write the README and the pages of docs/ with every generated part as it should be."""
    README.write_text(current(README.read_text("utf-8")), "utf-8")
    REFERENCE.write_text(reference(), "utf-8")
    MANIFESTS.write_text(with_every_kind(MANIFESTS.read_text("utf-8")), "utf-8")
    PLATFORM.write_text(with_every_resource(PLATFORM.read_text("utf-8")), "utf-8")


def with_every_kind(text: str) -> str:
    """The page on manifests with a row for each kind that has none yet, in the words of its module."""
    head, rows, rest = text.partition(KINDS_HEAD)[0], *_table_after(text, KINDS_HEAD)
    known = {row.split("`")[1] for row in rows}
    return head + KINDS_HEAD + "".join([*rows, *(kind_row(KINDS[it]) for it in KINDS if it not in known)]) + rest


def _table_after(text: str, head: str) -> tuple[list[str], str]:
    body = text.partition(head)[2]
    rows = re.match(r"(?:\|[^\n]*\n)*", body)
    taken = rows[0] if rows else ""
    return taken.splitlines(keepends=True), body[len(taken) :]


def kind_row(kind: Kind) -> str:
    """What a kind is and how its objects are found, as a row of the table."""
    about = (inspect.getdoc(type(kind)) or "").partition("\n")[0].rstrip(".")
    known_by = getattr(kind, "known_by", ()) or ((getattr(kind, "label", "name"),),)
    keys = ", else its ".join(" and ".join(names) for names in known_by)
    bound = "the id in the state, else " if kind.found_by is FoundBy.BINDING else ""
    return f"| `{kind.name}` | {about[:1].lower()}{about[1:]} | {bound}its {keys} |\n"


def with_every_resource(text: str) -> str:
    """The page about the embedded platform with the names of all its resources."""
    names = textwrap.wrap(", ".join(f"`{it.name}`" for it in RESOURCES), WIDEST, break_on_hyphens=False)
    return re.sub(r"(?<=\nResources:\n)(?:`.*\n)+", lambda _: "\n".join(names) + ".\n", text)


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
