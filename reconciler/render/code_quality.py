"""Code Quality report of GitLab: findings beside the lines of a merge request, each known again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.equality import digest
from reconciler.model import Outcome, Severity
from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterable

    from reconciler.model import Finding, Location, Report

FILE = "gl-code-quality-report.json"
_SEVERITIES = {Severity.ERROR: "critical", Severity.WARNING: "minor", Severity.NOTE: "info"}
_NOWHERE = "reconciler.yaml"  # the report wants a file and a line of everything


def findings(found: Iterable[Finding], *, folder: str = "") -> list[dict[str, Any]]:
    """An issue for each finding; ``folder`` is that of the project inside the repository, "" for its root."""
    return [
        _issue(
            it.code,
            f"{it.message} ({it.hint})" if it.hint else it.message,
            _SEVERITIES[it.severity],
            it.location,
            folder,
            str(it.address or ""),
        )
        for it in found
    ]  # fmt: skip - one sentence


def report(report: Report, *, folder: str = "") -> list[dict[str, Any]]:
    """An issue for each change that was not done, or leaves something to do, at the document it is about."""
    places = {change.address: change.location for change in report.plan.changes}
    return [
        _issue(
            f"{result.verb} {result.outcome.value}",
            f"{result.address}: {result.detail or result.outcome.value}",
            "critical" if result.outcome is Outcome.FAILED else "minor",
            places.get(result.address),
            folder,
            str(result.address),
        )
        for result in report.results
        if result.outcome is not Outcome.DONE or result.hint
    ]  # fmt: skip - as above


def _issue(  # noqa: PLR0913 - the parts of an issue
    check: str, description: str, severity: str, location: Location | None, folder: str, address: str
) -> dict[str, Any]:
    path = location.path if location else _NOWHERE
    told = " ".join(clean(description).split())
    return {
        "description": told,
        "check_name": check,
        # Not the line: what moved down a file is the same issue.
        "fingerprint": digest([check, told, path, address]),
        "severity": severity,
        "location": {
            "path": f"{folder}/{path}" if folder else path,
            "lines": {"begin": location.line if location else 1},
        },
    }
