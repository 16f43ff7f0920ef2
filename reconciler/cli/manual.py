"""`reconciler manual`: a page in the form of man(7) for every command, from the commands.

Nothing in a page is written twice: what a command does, takes and answers is read from its declaration, so a
page cannot say less than ``--help``. It carries the version and no date, so the same version makes the same bytes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from reconciler import __version__
from reconciler.cli import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_LONGEST_SENTENCE = 200

# What a command reads or keeps follows from the parameters it has.
_FILES = {
    "environment": ("reconciler.yaml", "The project: account, limits, calling hours, environments."),
    "paths": ("manifests/", "What should be, unless PATHS name other files or folders."),
    "state": (".reconciler/state.db", "What is remembered, unless --state or `state` says where else."),
    "emulator": (".reconciler/emulator.db", "The account of the embedded platform."),
}
_VARIABLES = {
    "api_key_file": (("THUNDERPHONE_API_KEY", "The API key; --api-key-file wins over it."),),
    "no_color": (("NO_COLOR", "Plain text when it is set to anything."),),
    "comment": (
        ("GITHUB_TOKEN", "Who comments on GitHub."),
        ("GITLAB_TOKEN", "Who comments on GitLab."),
    ),
}

# Characters that roff reads as its own or prints as a typographic one.
_ESCAPES = str.maketrans(
    {"\\": r"\e", "-": r"\-", "'": r"\(aq", "`": r"\(ga", "^": r"\(ha", "~": r"\(ti", '"': r"\(dq"}
)


@dataclass(frozen=True, slots=True)
class Subject:
    """A command as a page is about it: its words, and what click knows of it."""

    words: tuple[str, ...]
    command: click.Command
    context: click.Context

    @property
    def page(self) -> str:
        """The name of the page: `reconciler-calls-resolve`."""
        return "-".join(self.words)

    @property
    def sentence(self) -> str:
        """What the command does, in a line without a full stop."""
        known = COMMANDS.get(self.words[-1]) if len(self.words) == 2 else None  # noqa: PLR2004 - `reconciler NAME`
        return (known or self.command.get_short_help_str(_LONGEST_SENTENCE)).removesuffix(".")


@click.command("manual", context_settings={"help_option_names": ["-h", "--help"]})
@click.argument("words", nargs=-1, metavar="[COMMAND]...")
@click.option(
    "--out", type=click.Path(path_type=Path, file_okay=False), metavar="FOLDER", help="Write the pages there."
)
@click.pass_context
def command(context: click.Context, words: tuple[str, ...], out: Path | None) -> int:
    """Print the manual page of COMMAND, or of reconciler; with --out, write it and those of its verbs.

    \b
    reconciler manual plan | man -l -
    reconciler manual calls resolve | man -l -
    reconciler manual --out ~/.local/share/man/man1
    """  # noqa: D301 - the backspace itself is how click is told to keep the lines
    everything = {subject.words: subject for subject in subjects(context.find_root().command)}
    wanted = ("reconciler", *words)
    if wanted not in everything:
        raise click.UsageError(f"No such command '{' '.join(words)}'.", context)
    if out is None:
        click.echo(page(everything[wanted], everything.values()), nl=False)
        return 0
    chosen = [subject for subject in everything.values() if subject.words[: len(wanted)] == wanted]
    try:
        out.mkdir(parents=True, exist_ok=True)
        for subject in chosen:
            (out / f"{subject.page}.1").write_text(page(subject, everything.values()), encoding="utf-8")
    except OSError as error:
        raise click.ClickException(f"the pages cannot be written: {error}") from None
    click.echo(f"{len(chosen)} {'page' if len(chosen) == 1 else 'pages'} written to {out}", err=True)
    return 0


def subjects(command: click.Command, above: Subject | None = None) -> Iterator[Subject]:
    """The command and everything below it, in the order of its help."""
    words = (*(above.words if above else ()), command.name or "")
    context = click.Context(
        command, above.context if above else None, info_name=words[-1], help_option_names=["-h", "--help"]
    )
    subject = Subject(words, command, context)
    yield subject
    if isinstance(command, click.Group):
        for name in command.list_commands(context):
            below = command.get_command(context, name)
            if below is not None:
                yield from subjects(below, subject)


def page(subject: Subject, everything: Iterable[Subject]) -> str:
    """The manual page of a command, as roff with the macros of man(7); ``everything`` is what it may refer to."""
    family = list(everything)
    title = f'.TH "{_plain(subject.page.upper())}" "1" "" "reconciler {_plain(__version__)}" "reconciler manual"'
    parts = [
        ("NAME", [f"{_plain(subject.page)} \\- {_plain(subject.sentence.replace('`', ''))}"]),
        ("SYNOPSIS", [_synopsis(subject)]),
        ("DESCRIPTION", _described(subject.command.help or "")),
        ("COMMANDS", _listed((_below(it, subject), it.sentence) for it in family if it.words[:-1] == subject.words)),
        ("OPTIONS", _listed(_options(subject))),
        ("EXIT STATUS", _listed(_exit_codes(family[0]))),
        ("ENVIRONMENT", _listed(_environment(subject))),
        ("FILES", _listed(_FILES[name] for name in _FILES if name in _parameters(subject))),
        ("SEE ALSO", _see_also(subject, family)),
    ]
    lines = [title]
    for heading, body in parts:
        lines += [f".SH {heading}", *body] if body else []
    return "\n".join(lines) + "\n"


def _parameters(subject: Subject) -> dict[str, click.Parameter]:
    return {it.name or "": it for it in subject.command.get_params(subject.context)}


def _synopsis(subject: Subject) -> str:
    usage = " ".join(subject.command.collect_usage_pieces(subject.context))
    return f"\\fB{_plain(' '.join(subject.words))}\\fR {_plain(usage)}"


def _below(inner: Subject, outer: Subject) -> str:
    return " ".join(inner.words[len(outer.words) :])


def _described(text: str) -> list[str]:
    """Paragraphs; one that begins with a backspace keeps its lines, as in click's help."""
    lines: list[str] = []
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        first, *rest = paragraph.splitlines()
        if first.strip() == "\b":
            lines += [".PP", ".nf", *(_line(it) for it in rest), ".fi"]
        else:
            lines += [".PP", *(_line(it.strip()) for it in (first, *rest))]
    return lines


def _listed(rows: Iterable[tuple[str, str]]) -> list[str]:
    return [line for term, said in rows for line in (".TP", f"\\fB{_plain(term)}\\fR", _line(said))]


def _options(subject: Subject) -> Iterator[tuple[str, str]]:
    """The options as ``--help`` tells them: with their values, defaults and environment variables."""
    for parameter in _parameters(subject).values():
        told = parameter.get_help_record(subject.context)
        if told is not None and isinstance(parameter, click.Option):
            yield told


def _exit_codes(root: Subject) -> Iterator[tuple[str, str]]:
    """The rows of the root's epilog: a number, two blanks or more, what it means."""
    for code, meaning in re.findall(r"^\s+(\d+)\s{2,}(.+)$", root.command.epilog or "", re.MULTILINE):
        yield code, f"{meaning}."


def _environment(subject: Subject) -> Iterator[tuple[str, str]]:
    for name, parameter in _parameters(subject).items():
        yield from _VARIABLES.get(name, ())
        if isinstance(parameter.envvar, str):
            yield parameter.envvar, f"The same as {parameter.opts[0]}, which wins over it."


def _see_also(subject: Subject, family: list[Subject]) -> list[str]:
    """Everything directly above, beside and below."""
    near = [
        it
        for it in family
        if it is not subject
        and (it.words[:-1] in (subject.words, subject.words[:-1]) or it.words == subject.words[: len(it.words)])
    ]
    return [f"\\fB{_plain(it.page)}\\fR(1)" + ("," if it is not near[-1] else "") for it in near]


def _line(text: str) -> str:
    """A line of running text: what stands between backticks is bold, and no line is taken for a request."""
    parts = [f"\\fB{_plain(it)}\\fR" if index % 2 else _plain(it) for index, it in enumerate(text.split("`"))]
    whole = "".join(parts) if len(parts) % 2 else _plain(text)
    return rf"\&{whole}" if whole.startswith(".") else whole


def _plain(text: str) -> str:
    """Text that roff prints as it is; what is not ASCII is named by its code point."""
    escaped = text.translate(_ESCAPES)
    return "".join(it if it.isascii() else f"\\[u{ord(it):04X}]" for it in escaped)
