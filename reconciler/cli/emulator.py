"""`reconciler emulator`: the embedded platform on a socket."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from reconciler.cli.common_options import verb
from reconciler.cli.session import Session

if TYPE_CHECKING:
    from reconciler.cli.options import Options


@verb("emulator")
@click.option("--port", type=click.IntRange(0, 65535), default=8765, show_default=True,
              help="Port on 127.0.0.1; 0 for any free one.")  # fmt: skip
def command(options: Options, port: int) -> int:
    """Serve the embedded platform on loopback until interrupted.

    It keeps its account in .reconciler/emulator.db, the one that --emulator uses. Any key will do.
    """
    from reconciler.emulator import EMULATED_KEY, serve  # noqa: PLC0415 - only here

    with (
        Session(replace(options, emulator=True), read_only=True) as session,
        serve(session.platform(), port=port) as server,
    ):
        click.echo(f"export THUNDERPHONE_API_BASE_URL={server.url}")
        click.echo(f"export THUNDERPHONE_API_KEY={EMULATED_KEY}")
        session.output.talk(f"serving on {server.url}; stop with Ctrl-C")
        with suppress(KeyboardInterrupt):
            session.stopping.wait()
    return 0
