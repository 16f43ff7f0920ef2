"""`reconciler seal`: a file that only the project's recipients can read, to be committed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import verb
from reconciler.cli.delivery import write_private
from reconciler.cli.session import Session
from reconciler.documents.project_files import ProjectFiles, Unreadable, read_limited
from reconciler.errors import InputError
from reconciler.sealing import SUFFIX, Sealing

if TYPE_CHECKING:
    from reconciler.cli.options import Options

_LARGEST = 20 << 20


@verb("seal", paths=False, account=False, formats=("text",))
@click.argument("file", type=click.Path(path_type=Path))
def command(options: Options, file: Path) -> int:
    """Seal FILE for the recipients in reconciler.yaml, as FILE.age beside it; FILE itself is left alone.

    The sealed file may be committed and named in a manifest: `value: {file: token.age}`.
    """
    with Session(options, read_only=True) as session:
        if file.suffix == SUFFIX:
            raise InputError(f"`{file}` is sealed by its name", code="RC124", hint="name the file in clear")
        data = read_limited(file, largest=_LARGEST)
        if isinstance(data, Unreadable):
            raise InputError(f"`{file}` {data.message}", code="RC125", hint=data.hint)
        sealed = file.with_name(file.name + SUFFIX)
        project = session.project
        write_private(sealed, Sealing(project.settings.secrets, project.root, os.environ).seal(data))
        session.output.data(str(sealed))
        if ProjectFiles(project.root).would_be_kept(file):
            session.output.talk(f"git would keep `{file}` in clear: delete it, or add it to .gitignore")
    return 0
