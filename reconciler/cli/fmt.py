"""`reconciler fmt`: one layout for every manifest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import declare
from reconciler.cli.session import Session
from reconciler.documents import reading
from reconciler.documents.files import replace_file
from reconciler.documents.formatting import canonical
from reconciler.errors import InputError
from reconciler.load.discovery import manifests_below
from reconciler.model import Finding, Location, Severity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from reconciler.cli.options import Options

_FORMAT = "reconciler.fmt/v1"


@declare("fmt", account=False)
@click.option("--check", is_flag=True, help="Write nothing; exit 1 and list the files that would change.")
def command(options: Options, check: bool) -> int:
    """Give the manifests one layout: order of keys, two spaces a level, quotes around telephone numbers.

    What a file says does not change, comments stay, and the keys of `spec` keep their order. A file that is not
    YAML is reported and left alone.
    """
    with Session(options, read_only=True) as session:
        files = sorted(set(_files(options.paths or [session.project.root / session.project.settings.manifests])))
        changed: list[str] = []
        broken: list[Finding] = []
        for file in files:
            shown = session.project.shown(file)
            try:
                text = file.read_bytes().decode()
                wanted = canonical(text)
            except (OSError, UnicodeDecodeError) as error:
                broken.append(Finding(Severity.ERROR, "RC105", f"cannot be read: {error}", location=Location(shown)))
                continue
            if wanted is None:
                broken += _problems(text, shown)
            elif wanted != text:
                changed.append(shown)
                if not check:
                    replace_file(file, wanted)
        _say(session, changed, broken, check=check)
    if broken:
        raise InputError("some files are left as they are", findings=broken)
    return 1 if check and changed else 0


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every manifest file below the paths: those that `validate` reads."""
    for path in paths:
        if path.is_file():
            yield path.resolve()
        elif not path.is_dir():
            raise InputError(f"there is no `{path}`", code="RC106", hint="check the spelling of the path")
        yield from manifests_below(path)


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
