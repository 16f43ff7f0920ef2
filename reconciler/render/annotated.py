"""Findings and changes beside the lines they are about, the gravest first, for any forge."""

from __future__ import annotations

from dataclasses import dataclass, replace
from difflib import SequenceMatcher
from typing import TYPE_CHECKING

from reconciler.model import Action, Outcome, Severity
from reconciler.render import words
from reconciler.render.reading_order import rank
from reconciler.render.terminal import clean, cut
from reconciler.render.values import is_long, line, visible

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reconciler.model import Change, FieldDiff, Finding, Location, Plan, Report

_LEVELS: dict[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "notice"}
_WIDEST = 1000
_MOST_PLACES = 5  # GitHub shows ten of a kind in a step
_WIDEST_VALUE = 80
_MILD = frozenset({Outcome.DONE, Outcome.PENDING, Outcome.SKIPPED})
# What is told once, at the document: its fields are all new, or all gone.
_WHOLE = frozenset(Action) - {Action.UPDATE, Action.KEEP}


@dataclass(frozen=True, slots=True)
class Annotation:
    """What is said beside a line: the ``level`` is error, warning or notice; ``path`` is None where it has no place."""

    level: str
    title: str
    message: str
    path: str | None = None
    line: int = 0
    column: int = 0


def findings(findings: Iterable[Finding], *, folder: str = "") -> list[Annotation]:
    """One for each finding; ``folder`` is that of the project inside the repository, "" for its root."""
    weights = list(Severity)
    return [
        _annotation(_LEVELS[it.severity], it.location, f"{it.code} {it.address or ''}".strip(), _text_of(it), folder)
        for it in sorted(findings, key=lambda finding: weights.index(finding.severity))
    ]


def plan(plan: Plan, *, folder: str = "") -> list[Annotation]:
    """The plan's findings, what it refuses, and each line that would change something; numbers are masked."""
    found = findings(plan.findings, folder=folder)
    ranked = sorted((it for it in plan.changes if it.action is not Action.KEEP), key=rank)
    return found + [one for change in ranked for one in _change(change, folder)]


def report(report: Report, *, folder: str = "") -> list[Annotation]:
    """What was not applied, or was and leaves something to do, at the document it is about."""
    places = {change.address: change.location for change in report.plan.changes if change.location}
    return [
        _annotation(
            "warning" if result.outcome in _MILD else "error",
            places.get(result.address),
            f"{result.verb} {result.address}: {result.outcome.value}",
            "; ".join(text for text in (result.detail, result.hint) if text) or result.outcome.value,
            folder,
        )
        for result in report.results
        if result.outcome is not Outcome.DONE or result.hint
    ]


def _text_of(finding: Finding) -> str:
    return f"{finding.message}\nhint: {finding.hint}" if finding.hint else finding.message


def _change(change: Change, folder: str) -> Iterator[Annotation]:
    kind = "error" if change.action is Action.REFUSE else "notice"
    title = f"{change.verb} {change.address}"
    if change.action in _WHOLE or not change.diffs:
        why = "; ".join([change.sentence, *words.marks(change), *change.notes])
        yield _annotation(kind, change.location, title, why, folder)
        return
    for diff in change.diffs:
        for place in _places(change, diff):
            yield _annotation(kind, place, title, _difference(change, diff), folder)


def _places(change: Change, diff: FieldDiff) -> list[Location | None]:
    """Where a field differs: the lines that do in a file of its own, else the one where it is written."""
    where = diff.location or change.location
    in_a_file = change.resource is not None and diff.path in change.resource.files
    if where is None or not in_a_file or not (isinstance(diff.before, str) and isinstance(diff.after, str)):
        return [where]
    edits = SequenceMatcher(None, diff.before.splitlines(), diff.after.splitlines(), autojunk=False).get_opcodes()
    lines = [start + 1 for kind, _, _, start, _ in edits if kind != "equal"]
    return [replace(where, line=line) for line in lines[:_MOST_PLACES]] or [where]


def _difference(change: Change, diff: FieldDiff) -> str:
    side = words.SIDES[diff.changed_by]
    before, after = visible(change, diff, show_numbers=False)
    shown = "changes" if is_long(before) or is_long(after) else f"{_short(before, diff)} → {_short(after, diff)}"
    return f"{diff.path}: {shown}{f' ({side})' if side else ''}"


def _short(value: object, diff: FieldDiff) -> str:
    return cut(line(value, diff.path), _WIDEST_VALUE)


def _annotation(level: str, location: Location | None, title: str, message: str, folder: str) -> Annotation:
    said = "\n".join(cut(clean(text), _WIDEST) for text in message.split("\n"))
    if location is None:
        return Annotation(level, clean(title), said)
    path = f"{folder}/{location.path}" if folder else location.path
    return Annotation(level, clean(title), said, clean(path), location.line, location.column)
