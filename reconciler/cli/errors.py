"""Errors that end a run, as words and an exit code."""

from __future__ import annotations

import os
import traceback
from typing import TYPE_CHECKING

import click

from reconciler.errors import InputError, Interrupted, PlanRefused, ReconcilerError
from reconciler.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.options import Options

ERROR, REFUSED, INTERRUPTED = 1, 3, 130


def reported(run: Callable[[], int], options: Options) -> int:
    """Run a command; whatever it raises becomes a message and a code, never a traceback for a user's mistake."""
    try:
        return run()
    except ReconcilerError as error:
        show(error, options)
        return code_of(error)
    except KeyboardInterrupt:
        click.echo("interrupted", err=True)
        return INTERRUPTED
    except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
        raise
    except OSError as error:
        show(_unusable(error), options)
        return ERROR
    except Exception as error:  # noqa: BLE001 - the last fence: a bug of ours is said in one line, with a way to tell us
        if os.environ.get("RECONCILER_DEBUG"):
            click.echo(options.output.clean(traceback.format_exc()), err=True)
        click.echo(
            f"internal error: {type(error).__name__}: this is a bug of reconciler's; what was done is recorded\n"
            "hint: run plan to see where things stand; RECONCILER_DEBUG=1 shows where it happened",
            err=True,
        )
        return ERROR


def _unusable(error: OSError) -> InputError:
    """What the operating system would not do with a file or a stream: a full disk, a folder that may not be written."""
    what = f"`{error.filename}`" if error.filename else "the output"
    why = (error.strerror or type(error).__name__).lower()
    return InputError(
        f"{what} cannot be read or written: {why}",
        code="RC125",
        hint="check the disk and the permissions, then run the command again: what was done is recorded",
    )


def code_of(error: ReconcilerError) -> int:
    """The exit code of an error that ended a run."""
    if isinstance(error, Interrupted):
        return INTERRUPTED
    return REFUSED if isinstance(error, PlanRefused) else ERROR


def show(error: ReconcilerError, options: Options) -> None:
    """Say what stopped the run: as the document on stdout that was asked for and is still to come, else on stderr."""
    from reconciler.cli.pull_request import folder_in_repository  # noqa: PLC0415 - only when something went wrong
    from reconciler.render import json, junit, sarif, text  # noqa: PLC0415 - only when something went wrong

    output = options.output
    told = error.findings if isinstance(error, InputError) and error.findings else [_finding(error)]
    findings = options.completed(output.redacted(told))
    match "" if output.answered or output.is_closed else output.form:
        case "json":
            output.json({**json.validate(findings, documents=0), "format": "reconciler.error/v1"})
        case "sarif":
            output.json(sarif.findings(findings, folder=folder_in_repository(output.root)))
        case "junit":
            output.tests(junit.findings(findings, suite="stopped"))
        case _:
            shown = text.findings(findings, width=output.width, sources=output.source, show_numbers=output.show_numbers)
            output.talk(shown)


def _finding(error: ReconcilerError) -> Finding:
    return Finding(Severity.ERROR, error.code, error.message, error.hint, location=error.location)
