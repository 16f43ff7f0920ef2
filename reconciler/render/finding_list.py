"""Findings printed as compilers do: place, severity, code, message, source line, hint."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from reconciler.model import Severity
from reconciler.redaction import mask_in_line
from reconciler.render import one_cause
from reconciler.render.terminal import Paint, clean, columns, cut, wrap
from reconciler.render.words import SEVERITIES, counted

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from reconciler.model import Finding, Location

    Sources = Callable[[str], list[str] | None]

_INDENT = "    "
_FEW = 3  # findings of one code that are shown where a page is to be brief
_ROOM_BEFORE_CARET = 40  # columns kept left of the caret when a line is too long to show
_LOOKED_AT, _LONGEST_NUMBER = 2000, 100  # letters on each side of the caret; a number may be cut at their far end


def findings(  # noqa: PLR0913 - how to print, all keyword-only
    findings: Sequence[Finding],
    *,
    width: int = 80,
    color: bool = False,
    sources: Sources | None = None,
    show_numbers: bool = False,
    full: bool = False,
) -> str:
    """One paragraph per finding, of many rows with one cause one for all unless ``full``, and how many there are.

    ``sources`` gives the lines of a file by its path as a finding names it, or None when it cannot be read.
    """
    if not findings:
        return ""
    paint = Paint(color=color)
    lines: list[str] = []
    causes = [(it,) for it in findings] if full else one_cause.of_findings(findings)
    for alike_ in causes:
        lines += headline(one_cause.told(alike_), width, paint)
        for finding in alike_[: one_cause.FEW]:
            if sources is not None and finding.location is not None:
                lines += _excerpt(finding.location, sources, width, paint, show_numbers=show_numbers)
        lines += hint(alike_[0].hint, width, paint)
    more = "" if len(causes) == len(findings) else f"; {one_cause.EVERY_ONE}"
    return "\n".join([*lines, "", f"{counts(findings)}{more}."]) + "\n"


def counts(findings: Sequence[Finding]) -> str:
    """``2 errors, 1 warning``."""
    numbers = {severity: sum(it.severity is severity for it in findings) for severity in Severity}
    return ", ".join(counted(count, severity.value) for severity, count in numbers.items() if count)


def alike(findings: Sequence[Finding], *, brief: bool = True) -> tuple[list[Finding], list[str]]:
    """Every error, those of one cause as one; of the others that are alike the first few, and how many more there are.

    Alike are those of one code where the page is to be ``brief``, else those that say the same of other places.
    """
    seen: Counter[tuple[str, ...]] = Counter()
    shown = []
    causes = one_cause.of_findings(findings)
    for finding in map(one_cause.told, causes):
        error = finding.severity is Severity.ERROR
        key = (finding.code,) if brief else (finding.code, finding.message, finding.hint)
        seen[key] += not error
        if error or seen[key] <= _FEW:
            shown.append(finding)
    same = "" if brief else " that say the same; --full lists them"
    more = [f"… and {count - _FEW:,} more {code}{same}" for (code, *_), count in seen.items() if count > _FEW]
    return shown, more if len(causes) == len(findings) else [*more, f"Errors in many rows: {one_cause.EVERY_ONE}"]


def headline(finding: Finding, width: int, paint: Paint) -> list[str]:
    """``manifests/a.yaml:3:5: error RC110: unknown key `voic```, wrapped below itself."""
    place = finding.location or finding.address
    where = f"{clean(str(place))}: " if place else ""
    weight = f"{finding.severity.value} {finding.code}"
    first, *rest = wrap(f"{where}{weight}: {clean(finding.message)}", width)
    rest = [f"{_INDENT}{line}" for line in wrap(" ".join(rest), width - len(_INDENT)) if line]
    return [first.replace(weight, paint(weight, SEVERITIES[finding.severity]), 1), *rest]


def hint(words: str, width: int, paint: Paint) -> list[str]:
    """``hint: …``, indented; nothing without words."""
    if not words:
        return []
    lines = wrap(f"hint: {clean(words)}", width - len(_INDENT))
    return [_INDENT + paint(line, "name") for line in lines]


def _excerpt(location: Location, sources: Sources, width: int, paint: Paint, *, show_numbers: bool) -> Iterator[str]:
    """The line and a caret below the column; numbers in it are masked, long lines cut around the caret."""
    source = sources(location.path)
    if source is None or not 1 <= location.line <= len(source):
        return
    text = source[location.line - 1].rstrip("\r\n")
    before, rest = _beside_caret(text, location.column - 1, show_numbers=show_numbers)
    if columns(before) > _ROOM_BEFORE_CARET and columns(before + rest) > width - len(_INDENT):
        before = f"…{before[-_ROOM_BEFORE_CARET + 1 :]}"
    yield _INDENT + cut(before + rest, width - len(_INDENT))
    yield f"{_INDENT}{' ' * columns(before)}{paint('^', 'grave')}"


def _beside_caret(text: str, caret: int, *, show_numbers: bool) -> tuple[str, str]:
    """What is left and right of the caret, clean; of a line without end no more than may be shown."""
    before, rest = text[max(0, caret - _LOOKED_AT) : caret], text[caret : caret + _LOOKED_AT]
    if not show_numbers:
        before, rest = mask_in_line(before), mask_in_line(rest)
    before = before[_LONGEST_NUMBER:] if caret > _LOOKED_AT else before
    rest = rest[:-_LONGEST_NUMBER] if len(text) > caret + _LOOKED_AT else rest
    return clean(before), clean(rest)
