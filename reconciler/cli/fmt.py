"""`reconciler fmt`: quotes around what other YAML readers would misread."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import verb
from reconciler.cli.projects_below import in_each_project
from reconciler.cli.session import Session
from reconciler.documents import reading
from reconciler.documents.files import replace_file
from reconciler.documents.project_files import ProjectFiles, Unreadable
from reconciler.documents.quoting import quoted
from reconciler.errors import InputError
from reconciler.load.discovery import LARGEST_MANIFEST, manifest_files
from reconciler.model import Finding, Location, Severity

if TYPE_CHECKING:
    from pathlib import Path

    from reconciler.cli.options import Options

_FORMAT = "reconciler.fmt/v1"


@verb("fmt", account=False)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and list the files that would change.")
def command(options: Options, check: bool) -> int:
    """Put quotes around values that other YAML readers would misread: numbers, times of day, `no`.

    Nothing else changes. A file that is not YAML is reported and left alone.
    """
    return in_each_project(options, lambda own: _written(own, check=check))


def _written(options: Options, *, check: bool) -> int:
    with Session(options, read_only=True) as session:
        project = session.project
        gate = ProjectFiles(project.root)
        changed: list[str] = []
        broken: list[Finding] = []
        for file in manifest_files(options.paths, project):
            shown = project.shown(file)
            text = _text(gate, file)
            if isinstance(text, Unreadable):
                message = f"the file {text.message}"
                broken.append(Finding(Severity.ERROR, text.code, message, text.hint, location=Location(shown)))
            elif (wanted := quoted(text)) is None:
                broken += _problems(text, shown)
            elif wanted != text:
                changed.append(shown)
                if not check:
                    replace_file(file, wanted)
        _say(session, changed, broken, check=check)
    if broken:
        raise InputError("some files are left as they are", findings=broken)
    return 1 if check and changed else 0


def _text(gate: ProjectFiles, file: Path) -> str | Unreadable:
    content = gate.read(file, largest=LARGEST_MANIFEST)
    if isinstance(content, Unreadable):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        return Unreadable("RC105", "is not UTF-8", "save it as UTF-8")


def _problems(text: str, shown: str) -> list[Finding]:
    return [
        Finding(Severity.ERROR, part.code, part.message, part.hint, location=part.location)
        for part in reading.read(text, shown)
        if isinstance(part, reading.Problem)
    ]


def _say(session: Session, changed: list[str], broken: list[Finding], *, check: bool) -> None:
    """The files that changed, or would; where some cannot be read and JSON was asked for, the error is the document."""
    output = session.output
    if output.form == "json":
        if not broken:
            output.json({"format": _FORMAT, "check": check, "changed": changed})
        return
    for shown in changed:
        output.data(f"- `{shown}`" if output.form == "markdown" else shown)
    if not broken:
        word = "would change" if check else "written"
        output.talk(f"{len(changed)} {'file' if len(changed) == 1 else 'files'} {word}")
