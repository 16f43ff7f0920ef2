"""Answers to words of other tools and to misspelt ones; no proposal ever deletes or dials.

A nearest spelling is only right for a slip of the finger. Whoever types `--dry-run` asks for safety, and must not be
offered `--prune`, which deletes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click

from reconciler.cli.foreign_names import COMMANDS, OPTIONS, VERBS
from reconciler.diagnostics.suggestions import closest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A slip of the finger must not lead to what deletes, dials, pays, consents or lifts a guard. Whoever means one of these
# spells it.
_NEVER_PROPOSED = frozenset(
    {"dispatch", "serve", "test"}
    | {"adopt-history", "cancel", "forget", "release", "resolve", "resume", "run", "unlock"}
    | {"--again", "--all", "--dispatch", "--did-not-ring", "--prune", "--rang", "--resume", "--verify-again"}
    | {"--accept-v1", "--auto-approve", "--skip-refused", "--skip-rows", "--theirs", "--write", "--yes"}
)
_NEAR = 0.7
# Terraform's options have one dash; click would read `-lock=false` as our `-l`.
_ONE_DASH = re.compile(r"-(?P<name>[a-z]{2}[a-z-]*)(?P<value>=.*)?", re.DOTALL)


def no_such_command(name: str, known: Iterable[str]) -> str:
    """What to say of a command that there is none of; "" where nothing is near."""
    if said := COMMANDS.get(name):
        return f"No such command '{name}': {said}."
    near = _proposed(name, known)
    return f"No such command '{name}'. Did you mean '{near}'?" if near else ""


def no_such_verb(group: str, word: str, known: Iterable[str]) -> str:
    """What to say of a word below a group that was no path and no name: another tool's verb, or a misspelt one."""
    if said := VERBS.get(group, {}).get(word):
        return f"No such command '{group} {word}': {said}."
    known = list(known)
    if near := _proposed(word, known):
        return f"No such command '{group} {word}'. Did you mean '{near}'?"
    listed = f"`reconciler {group} --help` lists the commands"
    return f"No such command '{group} {word}': {listed}." if closest(word, known, cutoff=_NEAR) else ""


def no_such_option(error: click.NoSuchOption) -> click.NoSuchOption:
    """The same complaint, with our word for it, and without a proposal that deletes or dials."""
    name = error.option_name
    message = f"No such option '{name}': {said}." if (said := OPTIONS.get(name)) else f"No such option '{name}'."
    near = "" if said else _proposed(name, _options(error.ctx.command if error.ctx else None))
    return click.NoSuchOption(name, message=message, possibilities=[near] if near else None, ctx=error.ctx)


def one_dash(command: click.Command, ctx: click.Context, arguments: Iterable[str]) -> click.UsageError | None:
    """The complaint about an option that is written as Terraform writes it: `-auto-approve`, `-lock=false`."""
    ours = frozenset(_options(command))
    for word in arguments:
        if word == "--":
            break
        found = _ONE_DASH.fullmatch(word)
        if found is None:
            continue
        name = f"--{found['name']}"
        if name in OPTIONS:
            return click.UsageError(f"No such option '-{found['name']}': {OPTIONS[name]}.", ctx)
        if name in ours:
            named = "" if name in _NEVER_PROPOSED else f", '{name}'"
            return click.UsageError(f"No such option '-{found['name']}': options have two dashes here{named}.", ctx)
    return None


def _proposed(word: str, known: Iterable[str]) -> str:
    """The nearest of them; "" where none is near, or what is nearest is never proposed."""
    near = closest(word, known, cutoff=_NEAR)
    return "" if near in _NEVER_PROPOSED else near


def _options(command: click.Command | None) -> Iterator[str]:
    for parameter in command.params if command else ():
        if isinstance(parameter, click.Option):
            yield from (name for name in (*parameter.opts, *parameter.secondary_opts) if name.startswith("--"))


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
        if complaint := one_dash(self, ctx, args):
            raise complaint
        try:
            return super().parse_args(ctx, args)
        except click.NoSuchOption as error:
            raise no_such_option(error) from None


def misplaced(group: str, arguments: list[str]) -> str:
    """What to say of another tool's verb below a group; "" when it is none."""
    word = arguments[0] if arguments else ""
    return f"No such command '{group} {word}': {said}." if (said := VERBS.get(group, {}).get(word)) else ""
