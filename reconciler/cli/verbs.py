"""Commands with verbs of their own, apart from what running one needs: a tab completes them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli.foreign_words import misplaced, no_such_verb

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem

_WHOLE = 1_000  # characters; click cuts a sentence at the width of the line
# Of the one group: what is beside a context is shared by those below it.
_UNKNOWN = "reconciler.cli.verbs.unknown"
_HELP = frozenset({"-h", "--help"})


class Verbs(click.Group):
    """A command with verbs of its own; without one, its ``default`` runs: `calls` is `calls show`."""

    default = "show"

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put the default verb in front unless a verb, or help about the verbs, was asked for."""
        if not args and ctx.resilient_parsing:
            return super().parse_args(ctx, args)  # a word is being completed, and it may be a verb
        if said := misplaced(self.name or "", args):
            raise click.UsageError(said, ctx)
        if not args or (args[0] not in self.commands and args[0] not in _HELP):
            ctx.meta[f"{_UNKNOWN}.{ctx.command_path}"] = "".join(args[:1])
            args = [self.default, *args]
        return super().parse_args(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """As click does; a word that the default verb could make nothing of may have been meant for a verb."""
        try:
            return super().invoke(ctx)
        except click.UsageError:
            if said := self._no_such_verb(ctx):
                raise click.UsageError(said, ctx) from None
            raise

    def _no_such_verb(self, ctx: click.Context) -> str:
        """What to say of the first word, where it is neither an option nor a path."""
        word = ctx.meta.get(f"{_UNKNOWN}.{ctx.command_path}", "")
        if not word or word.startswith("-") or Path(word).exists():
            return ""
        return no_such_verb(ctx.command_path.partition(" ")[2], word, self.commands)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs, each with its whole first sentence."""
        verbs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section("Commands"):
            formatter.write_dl([(name, verb.get_short_help_str(_WHOLE)) for name, verb in verbs if verb is not None])

    def shell_complete(self, ctx: click.Context, incomplete: str) -> list[CompletionItem]:
        """The verbs, each with its whole first sentence, and the options of the default one."""
        found = super().shell_complete(ctx, incomplete)
        for item in found:
            if (verb := self.get_command(ctx, item.value)) is not None:
                item.help = verb.get_short_help_str(_WHOLE)
        default = self.get_command(ctx, self.default)
        if default is None or not incomplete.startswith("-"):
            return found
        return found + [item for item in default.shell_complete(ctx, incomplete) if item.value not in _HELP]
