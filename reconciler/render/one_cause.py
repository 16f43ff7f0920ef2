"""Errors in many rows of a table with one cause, as one: the first, and where the others are.

One cause is one code and one sentence, whatever values and numbers stand in it. Every row stays in what machines read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, TypeVar

from reconciler.left_out import list_of
from reconciler.model import Severity

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Sequence

    from reconciler.model import Finding, Result

Told = TypeVar("Told")

FEW = 3  # of one cause that are told one by one
_NAMED = 6  # of the others, by line or name
_MANIFESTS = (".yaml", ".yml")
_VALUES = re.compile(r"(?<!column )`[^`]*`|\d+")  # not the column's name: another column is another cause
EVERY_ONE = "--full, or --format json, lists each of them"


def of_findings(findings: Iterable[Finding]) -> list[tuple[Finding, ...]]:
    """The errors about rows by their cause, each where the first of them stood; everything else alone."""
    return _together((finding, _cause(finding)) for finding in findings)


def of_results(results: Iterable[Result]) -> list[tuple[Result, ...]]:
    """The rows of a list, those together of which the same is to be said; everything else alone."""
    return _together((result, _came(result)) for result in results)


def told(alike: Sequence[Finding]) -> Finding:
    """One finding for all of one cause, with the lines of the others."""
    first, *others = alike
    if not others:
        return first
    lines = [str(it.location.line) for it in others if it.location]
    return replace(first, message=f"{first.message} (and {len(others):,} more like it: lines {some(lines)})")


def rows(first: Result, others: Sequence[Result]) -> str:
    """``60 rows of reminders``."""
    return f"{1 + len(others):,} rows of {list_of(first.address)}"


def named(first: Result, others: Sequence[Result]) -> str:
    """`` (week/1; alike week/2, week/3 and 57 more)``: of whom a detail is, which may tell a value of the first."""
    return f" ({first.address.name}; alike: {some([it.address.name for it in others])})"


def some(names: Sequence[str], most: int = _NAMED) -> str:
    """``3, 4, 5 and 57 more``."""
    left = len(names) - most
    return ", ".join(names) if left <= 0 else f"{', '.join(names[:most])} and {left:,} more"


def _together(pairs: Iterable[tuple[Told, Hashable | None]]) -> list[tuple[Told, ...]]:
    """What has one key together, if it is more than anybody reads one by one; in the order of the first of each."""
    pairs = list(pairs)
    alike: dict[Hashable, list[Told]] = {}
    for item, key in pairs:
        alike.setdefault(key, []).append(item)
    many = {key: tuple(own) for key, own in alike.items() if key is not None and len(own) > FEW}
    return [many.get(key, (item,)) for item, key in pairs if key not in many or many[key][0] is item]


def _cause(finding: Finding) -> Hashable | None:
    place = finding.location
    if place is None or finding.severity is not Severity.ERROR or place.path.endswith(_MANIFESTS):
        return None
    return finding.code, place.path, _VALUES.sub("…", finding.message)


def _came(result: Result) -> Hashable | None:
    name = list_of(result.address)
    return (name, result.outcome, result.verb, _VALUES.sub("…", result.detail), result.hint) if name else None
