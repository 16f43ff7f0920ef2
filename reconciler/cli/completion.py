"""`reconciler completion`: the script a shell completes with."""

from __future__ import annotations

import click
from click.shell_completion import (
    BashComplete,
    CompletionItem,
    FishComplete,
    ShellComplete,
    ZshComplete,
    add_completion_class,
    get_completion_class,
)

VARIABLE = "_RECONCILER_COMPLETE"


@add_completion_class
class WholeDescriptions(FishComplete):
    """For fish: each completion on a line of its own, ``TYPE,VALUE``, then a tab and the whole description.

    Script and lines are ours because those of the library have changed together from version to version, and ended a
    description at its first comma.
    """

    source_template = """\
function %(complete_func)s;
    set -l response (env %(complete_var)s=fish_complete COMP_WORDS=(commandline -cp) COMP_CWORD=(commandline -t) %(prog_name)s);
    for completion in $response;
        set -l metadata (string split --max 1 "," $completion);
        if test $metadata[1] = "dir";
            __fish_complete_directories $metadata[2];
        else if test $metadata[1] = "file";
            __fish_complete_path $metadata[2];
        else if test $metadata[1] = "plain";
            echo $metadata[2];
        end;
    end;
end;

complete --no-files --command %(prog_name)s --arguments "(%(complete_func)s)";
"""  # noqa: E501 - one command of the script

    def format_completion(self, item: CompletionItem[str]) -> str:
        """One line, whatever a description holds."""
        help_ = " ".join((item.help or "").split())
        return f"{item.type},{item.value}\t{help_}" if help_ else f"{item.type},{item.value}"


SHELLS: dict[str, type[ShellComplete]] = {
    "bash": BashComplete,
    "zsh": ZshComplete,
    "fish": WholeDescriptions,
    # The library speaks it from version 8.5 on.
    **({"powershell": powershell} if (powershell := get_completion_class("powershell")) is not None else {}),
}


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(list(SHELLS)))
def command(shell: str) -> int:
    """Print a script that completes commands, options and their values in SHELL.

    \b
    bash:  reconciler completion bash > ~/.local/share/bash-completion/completions/reconciler
    zsh:   reconciler completion zsh > "${fpath[1]}/_reconciler"
    fish:  reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    powershell:  reconciler completion powershell >> $PROFILE
    """  # noqa: D301 - the backspace itself is how click is told to keep the lines
    completer = SHELLS[shell](click.Command("reconciler"), {}, "reconciler", VARIABLE)
    # Not the subclass's own: click's for bash starts a bash to ask for its version.
    click.echo(ShellComplete.source(completer))
    return 0
