"""Findings as SARIF 2.1.0, which code scanning reads; the rules are our codes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import reconciler
from reconciler import distribution
from reconciler.diagnostics.codes import CODES
from reconciler.model import Action, Finding, Severity
from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import Location, Plan

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
_LEVELS: dict[Severity, str] = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.NOTE: "note"}
_REFUSED = "RC300"
_WORD = re.compile(r"[A-Za-z0-9]+")


def findings(findings: Iterable[Finding], *, folder: str = "", project: str = "reconciler.yaml") -> dict[str, Any]:
    """The log of one run. ``folder`` is that of the project inside the repository, "" for its root.

    A finding about the account rather than a line (an empty balance) is placed at ``project``, the file
    that names the account: a result without any place is not shown.
    """
    told = list(findings)
    codes = sorted({finding.code for finding in told})
    homepage = distribution.homepage()
    return {
        "$schema": _SCHEMA,
        "version": "2.1.0",
        "runs": [
            {
                "tool": {
                    "driver": {
                        "name": "reconciler",
                        "semanticVersion": reconciler.__version__,
                        **({"informationUri": homepage} if homepage else {}),
                        "rules": [_rule(code, homepage) for code in codes],
                    }
                },
                "columnKind": "unicodeCodePoints",
                "results": [_result(it, codes, folder, project) for it in told],
            }
        ],
    }


def plan(plan: Plan, *, folder: str = "", project: str = "reconciler.yaml") -> dict[str, Any]:
    """The plan's findings, and an error for each change that would be refused."""
    return findings([*plan.findings, *refusals(plan)], folder=folder, project=project)


def refusals(plan: Plan) -> list[Finding]:
    """What a plan refuses, as findings."""
    return [
        Finding(Severity.ERROR, _REFUSED, change.sentence, "", change.address, change.location)
        for change in plan.changes
        if change.action is Action.REFUSE
    ]


def _rule(code: str, homepage: str) -> dict[str, Any]:
    meaning = CODES.get(code)
    if meaning is None:
        return {"id": code}
    return {
        "id": code,
        "name": "".join(word[:1].upper() + word[1:] for word in _WORD.findall(meaning.title)),
        **({"helpUri": f"{homepage}/blob/HEAD/docs/messages.md"} if homepage else {}),
        "shortDescription": {"text": meaning.title},
        "fullDescription": {"text": f"{meaning.title}: {meaning.way_out}"},
        "help": {"text": meaning.way_out},
    }


def _result(finding: Finding, codes: Sequence[str], folder: str, project: str) -> dict[str, Any]:
    hint = f" ({finding.hint})" if finding.hint else ""
    place: dict[str, Any] = {"physicalLocation": _place(finding.location, folder, project)}
    if finding.address:
        place["logicalLocations"] = [{"fullyQualifiedName": clean(str(finding.address)), "kind": "resource"}]
    return {
        "ruleId": finding.code,
        "ruleIndex": codes.index(finding.code),
        "level": _LEVELS[finding.severity],
        "message": {"text": clean(finding.message + hint)},
        "locations": [place],
    }


def _place(location: Location | None, folder: str, project: str) -> dict[str, Any]:
    path = location.path if location else project
    line, column = (location.line, location.column) if location else (1, 1)
    return {
        "artifactLocation": {
            "uri": quote(f"{folder}/{path}" if folder else path, errors="backslashreplace"),
            "uriBaseId": "%SRCROOT%",
        },
        "region": {"startLine": line, "startColumn": column},
    }
