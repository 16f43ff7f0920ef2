"""Annotations as commands to the runner of GitHub or Azure, which shows them beside the line.

``::error file=…,line=…,col=…,title=…::message`` and ``##vso[task.logissue type=error;…]message``; what would end a
value is escaped as the runner undoes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.render import annotated

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from reconciler.model import Finding, Plan, Report
    from reconciler.render.annotated import Annotation

_DATA = {"%": "%25", "\r": "%0D", "\n": "%0A"}
_PROPERTY = {**_DATA, ":": "%3A", ",": "%2C"}
_AZURE_DATA = {"%": "%AZP25", "\r": "%0D", "\n": "%0A"}
_AZURE_PROPERTY = {**_AZURE_DATA, ";": "%3B", "]": "%5D"}


def findings(findings: Iterable[Finding], *, folder: str = "") -> list[str]:
    """A command of GitHub per finding; ``folder`` is that of the project inside the repository, "" for its root."""
    return [command(it) for it in annotated.findings(findings, folder=folder)]


def plan(plan: Plan, *, folder: str = "") -> list[str]:
    """The plan's findings, what it refuses, and each line that would change something; numbers are masked."""
    return [command(it) for it in annotated.plan(plan, folder=folder)]


def report(report: Report, *, folder: str = "") -> list[str]:
    """What was not applied, or was and leaves something to do, at the document it is about."""
    return [command(it) for it in annotated.report(report, folder=folder)]


def commands(annotations: Iterable[Annotation]) -> list[str]:
    """Commands for GitHub's runner."""
    return [command(it) for it in annotations]


def command(annotation: Annotation) -> str:
    """The command for GitHub's runner."""
    it = annotation
    place = {} if it.path is None else {"file": it.path, "line": str(it.line), "col": str(it.column)}
    told = ",".join(f"{name}={_escaped(text, _PROPERTY)}" for name, text in {**place, "title": it.title}.items())
    return f"::{it.level} {told}::{_escaped(it.message, _DATA)}"


def azure_commands(annotations: Iterable[Annotation]) -> list[str]:
    """Commands for Azure's runner, which knows errors and warnings only: what merely changes is in the comment."""
    return [_azure(it) for it in annotations if it.level != "notice"]


def _azure(it: Annotation) -> str:
    place = {}
    if it.path is not None:
        place = {"sourcepath": it.path, "linenumber": str(it.line), "columnnumber": str(it.column)}
    given = {"type": it.level, **place}
    told = ";".join(f"{name}={_escaped(text, _AZURE_PROPERTY)}" for name, text in given.items())
    return f"##vso[task.logissue {told}]{_escaped(f'{it.title}: {it.message}', _AZURE_DATA)}"


def _escaped(text: str, letters: Mapping[str, str]) -> str:
    return "".join(letters.get(letter, letter) for letter in text)
