"""Words of other tools and our names for them; no proposal ever deletes or dials.

A nearest spelling is only right for a slip of the finger. Whoever types `--dry-run` asks for safety, and must not be
offered `--prune`, which deletes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from reconciler.diagnostics.suggestions import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

# From Terraform, OpenTofu, Pulumi, decK, kubectl, Helm, octoDNS and git.
COMMANDS: Mapping[str, str] = {
    "auth": "that is `reconciler doctor`, with the key in THUNDERPHONE_API_KEY",
    "call": "that is `reconciler calls`",
    "check": "that is `reconciler validate`, and `reconciler doctor` for the account",
    "config": "settings are in reconciler.yaml: `reconciler explain project`",
    "delete": "nothing is deleted by a command: remove its document, or declare `absent: true`, then `reconciler plan`",
    "deploy": "that is `reconciler apply`",
    "describe": "that is `reconciler explain`, and `reconciler state show` for what is bound",
    "destroy": "there is no such command: remove the documents of what is to go, then `reconciler plan`",
    "diff": "that is `reconciler plan`",
    "docs": "that is `reconciler explain`",
    "dump": "that is `reconciler export`",
    "env": "an environment is chosen by `--env NAME`",
    "force-unlock": "`reconciler state locks` says who is writing, and what to do about it",
    "format": "that is `reconciler fmt`",
    "get": "that is `reconciler calls`, and `reconciler state show` for what is bound",
    "help": "that is `reconciler --help`",
    "history": "that is `reconciler calls`",
    "import": "that is `reconciler export`: it writes the live account as manifests",
    "lint": "that is `reconciler validate`",
    "list": "that is `reconciler calls`, and `reconciler state show` for what is bound",
    "login": "put the API key into THUNDERPHONE_API_KEY, then `reconciler doctor`",
    "ls": "that is `reconciler calls`, and `reconciler state show` for what is bound",
    "mock": "that is `reconciler emulator`, or `--emulator` with any command",
    "new": "that is `reconciler init`",
    "output": "every command takes `--format json`",
    "preview": "that is `reconciler plan`",
    "pull": "that is `reconciler export`",
    "push": "that is `reconciler apply`",
    "refresh": "that is `reconciler drift`",
    "rollback": "revert the commit, then `reconciler plan`",
    "serve-emulator": "that is `reconciler emulator`",
    "show": "that is `reconciler state show`, and `reconciler calls` for the calls",
    "status": "that is `reconciler calls`, and `reconciler doctor` for the account",
    "sync": "that is `reconciler apply`",
    "up": "that is `reconciler apply`",
    "verify": "that is `reconciler validate`; a number is verified by `verify: true` in its document",
    "version": "that is `reconciler --version`",
    "watch": "that is `reconciler calls --watch`",
    "whoami": "that is `reconciler doctor`",
    "workspace": "an environment is chosen by `--env NAME`",
}
VERBS: Mapping[str, Mapping[str, str]] = {
    "calls": {
        "list": "that is `reconciler calls`",
        "ls": "that is `reconciler calls`",
        "pause": "that is `reconciler calls hold`",
        "resume": "that is `reconciler calls release`",
        "stop": "that is `reconciler calls hold`",
        "unhold": "that is `reconciler calls release`",
        "watch": "that is `reconciler calls --watch`",
    },
    "state": {
        "list": "that is `reconciler state show`",
        "ls": "that is `reconciler state show`",
        "mv": "that is `reconciler state move`",
        "pull": "that is `reconciler state export`",
        "rm": "that is `reconciler state forget`: the live object stays",
    },
}
_ENVIRONMENT = "an environment is chosen by `--env NAME`"
_PATHS = "files and folders are arguments: `reconciler plan PATH`"
_READS = "that is `reconciler plan`, which only reads"
OPTIONS: Mapping[str, str] = {
    "--check": "that is `reconciler plan --detailed-exitcode`",
    "--context": _ENVIRONMENT,
    "--delete": "what a run deletes is declared: see `reconciler explain project`",
    "--destroy": "what a run deletes is declared: see `reconciler explain project`",
    "--diff": _READS,
    "--dry-run": _READS,
    "--dryrun": _READS,
    "--environment": _ENVIRONMENT,
    "--file": _PATHS,
    "--filename": _PATHS,
    "--force": "nothing is forced: a refusal names the way on",
    "--namespace": _ENVIRONMENT,
    "--noop": _READS,
    "--output": "that is `--format`",
    "--parallel": "that is `--parallelism`",
    "--plan-only": _READS,
    "--profile": _ENVIRONMENT,
    "--refresh-only": "that is `reconciler drift`",
    "--tags": "that is `--selector KEY=VALUE`",
    "--var-file": "variables stand in reconciler.yaml, per environment",
    "--verbose": "--debug says what is asked and decided",
    "--what-if": _READS,
    "--workspace": _ENVIRONMENT,
    "-e": _ENVIRONMENT,
    "-f": _PATHS,
    "-o": "that is `--format`",
}
# A slip of the finger must not lead to a dialled telephone or a deletion.
_NEVER_PROPOSED = frozenset(
    {"dispatch", "--dispatch", "--prune", "--did-not-ring", "--rang", "--theirs", "--write", "--yes"}
)


def no_such_command(name: str, known: Iterable[str]) -> str:
    """What to say of a command that there is none of; "" where nothing is near."""
    if said := COMMANDS.get(name):
        return f"No such command '{name}': {said}."
    near = closest(name, [one for one in known if one not in _NEVER_PROPOSED])
    return f"No such command '{name}'. Did you mean '{near}'?" if near else ""


def no_such_option(error: click.NoSuchOption) -> click.NoSuchOption:
    """The same complaint, with our word for it, and without a proposal that deletes or dials."""
    said = OPTIONS.get(error.option_name)
    message = f"No such option '{error.option_name}': {said}." if said else error.message
    near = [] if said else [one for one in error.possibilities or () if one not in _NEVER_PROPOSED]
    return click.NoSuchOption(error.option_name, message=message, possibilities=near, ctx=error.ctx)


class Verb(click.Command):
    """A command that knows the options of other tools by their names here, and shows examples of itself."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples of the command."""
        from reconciler.cli.examples import EXAMPLES  # noqa: PLC0415 - only for help

        super().format_epilog(ctx, formatter)
        if lines := EXAMPLES.get(ctx.command_path.partition(" ")[2]):
            with formatter.section("Examples"):
                formatter.write("".join(f"{'':>{formatter.current_indent}}{line}\n" for line in lines))

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, with a better answer to an option that there is none of."""
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise no_such_option(error) from None


def misplaced(group: str, arguments: list[str]) -> str:
    """What to say of another tool's verb below a group; "" when it is none."""
    word = arguments[0] if arguments else ""
    return f"No such command '{group} {word}': {said}." if (said := VERBS.get(group, {}).get(word)) else ""
