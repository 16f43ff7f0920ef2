"""A saved plan as text, for the person who approves it: what the document says, and nothing looked up."""

from __future__ import annotations

import difflib
import json
from typing import TYPE_CHECKING, Any

from reconciler.render.terminal import clean
from reconciler.render.words import counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_UNEVENTFUL = frozenset({"keep"})


def text(document: Mapping[str, Any]) -> str:
    """The target, the refusals and deletions first, each change with its fields, the findings, the fingerprint."""
    changes = [change for change in document["changes"] if change.get("action") not in _UNEVENTFUL]
    grave = [change for change in changes if change.get("action") in ("refuse", "delete", "unprotect")]
    ordered = grave + [change for change in changes if change not in grave]
    lines = [_head(document), "", *(line for change in ordered for line in _change(change))]
    lines += [line for finding in _mappings(document.get("findings")) for line in _finding(finding)]
    lines += [f"{counted(len(changes), 'change')}; fingerprint {document.get('fingerprint', '')}"]
    return "\n".join(clean(line) for line in lines) + "\n"


def _head(document: Mapping[str, Any]) -> str:
    target = document["target"]
    organization = target["organization"]
    return f"saved plan · {organization.get('name')} (organisation {organization.get('id')}) · {target.get('url')}"


def _change(change: Mapping[str, Any]) -> Iterator[str]:
    source = change.get("source")
    where = f"  {source.get('path')}:{source.get('line')}" if isinstance(source, dict) else ""
    yield f"{change.get('address')}  {change.get('action')}{where}"
    yield f"    {change.get('sentence')}"
    if consequences := change.get("consequences"):
        yield f"    ! {', '.join(str(it).replace('_', ' ') for it in consequences)}"
    for field in _mappings(change.get("fields")):
        yield from _field(field)
    yield ""


def _field(field: Mapping[str, Any]) -> Iterator[str]:
    before, after, path = field.get("before"), field.get("after"), field.get("path")
    by = f"  (changed by {field['changed_by']})" if field.get("changed_by") not in (None, "manifest") else ""
    if isinstance(before, str) and isinstance(after, str) and "\n" in before + after:
        yield f"    {path}{by}"
        differences = difflib.unified_diff(before.splitlines(), after.splitlines(), lineterm="", n=2)
        yield from (f"        {line}" for line in list(differences)[2:])
        return
    yield f"    {path}  {_value(before)} → {_value(after)}{by}"


def _value(value: Any) -> str:
    if value is None:
        return "none"
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _finding(finding: Mapping[str, Any]) -> Iterator[str]:
    yield f"{finding.get('severity')} {finding.get('code')}: {finding.get('message')}"
    if hint := finding.get("hint"):
        yield f"    hint: {hint}"


def _mappings(value: Any) -> list[Mapping[str, Any]]:
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []
