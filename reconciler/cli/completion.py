"""`reconciler completion`: the script a shell completes with."""

from __future__ import annotations

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete, add_completion_class

VARIABLE = "_RECONCILER_COMPLETE"


@add_completion_class
class WholeDescriptions(FishComplete):
    """For fish; click's own script ends a description at its first comma."""

    source_template = FishComplete.source_template.replace('string split ","', 'string split --max 1 ","')


_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": WholeDescriptions}


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def command(shell: str) -> int:
    """Print a script that completes commands, options and their values in SHELL.

    \b
    bash:  reconciler completion bash > ~/.local/share/bash-completion/completions/reconciler
    zsh:   reconciler completion zsh > "${fpath[1]}/_reconciler"
    fish:  reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    """  # noqa: D301 - the backspace itself is how click is told to keep the lines
    completer = _SHELLS[shell](click.Command("reconciler"), {}, "reconciler", VARIABLE)
    # Not the subclass's own: click's for bash starts a bash to ask for its version.
    click.echo(ShellComplete.source(completer))
    return 0
