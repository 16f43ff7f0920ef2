"""Write findings as JUnit XML, which every CI shows as a list of tests.

A test is a declared resource: errors and refusals fail it, warnings are its output. What is about no declared
resource is a test of its own, named by its code.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.saxutils import escape, quoteattr

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
    counts = f'tests="{len(cases)}" failures="{failed}" errors="0"'  # `skipped` is for suites alone
    name = quoteattr(f"reconciler {suite}")
    body = "".join(_case(case, told) for case, told in cases.items())
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<testsuites name="reconciler" {counts}>\n'
        f'  <testsuite name={name} {counts} skipped="0">\n{body}  </testsuite>\n</testsuites>\n'
    )


def plan(plan: Plan) -> str:
    """The plan as a suite: a test for each change, its findings and refusals."""
    addresses = dict.fromkeys(str(change.address) for change in plan.changes)
    return findings([*plan.findings, *refusals(plan)], addresses, suite="plan")


def _case(where: str, told: Sequence[Finding]) -> str:
    kind, _, name = where.partition("/")
    located = name and kind.isidentifier() and kind[0].isupper()  # a kind, not a folder
    classname, title = (kind, name) if located else ("findings", where)
    place = next((it.location for it in told if it.location), None)
    file = f" file={quoteattr(clean(place.path))} line={quoteattr(str(place.line))}" if place else ""
    head = f"    <testcase classname={quoteattr(clean(classname))} name={quoteattr(clean(title))}{file}"
    if not told:
        return f"{head}/>\n"
    errors = [it for it in told if it.severity is Severity.ERROR]
    others = [it for it in told if it.severity is not Severity.ERROR]
    failures = f"      {_failure(errors)}\n" if errors else ""
    output = f"      <system-out>{_text(others)}</system-out>\n" if others else ""
    return f"{head}>\n{failures}{output}    </testcase>\n"


def _failure(errors: Sequence[Finding]) -> str:
    """One element for all of them: a test fails once."""
    message = f"{errors[0].code}: {errors[0].message}"
    return f"<failure message={quoteattr(clean(message))} type={quoteattr(errors[0].code)}>{_text(errors)}</failure>"


def _text(told: Sequence[Finding]) -> str:
    lines = []
    for it in told:
        place = f"{it.location}: " if it.location else ""
        hint = f"\n    hint: {clean(it.hint)}" if it.hint else ""
        lines.append(f"{place}{it.severity.value} {it.code}: {clean(it.message)}{hint}")
    return escape("\n".join(lines))
