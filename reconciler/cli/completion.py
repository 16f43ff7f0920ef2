"""`reconciler completion`: the script a shell completes with, and what it is told by.

Completing must not take half a second at every tab, which is what importing a command's modules costs. So
`outline.json` holds the options of every command, written from the commands themselves by
``python -m reconciler.cli.completion`` and kept fresh by a test.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import click
from click.shell_completion import BashComplete, FishComplete, ShellComplete, ZshComplete

from reconciler.cli.verbs import Verbs

VARIABLE = "_RECONCILER_COMPLETE"
_OUTLINE = Path(__file__).with_name("outline.json")
_SHELLS: dict[str, type[ShellComplete]] = {"bash": BashComplete, "zsh": ZshComplete, "fish": FishComplete}
_TYPES: dict[str, click.ParamType[Any]] = {"path": click.Path(), "": click.STRING}


@click.command("completion", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("shell", type=click.Choice(list(_SHELLS)))
def command(shell: str) -> int:
    """Print a script that completes commands and options in SHELL.

    \b
    bash:  reconciler completion bash > ~/.local/share/bash-completion/completions/reconciler
    zsh:   reconciler completion zsh > "${fpath[1]}/_reconciler"
    fish:  reconciler completion fish > ~/.config/fish/completions/reconciler.fish
    """  # noqa: D301 - the backspace itself is how click is told to keep the lines
    completer = _SHELLS[shell](click.Command("reconciler"), {}, "reconciler", VARIABLE)
    # Not the subclass's own: click's for bash starts a bash to ask for its version.
    click.echo(ShellComplete.source(completer))
    return 0


def outlined(name: str) -> click.Command | None:
    """A command that can only be completed, without importing it; None when it is not in the outline."""
    found = _outline().get(name)
    return _made(name, found) if found is not None else None


@cache
def _outline() -> dict[str, Any]:
    try:
        found: dict[str, Any] = json.loads(_OUTLINE.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found


def _made(name: str, found: dict[str, Any]) -> click.Command:
    parameters = [_parameter(it) for it in found["parameters"]]
    if "commands" in found:
        below = {verb: _made(verb, it) for verb, it in found["commands"].items()}
        return Verbs(name, commands=below, params=parameters, help=found["help"])
    return click.Command(name, params=parameters, help=found["help"])


def _parameter(found: dict[str, Any]) -> click.Parameter:
    type_ = click.Choice(found["choices"]) if "choices" in found else _TYPES[found.get("type", "")]
    if "names" not in found:
        return click.Argument([found["name"]], type=type_, nargs=found["nargs"], required=False)
    flag = found.get("flag", False)
    return click.Option(
        [*found["names"], found["name"]],
        type=None if flag else type_,
        is_flag=flag,
        multiple=found.get("multiple", False),
        help=found.get("help"),
    )


def outline(group: click.Group) -> dict[str, Any]:
    """What there is to complete below a group, as it is today."""
    context = click.Context(group)
    commands = {name: group.get_command(context, name) for name in group.list_commands(context)}
    return {name: _told(command) for name, command in commands.items() if command is not None}


def _told(command: click.Command) -> dict[str, Any]:
    told: dict[str, Any] = {"help": command.get_short_help_str(100)}
    told["parameters"] = [_told_parameter(it) for it in command.params]
    return {**told, "commands": outline(command)} if isinstance(command, click.Group) else told


def _told_parameter(parameter: click.Parameter) -> dict[str, Any]:
    told: dict[str, Any] = {"name": parameter.name}
    if isinstance(parameter.type, click.Choice):
        told["choices"] = [str(choice) for choice in parameter.type.choices]
    elif isinstance(parameter.type, click.Path):
        told["type"] = "path"
    if not isinstance(parameter, click.Option):
        return {**told, "nargs": parameter.nargs}
    told |= {"names": [*parameter.opts, *parameter.secondary_opts], "help": parameter.help}
    return told | {key: True for key, is_so in (("flag", parameter.is_flag), ("multiple", parameter.multiple)) if is_so}


def main() -> None:
    """Write the outline."""
    from reconciler.cli import reconciler  # noqa: PLC0415 - it imports this module

    _OUTLINE.write_text(json.dumps(outline(reconciler), indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
