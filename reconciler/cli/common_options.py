"""Options that every command has."""

from __future__ import annotations

import os
import re
import sys
from datetime import datetime, timedelta
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completed_values
from reconciler.cli.foreign_words import Verb

if TYPE_CHECKING:
    from collections.abc import Callable

    from reconciler.cli.options import Command, Options
    from reconciler.cli.output import Output


class Instant(click.ParamType[datetime]):
    """An ISO 8601 date and time with an offset."""

    name = "instant"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Aware, in UTC; a usage error otherwise."""
        if isinstance(value, datetime):
            return value
        from reconciler.schedule.clock import parse_instant  # noqa: PLC0415 - slow to load, and rarely given

        try:
            return parse_instant(value)
        except ValueError as error:
            self.fail(str(error), param, ctx)


FORMATS = ("text", "json", "markdown")
FINDINGS = (*FORMATS, "sarif", "junit")  # for commands whose result is, or holds, findings

_COMMAND_LINE = click.core.ParameterSource.COMMANDLINE

_JSON = click.option("--json", "as_json", is_flag=True, help="The same as --format json.")

_COMMON: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--env",
        "environment",
        envvar="RECONCILER_ENV",
        shell_complete=completed_values.environments,
        show_envvar=True,
        metavar="NAME",
        help="An environment of reconciler.yaml.",
    ),
    click.option(
        "--var",
        "variables",
        multiple=True,
        metavar="NAME=VALUE",
        help="A value of ${var.NAME}, over those of reconciler.yaml.",
    ),
    click.option("--no-color", is_flag=True, help="Plain text (also the NO_COLOR variable)."),
    click.option("--show-numbers", is_flag=True, help="Show callees' telephone numbers instead of masking them."),
    click.option("--debug", is_flag=True, help="Say on stderr what is asked and decided (also RECONCILER_LOG=debug)."),
)

_ACCOUNT: tuple[Callable[[Any], Any], ...] = (
    click.option(
        "--api-url",
        envvar="THUNDERPHONE_API_BASE_URL",
        show_envvar=True,
        metavar="URL",
        help="The API's base URL.",
    ),
    click.option(
        "--api-key-file",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="A file that holds the API key (or the THUNDERPHONE_API_KEY variable).",
    ),
    click.option(
        "--profile",
        shell_complete=completed_values.profiles,
        metavar="NAME",
        help="A stored login of the vendor's own tools (or the THUNDERPHONE_PROFILE variable).",
    ),
    click.option("--emulator", is_flag=True, help="The embedded platform: no account, nobody is called."),
    click.option(
        "--state",
        envvar="RECONCILER_STATE",
        show_envvar=True,
        metavar="URL",
        help="Where the state is: sqlite:PATH, git:BRANCH, postgresql://… or s3://…",
    ),
    click.option("--now", type=Instant(), metavar="INSTANT", help="A fixed clock: plans and the emulator only."),
)  # fmt: skip - one option a row


def verb(
    name: str, *, account: bool = True, paths: bool = True, formats: tuple[str, ...] = FORMATS, complete: Any = None
) -> Callable[[Command], click.Command]:
    """Make a click command of a function that takes ``options: Options`` and its own parameters.

    With ``account`` it also has the options that lead to an account, its state and its clock; with ``paths``
    it takes the manifests as arguments. ``formats`` are those its result can be written in, ``complete`` completes
    an argument where that is no file.
    """

    def decorate(function: Command) -> click.Command:
        @wraps(function)
        def run(**given: Any) -> int:
            from reconciler.cli.options import Options  # noqa: PLC0415 - a tab or --help asks for no run

            options = Options(
                verb=_verb(click.get_current_context()),
                paths=given.pop("paths") if paths else (),
                format=_format(given.pop("format_"), as_json=given.pop("as_json", False)),
                environment=given.pop("environment"),
                variables=_variables(given.pop("variables")),
                color=_color(no_color=given.pop("no_color")),
                show_numbers=given.pop("show_numbers"),
                debug=given.pop("debug") or os.environ.get("RECONCILER_LOG", "").lower() == "debug",
                account=account,
                given=_written(click.get_current_context()),
                **{
                    key: given.pop(key)
                    for key in ("api_url", "api_key_file", "profile", "emulator", "state", "now")
                    if account
                },
            )
            _hide_secrets(options)
            _warn_of_unknown_variables(options.output)
            from reconciler.cli.errors import reported  # noqa: PLC0415 - the models it knows are slow to load

            return reported(lambda: function(options, **given), options)

        decorated: Any = run
        format_ = click.option(
            "--format",
            "format_",
            type=click.Choice(formats),
            default="text",
            show_default=True,
            help="What stdout holds.",
        )
        own: tuple[Any, ...] = ()
        if paths:
            path = click.Path(path_type=Path)
            own = (click.argument("paths", nargs=-1, type=path, shell_complete=complete),)
        to_account = _ACCOUNT if account else ()
        as_json = (_JSON,) if "json" in formats else ()
        chosen: list[Callable[[Any], Any]] = [*own, format_, *as_json, *_COMMON, *to_account]
        for option in reversed(chosen):
            decorated = option(decorated)
        return click.command(name, cls=Verb)(decorated)

    return decorate


def _hide_secrets(options: Options) -> None:
    """Keep out of every output what this run may know, before it reads anything else."""
    from reconciler.api.key import known_secrets  # noqa: PLC0415 - as above

    for secret in known_secrets(os.environ, options.api_key_file):
        options.output.hide_secret(secret)
    if options.account and not options.emulator:
        from reconciler.api.profile import stored_tokens  # noqa: PLC0415 - only where an account is asked

        for secret in stored_tokens(os.environ):
            options.output.hide_secret(secret)


def _variables(written: tuple[str, ...]) -> dict[str, str]:
    """The values of --var; a usage error for one without a name or a sign."""
    pairs = [text.partition("=") for text in written]
    for text, (name, sign, _) in zip(written, pairs, strict=True):
        if not (name and sign):
            raise click.BadParameter(f"'{text}' is not NAME=VALUE.", param_hint="'--var'")
    return {name: value for name, _, value in pairs}


# What the tool, its build and its tests read of the process's environment, and nothing else that begins alike.
KNOWN_VARIABLES = frozenset(
    {"RECONCILER_AGE_IDENTITY", "RECONCILER_DEBUG", "RECONCILER_ENV", "RECONCILER_LOG"}
    | {"RECONCILER_STATE", "RECONCILER_STATE_KEY"}
    | {"RECONCILER_REPOSITORY_REF", "RECONCILER_REPOSITORY_URL"}
    | {"RECONCILER_PROVE", "RECONCILER_SCREENSHOTS", "RECONCILER_WRITE_GOLDEN"}
)
# Kubernetes gives every pod the addresses of a service that is called `reconciler`.
_OF_A_SERVICE = re.compile(r"RECONCILER_(?:[A-Z0-9_]+_)?(?:SERVICE_HOST|SERVICE_PORT(?:_\w+)?|PORT(?:_\d+_\w+)?)")


def _warn_of_unknown_variables(output: Output) -> None:
    """A misspelt variable changes nothing, and its author believes that it does."""
    for name in sorted(name for name in os.environ if name.startswith("RECONCILER_") and name not in KNOWN_VARIABLES):
        if _OF_A_SERVICE.fullmatch(name):
            continue
        from reconciler.diagnostics.suggestions import closest  # noqa: PLC0415 - only for a misspelt variable

        near = closest(name, KNOWN_VARIABLES)
        output.talk(f"warning: `{name}` is no variable of reconciler's" + (f": did you mean `{near}`?" if near else ""))


def _format(chosen: str, *, as_json: bool) -> str:
    return "json" if as_json else chosen


def _verb(context: click.Context) -> str:
    """The command that runs, as it is typed: ``calls hold``."""
    return context.command_path.partition(" ")[2]


def _written(context: click.Context) -> dict[str, tuple[str, ...]]:
    """The words of each option that stands on the command line, as they could be written again."""
    found: dict[str, tuple[str, ...]] = {}
    for option in context.command.params:
        name = option.name or ""
        if not isinstance(option, click.Option) or context.get_parameter_source(name) is not _COMMAND_LINE:
            continue
        value, flag = context.params[name], max(option.opts, key=len)
        if value is None:
            continue
        values = value if isinstance(value, tuple) else (value,)
        found[name] = (flag,) if option.is_flag else tuple(word for each in values for word in (flag, _word(each)))
    return found


def _word(value: Any) -> str:
    """The value of an option as it is written: a length of time with its unit, anything else as it is."""
    if not isinstance(value, timedelta):
        return str(value)
    minutes, seconds = divmod(int(value.total_seconds()), 60)
    return f"{minutes * 60 + seconds}s" if seconds else f"{minutes}m"


def _color(*, no_color: bool) -> bool:
    """Colour on a terminal, unless somebody asked for none (no-color.org)."""
    wanted = not no_color and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
    return wanted and sys.stdout.isatty()
