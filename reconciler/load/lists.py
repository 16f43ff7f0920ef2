"""Documents that stand for the rows of a table: what rows declare, and findings about many of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reconciler.contract.kind import Members
from reconciler.documents.tables import TABLES, NoTable, read_table
from reconciler.errors import InputError
from reconciler.left_out import list_of
from reconciler.model import Finding, Location, Severity
from reconciler.sealing import SUFFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from reconciler.contract.kind import Kind
    from reconciler.model import Resource
    from reconciler.sealing import Sealing

_LINES = 5  # of the other rows that a finding is about too


def members(resource: Resource, kind: Kind, raw: Mapping[str, bytes], sealing: Sealing) -> Members:
    """What the rows of its table declare; nothing, and why, where the file is no table."""
    if kind.table not in raw:
        return Members((), known=False)  # why it was not read is said already
    path = resource.files[kind.table]
    where = resource.manifest.locate("spec", kind.table)
    if not path.removesuffix(SUFFIX).endswith(TABLES):
        named = Finding(
            Severity.ERROR,
            "RC171",
            f"`{path}` is no table: its name ends with none of {', '.join(TABLES)}",
            "save it as CSV with a header line",
            resource.address,
            where,
        )
        return Members((), (named,), known=False)
    try:
        content = sealing.open(raw[kind.table]) if path.endswith(SUFFIX) else raw[kind.table]
        return kind.members(resource, read_table(content, path))
    except InputError as error:
        joint = " " if error.message.startswith("is ") else " cannot be opened: "
        said = f"`{path}`{joint}{error.message}"
        return Members((), (Finding(Severity.ERROR, "RC161", said, error.hint, resource.address, where),), known=False)
    except NoTable as wrong:
        said = f"the table {wrong}"
        found = Finding(Severity.ERROR, "RC171", said, wrong.hint, resource.address, Location(path, wrong.line))
        return Members((), (found,), known=False)


def merged(findings: Iterable[Finding], lists: Mapping[str, Resource]) -> list[Finding]:
    """The findings with what is alike about the rows of one list said once: of their document, or at the first row.

    An error in a cell is said of each; a remark is counted.
    """
    found: dict[tuple[object, ...], Finding] = {}
    lines: dict[tuple[object, ...], list[int]] = {}
    for finding in findings:
        told, key = _with_key(finding, lists)
        found.setdefault(key, told)
        lines.setdefault(key, []).append(finding.location.line if finding.location else 0)
    return [_counted(told, lines[key][1:]) for key, told in found.items()]


def _with_key(finding: Finding, lists: Mapping[str, Resource]) -> tuple[Finding, tuple[object, ...]]:
    """Of what a finding is said, and the key by which it is told from others."""
    name = list_of(finding.address) if finding.address else ""
    resource = lists.get(name or (finding.address.name if finding.address else ""))
    if resource is None or (not name and finding.address != resource.address):
        return finding, (id(finding),)
    if finding.location is not None and finding.location.path == resource.manifest.location.path:
        told = replace(finding, address=resource.address)
        return told, (resource.address, finding.code, finding.message, finding.location)
    if finding.severity is Severity.ERROR or not name:
        return finding, (id(finding),)
    return finding, (name, finding.code)


def _counted(finding: Finding, others: Sequence[int]) -> Finding:
    """A finding about rows of a list: of the ``others`` it says how many there are, and on which lines."""
    if not others or finding.severity is Severity.ERROR or finding.address is None or not list_of(finding.address):
        return finding
    lines = ", ".join(str(line) for line in dict.fromkeys(others[:_LINES]))
    rows = f"row of the list: line {lines}" if len(others) == 1 else f"rows of the list: lines {lines}"
    more = ", …" if len(others) > _LINES else ""
    return replace(finding, message=f"{finding.message} (and {len(others):,} more {rows}{more})")
