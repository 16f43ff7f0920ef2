"""The command line: find the command, load only that, turn errors into exit codes."""

from __future__ import annotations

import gc
import importlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli.closed_output import ClosedOutput

if TYPE_CHECKING:
    from collections.abc import Sequence

# A command's module is imported only when it is asked for, so `--version` pays for none of them.
COMMANDS = {
    "validate": "check the manifests offline: YAML, schema, references, files, times, placeholders",
    "plan": "say what apply would do to the account, and why",
    "apply": "do it; asks first on a terminal, needs --yes elsewhere",
    "dispatch": "place the calls that are due; the only command that dials",
    "serve": "stay on: dial on the second, hear how calls end, show the day",
    "test": "have the platform call the deployed agents and judge them: exit 6 when one did not pass",
    "calls": "every scheduled call and its outcome, and reports; hold, release, cancel or resolve one",
    "campaigns": "every campaign and its counts; pause, resume or cancel one",
    "state": "what is remembered of the account: show, locks, unlock, forget, move, export, import, secret",
    "init": "write a working repository: project file, first manifests, CI",
    "doctor": "is everything ready? key, organisation, clock, balance, numbers, state: each with its fix",
    "export": "write the live account as manifests, prompts in files of their own",
    "drift": "what was changed outside since the last apply; --write puts it back into the files",
    "fmt": "quotes around values that other YAML readers misread; --check lists the files",
    "webhooks": "who is told of what on the account: send a test event, list what was not delivered",
    "seal": "seal a file with a secret for the recipients in reconciler.yaml, to be committed",
    "explain": "what a code, a kind or a field means, with an example",
    "schema": "the JSON Schemas of manifests, project file and plan",
    "completion": "print the script that completes commands and options in bash, zsh, fish or PowerShell",
    "emulator": "serve the embedded platform on loopback",
}

EXIT_CODES = """\b
Exit codes:
  0    done, or nothing to do
  1    error (also bad usage)
  2    plan --detailed-exitcode: changes pending; drift: something was changed outside
  3    refused: stale plan, guard, wrong account
  4    done in part
  5    a call was missed or its outcome is unknown
  6    a test did not pass
  130  interrupted"""


# What a run builds it keeps to its end, so looking for garbage in it again and again only costs time: a third of a plan
# of ten thousand agents. A long watch still collects, a thousand times as seldom; and when a run is over, what is left
# is frozen, or the interpreter would search all of it three times more before it lets go.
GARBAGE_THRESHOLD = 1_000_000


class Commands(click.Group):
    """A group that knows its commands by name and imports one when it runs."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The commands in the order of a working day."""
        del ctx
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:
        """Import ``reconciler.cli.NAME`` and take its ``command``."""
        del ctx
        if name not in COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"reconciler.cli.{name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, with the nearest name for a misspelt one."""
        if args[0] not in COMMANDS and not args[0].startswith("-") and (said := _no_such_command(args[0])):
            raise click.UsageError(said, ctx)
        return super().resolve_command(ctx, args)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with a better answer to an option of another tool before the command."""
        first = args[:1]
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise _no_such_option(self, ctx, first, error) from None

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        del ctx
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _no_such_command(name: str) -> str:
    from reconciler.cli.foreign_words import no_such_command  # noqa: PLC0415 - only for a misspelt command

    return no_such_command(name, COMMANDS)


def _no_such_option(
    command: click.Command, ctx: click.Context, arguments: list[str], error: click.NoSuchOption
) -> click.UsageError:
    from reconciler.cli.foreign_words import no_such_option, one_dash  # noqa: PLC0415 - only for a misspelt option

    return one_dash(command, ctx, arguments) or no_such_option(error)


@click.command(
    cls=Commands,
    name="reconciler",
    epilog=EXIT_CODES,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(__version__, prog_name="reconciler")
def reconciler() -> None:
    """Keep a ThunderPhone account in git.

    Manifests declare agents, phone numbers, auto-reload and scheduled calls; plan shows what would change,
    apply makes it so, dispatch places the calls that are due. With --emulator everything runs on an embedded
    platform: no account, no key, nobody is called.
    """


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return its exit code; never raises for a user's mistake."""
    gc.set_threshold(GARBAGE_THRESHOLD)
    _open_streams()
    try:
        return _exit_code(arguments)
    finally:
        gc.freeze()


def _open_streams() -> None:
    """Give a process that was started with closed streams (`>&-`) a stdout that takes nothing, and talk that ends.

    An answer that nobody gets is an error, as on a full disk; a run is not the worse for talk that nobody hears.
    """
    sys.stdout = sys.stdout or ClosedOutput()
    sys.stderr = sys.stderr or Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 - open as long as the run


def _exit_code(arguments: Sequence[str] | None) -> int:
    try:
        code = reconciler.main(
            args=list(arguments) if arguments is not None else None,
            prog_name="reconciler",
            standalone_mode=False,
        )
    except click.exceptions.Exit as done:
        return done.exit_code
    except click.Abort:
        click.echo("aborted: nothing was done", err=True)
        return 130
    except click.ClickException as error:
        error.show()
        return 1
    except BrokenPipeError:
        # The reader of a pipe went away (`reconciler plan | head`): that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:  # what click prints by itself: the version, a help
        click.echo(f"the output cannot be written: {(error.strerror or type(error).__name__).lower()}", err=True)
        return 1
    return code if isinstance(code, int) else 0
