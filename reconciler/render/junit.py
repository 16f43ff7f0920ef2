"""Findings as JUnit XML, which every CI shows as a list of tests.

A test is a declared resource: errors and refusals fail it, warnings are its output. What is about no declared
resource is a test of its own, named by its code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

from reconciler.model import Severity
from reconciler.render.sarif import refusals
from reconciler.render.terminal import clean

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reconciler.model import Finding, Plan


def findings(findings: Iterable[Finding], addresses: Iterable[str] = (), *, suite: str = "validate") -> str:
    """One suite with a test for each address and for each finding that is about none of them."""
    cases: dict[str, list[Finding]] = {address: [] for address in addresses}
    for finding in findings:
        where = str(finding.address) if finding.address else str(finding.location or finding.code)
        cases.setdefault(where, []).append(finding)
    failed = sum(any(it.severity is Severity.ERROR for it in told) for told in cases.values())
    counts = {"tests": f"{len(cases)}", "failures": f"{failed}", "errors": "0"}
    root = ET.Element("testsuites", {"name": "reconciler", **counts})  # `skipped` is for suites alone
    tests = ET.SubElement(root, "testsuite", {"name": f"reconciler {suite}", **counts, "skipped": "0"})
    for where, told in cases.items():
        _case(tests, where, told)
    ET.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{ET.tostring(root, encoding="unicode")}\n'


def plan(plan: Plan) -> str:
    """The plan as a suite: a test for each change, its findings and refusals."""
    addresses = dict.fromkeys(str(change.address) for change in plan.changes)
    return findings([*plan.findings, *refusals(plan)], addresses, suite="plan")


def _case(tests: ET.Element, where: str, told: Sequence[Finding]) -> None:
    kind, _, name = where.partition("/")
    located = name and kind.isidentifier() and kind[0].isupper()  # a kind, not a folder
    classname, title = (kind, name) if located else ("findings", where)
    case = ET.SubElement(tests, "testcase", {"classname": clean(classname), "name": clean(title)})
    if place := next((it.location for it in told if it.location), None):
        case.attrib |= {"file": clean(place.path), "line": str(place.line)}
    if errors := [it for it in told if it.severity is Severity.ERROR]:
        first = f"{errors[0].code}: {errors[0].message}"  # one element for all of them: a test fails once
        ET.SubElement(case, "failure", {"message": clean(first), "type": errors[0].code}).text = _text(errors)
    if others := [it for it in told if it.severity is not Severity.ERROR]:
        ET.SubElement(case, "system-out").text = _text(others)


def _text(told: Sequence[Finding]) -> str:
    lines = []
    for it in told:
        place = f"{it.location}: " if it.location else ""
        lines.append(clean(f"{place}{it.severity.value} {it.code}: {it.message}"))
        lines += [f"    hint: {clean(it.hint)}"] if it.hint else []
    return "\n".join(lines)
