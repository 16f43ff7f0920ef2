"""Callees' numbers in documents: which are to be hidden, and where none may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import personal
from reconciler.model import Finding, Location, Resource, Severity
from reconciler.redaction import Redactor
from reconciler.telephony.phone_numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from reconciler.contract.kind import Kind


def personal_numbers(spec: Any, kind: Kind) -> set[str]:
    """Whose numbers a document holds, read before anybody complains about it."""
    names = personal(kind.spec)
    if not names or not isinstance(spec, dict):
        return set()
    return {number for name in names if (number := _e164(spec.get(name)))}


def _e164(written: Any) -> str:
    """A number as it is called, however it is written; "" where it is none, which its field complains about."""
    try:
        return normalise(written) if isinstance(written, str) else ""
    except ValueError:
        return ""


def told_by_names(resources: Sequence[Resource], callees: Iterable[str]) -> Iterator[Finding]:
    """Names and paths with a callee's number in them: they are keys of the state, and shown everywhere."""
    numbers = Redactor()
    numbers.hide_numbers(callees)
    if not numbers.knows_numbers:
        return
    hint = "names and paths are kept and shown: leave the number out, for example `confirm-jane-2026-12-01`"
    for resource in resources:
        if numbers.holds_number(resource.address.name):
            where = resource.manifest.locate("metadata", "name")
            yield Finding(Severity.ERROR, "RC154", "`metadata.name` holds a callee's number", hint, None, where)
    for path in dict.fromkeys(resource.manifest.location.path for resource in resources):
        if numbers.holds_number(path):
            message = "the path of the file holds a callee's number"
            yield Finding(Severity.ERROR, "RC154", message, hint, None, Location(path))
