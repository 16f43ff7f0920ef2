"""`reconciler explain`: what a code or a field means, with an example."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from reconciler.cli import completed_values
from reconciler.cli.common_options import verb
from reconciler.diagnostics.codes import CODES
from reconciler.diagnostics.suggestions import closest
from reconciler.errors import InputError
from reconciler.kinds import KINDS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.cli.field_reference import Entry
    from reconciler.cli.options import Options


@verb("explain", account=False, paths=False)
@click.argument("subject", required=False, shell_complete=completed_values.subjects)
def command(options: Options, subject: str | None) -> int:
    """Say what a code (RC210), a kind (Agent) or a field (Agent.voice) means.

    Without a SUBJECT, list all codes and kinds.
    """
    if subject is None:
        _say(options, _everything(), _catalogue())
    elif subject.upper() in CODES:
        _say(options, _code(subject.upper()), _code_text(subject.upper()))
    else:
        _field(options, subject)
    return 0


def _say(options: Options, document: Any, text: str) -> None:
    if options.format == "json":
        options.output.json({"format": "reconciler.explain/v1", **document})
    else:
        options.output.data(text)


def _everything() -> dict[str, Any]:
    codes = [{"code": code, "title": meaning.title} for code, meaning in sorted(CODES.items())]
    return {"codes": codes, "kinds": list(KINDS)}


def _catalogue() -> str:
    rows = [f"{code}  {meaning.title}" for code, meaning in sorted(CODES.items())]
    return "\n".join(
        [
            *rows,
            "",
            f"Kinds: {', '.join(KINDS)}.",
            "Next: `reconciler explain RC210`, or `reconciler explain Agent.voice`",
        ]
    )


def _code(code: str) -> dict[str, Any]:
    from reconciler.diagnostics.explanations import explanations  # noqa: PLC0415 - the pages are read only here

    found = explanations().get(code)
    example = {"files": dict(found.files), "commands": list(found.commands), "says": found.says} if found else None
    return {
        "code": code,
        "title": CODES[code].title,
        "text": found.text if found else "",
        "way_out": CODES[code].way_out,
        "example": example,
    }


def _code_text(code: str) -> str:
    from reconciler.render.terminal import wrap  # noqa: PLC0415 - only for this command

    told = _code(code)
    lines = [f"{code}  {told['title']}", "", *wrap(told["text"], 80), ""]
    if example := told["example"]:
        for path, content in example["files"].items():
            lines += [f"{path}:", *(f"    {line}" for line in content.splitlines()), ""]
        if example["files"] or "RC" not in example["says"]:
            lines += [f"    $ {each}" for each in example["commands"]]
        if example["says"].strip("…"):
            lines += [f"    {line}" for line in wrap(example["says"], 76)]
        lines += [""]
    return "\n".join([*lines, *wrap(f"Fix: {told['way_out']}", 80)])


def _field(options: Options, subject: str) -> None:
    from reconciler.cli.field_reference import find  # noqa: PLC0415 - the models are walked only here

    entry = find(subject)
    if entry is None:
        raise InputError(f"nothing here is called `{subject[:60]}`", code="RC124", hint=_meant(subject))
    _say(options, entry.document(), _entry_text(entry))


def _entry_text(entry: Entry) -> str:
    from reconciler.render.terminal import wrap  # noqa: PLC0415 - only for this command

    lines = [entry.path, "", *wrap(entry.text, 80)]
    facts = [(name, value) for name, value in entry.facts() if value]
    lines += ["", *(line for name, value in facts for line in wrap(f"{name + ':':<10}{value}", 80))] if facts else []
    if entry.fields:
        lines += ["", *_listed(entry.fields)]
    if entry.example:
        lines += ["", *(f"    {line}" for line in entry.example.splitlines())]
    return "\n".join(lines)


def _listed(fields: Sequence[tuple[str, str]]) -> Iterator[str]:
    """Each field and what it is, the words beside it on as many lines as they need."""
    from reconciler.render.terminal import wrap  # noqa: PLC0415 - only for this command

    size = max(len(name) for name, _ in fields) + 2
    for name, text in fields:
        first, *rest = wrap(text, 80 - 2 - size) or [""]
        yield f"  {name:<{size}}{first}".rstrip()
        yield from (f"  {'':<{size}}{line}" for line in rest)


def _meant(subject: str) -> str:
    from reconciler.cli.field_reference import names  # noqa: PLC0415 - the models are walked only here

    near = closest(subject, [*CODES, *names()], cutoff=0.5) or closest(subject.upper(), CODES)
    return f"did you mean `{near}`? reconciler explain {near}" if near else "`reconciler explain` lists what there is"
