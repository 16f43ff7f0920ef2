"""`reconciler state secret`: what the platform showed once and the state keeps sealed."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler.cli import completed_values
from reconciler.cli.addresses import address_of
from reconciler.cli.common_options import verb
from reconciler.cli.delivery import write_private
from reconciler.cli.session import Session
from reconciler.errors import InputError
from reconciler.sealing import Sealing
from reconciler.state import shown_once

if TYPE_CHECKING:
    from reconciler.cli.options import Options


@verb("secret", paths=False, formats=("text",))
@click.argument("address", shell_complete=completed_values.addresses)
@click.option("--out", type=click.Path(path_type=Path), metavar="FILE", help="Write it there, for its owner alone.")
def secret(options: Options, address: str, out: Path | None) -> int:
    """Open what the platform showed once for KIND/NAME, on a terminal or into a file (mode 0600)."""
    wanted = address_of(address)
    with Session(options, read_only=True) as session:
        _, target = session.connect()
        sealed = shown_once.kept(session.ledger(target), wanted)
        if sealed is None:
            hint = "only what a create showed is kept, and only where the document has no `secret_to`"
            raise InputError(f"no secret of `{wanted}` is kept", code="RC633", hint=hint)
        if out is None and not sys.stdout.isatty():
            message = "a secret is printed on a terminal alone"
            raise InputError(message, code="RC307", hint=f"reconciler state secret {wanted} --out FILE")
        project = session.project
        opened = Sealing(project.settings.secrets, project.root, os.environ).open(sealed)
        if out is not None:
            write_private(out, opened)
            session.output.talk(f"{out}: the secret of {wanted}")
            return 0
    sys.stdout.write(opened.decode())
    return 0
