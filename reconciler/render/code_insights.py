"""Annotations as a report of Bitbucket's Code Insights, which a pull request shows beside its lines."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from reconciler.contract.equality import digest

if TYPE_CHECKING:
    from collections.abc import Sequence

    from reconciler.render.annotated import Annotation

_SEVERITIES = {"error": "HIGH", "warning": "MEDIUM", "notice": "LOW"}
_LONGEST_SUMMARY, _LONGEST_DETAILS = 450, 2_000  # characters that Bitbucket takes


def key(subject: str) -> str:
    """What a report of the subject is called in its address: a later one of the same replaces it."""
    return f"reconciler-{digest(subject)}"


def report(title: str, annotations: Sequence[Annotation]) -> dict[str, Any]:
    """The head of a report; an error in it fails it."""
    levels = Counter(it.level for it in annotations)
    told = ", ".join(f"{count} {level}{'s' if count != 1 else ''}" for level, count in sorted(levels.items()))
    return {
        "title": title,
        "reporter": "reconciler",
        "report_type": "TEST",
        "details": told or "nothing to say",
        "result": "FAILED" if levels["error"] else "PASSED",
    }


def entries(annotations: Sequence[Annotation]) -> list[dict[str, Any]]:
    """An object for each; what has no place is shown for the whole pull request."""
    return [_annotation(number, it) for number, it in enumerate(annotations)]


def _annotation(number: int, it: Annotation) -> dict[str, Any]:
    place = {} if it.path is None else {"path": it.path, "line": it.line}
    return {
        "external_id": digest([number, it.title, it.message, it.path or "", it.line]),
        "annotation_type": "BUG" if it.level == "error" else "CODE_SMELL",
        "severity": _SEVERITIES[it.level],
        "summary": _cut(" ".join(f"{it.title}: {it.message}".split()), _LONGEST_SUMMARY),
        "details": _cut(it.message, _LONGEST_DETAILS),
        **place,
    }


def _cut(text: str, longest: int) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
