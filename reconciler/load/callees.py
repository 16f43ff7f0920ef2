"""Callees' numbers in documents: which are to be hidden, and where none may stand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import personal
from reconciler.documents.tables import TABLES
from reconciler.left_out import list_of
from reconciler.load.number_cells import WHOLE
from reconciler.model import Finding, Location, Resource, Severity
from reconciler.redaction import Redactor
from reconciler.sealing import SUFFIX
from reconciler.telephony.phone_numbers import normalise

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from reconciler.contract.kind import Kind


def personal_numbers(spec: Any, kind: Kind) -> set[str]:
    """Whose numbers a document holds, read before anybody complains about it."""
    names = personal(kind.spec)
    if not names or not isinstance(spec, dict):
        return set()
    return {number for name in names if (number := _e164(spec.get(name)))}


def number_files(kind: Kind, declared: Mapping[str, Any], files: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """The files of a document, by its keys, that hold people's numbers, and in which columns; any, of whole ones."""
    if not files:
        return {}
    whole, columns = personal(kind.spec), kind.number_columns(declared)
    tables = {path: columns for path in files.values() if columns and path.removesuffix(SUFFIX).endswith(TABLES)}
    return {**tables, **{path: WHOLE for key, path in files.items() if key in whole}}


def in_a_file(kind: Kind, place: Sequence[str | int]) -> str:
    """Where a person's number is kept that is not to stand in a document; "" of any other place below ``spec``."""
    if len(place) != 1 or place[0] not in personal(kind.spec):
        return ""
    return f"keep the number in a file: `{place[0]}: {{file: PATH}}`; `reconciler seal PATH` seals it"


def _e164(written: Any) -> str:
    """A number as it is called, however it is written; "" where it is none, which its field complains about."""
    try:
        return normalise(written) if isinstance(written, str) else ""
    except ValueError:
        return ""


def told_by_names(
    resources: Sequence[Resource], callees: Iterable[str], lists: Mapping[str, Resource]
) -> Iterator[Finding]:
    """Names and paths with a callee's number in them: they are keys of the state, and shown everywhere.

    A row has its name from its key, and leaves out its list alone.
    """
    numbers = Redactor()
    numbers.hide_numbers(callees)
    if not numbers.knows_numbers:
        return
    hint = "names and paths are kept and shown: leave the number out, for example `confirm-jane-2026-12-01`"
    for resource in resources:
        if not numbers.holds_number(resource.address.name):
            continue
        if (own := lists.get(list_of(resource.address))) is not None:
            where = resource.manifest.locate("spec", "key")
            said = "the key holds a callee's number, and keys are kept and shown"
            yield Finding(Severity.ERROR, "RC154", said, "name another column as `key`", own.address, where)
        else:
            where = resource.manifest.locate("metadata", "name")
            yield Finding(Severity.ERROR, "RC154", "`metadata.name` holds a callee's number", hint, None, where)
    for path in dict.fromkeys(resource.manifest.location.path for resource in resources):
        if numbers.holds_number(path):
            message = "the path of the file holds a callee's number"
            yield Finding(Severity.ERROR, "RC154", message, hint, None, Location(path))
