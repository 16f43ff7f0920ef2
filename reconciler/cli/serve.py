"""`reconciler serve`: dial on the second, hear how calls end, show the day."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import distribution
from reconciler.cli.common_options import verb
from reconciler.cli.dispatch import Duration
from reconciler.cli.session import Session
from reconciler.errors import InputError

if TYPE_CHECKING:
    from reconciler.cli.options import Options

_MOST_SECRET_BYTES = 4_096


@verb("serve", formats=("text",))
@click.option("--listen", default="127.0.0.1:8414", show_default=True, metavar="HOST:PORT",
              help="Where to answer; anything but loopback needs --token-file.")  # fmt: skip
@click.option("--no-dispatch", is_flag=True, help="Receive and show only; place no call.")
@click.option("--webhook-secret-file", "secret_files", multiple=True, type=click.Path(path_type=Path), metavar="FILE",
              help="A file with the secret of the webhook endpoint; several while it is rotated.")  # fmt: skip
@click.option("--token-file", type=click.Path(path_type=Path), metavar="FILE",
              help="A file with the token that holds, releases, and reads from elsewhere.")  # fmt: skip
@click.option("--accept-v1", is_flag=True,
              help="Also take events with the older signature only, which can be replayed.")  # fmt: skip
@click.option("--every", type=Duration(), default=timedelta(seconds=15), show_default="15s", metavar="DURATION",
              help="How often to look by itself; due calls and events do not wait for it.")  # fmt: skip
@click.option("--log-format", type=click.Choice(("text", "json")), default="text", show_default=True,
              help="What stderr holds.")  # fmt: skip
def command(
    options: Options,
    listen: str,
    no_dispatch: bool,
    secret_files: tuple[Path, ...],
    token_file: Path | None,
    accept_v1: bool,
    every: timedelta,
    log_format: str,
) -> int:
    """Stay on: place due calls on the second, receive the platform's events, answer health, metrics and a page.

    Any number of replicas may share one state: each call is placed once. SIGTERM finishes what is in flight.
    """
    try:
        from reconciler.cli.serve_wiring import Wiring  # noqa: PLC0415 - needs the extra
        from reconciler.serve.access import address  # noqa: PLC0415 - as above
    except ModuleNotFoundError as error:
        raise InputError(
            f"`{error.name}` is not installed, which `serve` needs", code="RC124", hint=distribution.with_extra("serve")
        ) from None
    if every < timedelta(seconds=1):
        raise InputError("--every is at least a second", code="RC124", hint="--every 15s")
    at = address(listen)
    token = _secret(token_file).decode() if token_file else ""
    if not (at.is_loopback or token):
        raise InputError(
            f"{at} can be reached from elsewhere, and everybody could read and hold calls",
            code="RC124",
            hint="add --token-file FILE with a long random token, or listen on loopback: --listen 127.0.0.1:8414",
        )
    secrets = [_secret(file) for file in secret_files]
    for secret in (*(it.decode("utf-8", "replace") for it in secrets), token):
        if secret:
            options.output.hide_secret(secret)
    with Session(options, read_only=False) as session:
        wiring = Wiring(session, at, token=token, secrets=secrets, accept_v1=accept_v1, every=every, form=log_format)
        wiring.run(dispatching=not no_dispatch)
    return 0


def _secret(file: Path) -> bytes:
    """The one secret a file holds, without the line end behind it."""
    try:
        found = file.read_bytes()[: _MOST_SECRET_BYTES + 1].strip()
    except OSError as error:
        why = (error.strerror or str(error)).lower()
        raise InputError(f"`{file}` cannot be read: {why}", code="RC125", hint="one secret a file") from None
    if not found or len(found) > _MOST_SECRET_BYTES:
        raise InputError(f"`{file}` holds no secret", code="RC125", hint="one secret a file, nothing else")
    try:
        found.decode()
    except UnicodeDecodeError:
        raise InputError(f"`{file}` is not UTF-8", code="RC125", hint="one secret a file, nothing else") from None
    return found
