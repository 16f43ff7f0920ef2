"""Rules about people's numbers in clear where the project wants them sealed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.contract.fields import personal
from reconciler.lint.rule import Complaint
from reconciler.model import Location
from reconciler.sealing import SUFFIX
from reconciler.telephony.phone_numbers import is_e164

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from reconciler.model import Resource
    from reconciler.settings import Settings

CODE = "RC724"


def numbers_in_clear(resources: Mapping[str, Resource], settings: Settings) -> Iterator[Complaint]:
    """Each manifest and each table with numbers of people to call that anybody who reads the repository reads."""
    if settings.privacy.numbers != "sealed":
        return
    found: dict[str, list[tuple[Resource, Location]]] = {}
    for resource in resources.values():
        for where in (*_fields(resource), *_tables(resource)):
            if not where.path.endswith(SUFFIX):
                found.setdefault(where.path, []).append((resource, where))
    for path, places in found.items():
        resource, where = min(places, key=lambda it: (it[1].line, it[1].column))
        yield Complaint(resource, where, message(len(places)), way_out(path))


def message(count: int) -> str:
    """``3 telephone numbers stand here in clear``."""
    whose = "a telephone number stands" if count == 1 else f"{count:,} telephone numbers stand"
    return f"{whose} here in clear, and `privacy` wants them sealed"


def way_out(path: str) -> str:
    """What to do about a file with numbers in clear."""
    if path.lower().endswith((".yaml", ".yml")):
        return "name a sealed file (`to_number: {file: jane.txt.age}`), or make it a row of a sealed table (a CallList)"
    return f"seal it, name `{path.rpartition('/')[2]}{SUFFIX}` in its place, and remove it: reconciler seal {path}"


def _fields(resource: Resource) -> Iterator[Location]:
    """Where a document, or a row, or the file that it names, holds the number of somebody."""
    for name in personal(type(resource.spec)):
        if is_e164(str(resource.declared.get(name, ""))):
            file = resource.files.get(name)
            yield resource.manifest.locate("spec", name) if file is None else Location(file)


def _tables(resource: Resource) -> Iterator[Location]:
    """A place for each row with a number in the files of a document that stands for no calls of its own."""
    for table in resource.tables.values():
        for line, row in zip(table.lines, table.rows, strict=True):
            if any(isinstance(cell, str) and is_e164(cell.strip()) for cell in row):
                yield Location(table.path, line)
