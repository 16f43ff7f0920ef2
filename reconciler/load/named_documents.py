"""Documents that others name: whether they are declared, and what of them is compared along.

All rows of a list name the same few, so each name is looked up once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import bringing, named
from reconciler.diagnostics.suggestions import nearest, offer
from reconciler.model import Finding, Resource, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Brought:
    """What the documents that one names say and it depends on, by the key it is compared under."""

    def __init__(self, resources: Mapping[str, Resource]) -> None:
        self._resources = resources
        self._known: dict[tuple[object, ...], dict[str, Any]] = {}

    def by(self, resource: Resource) -> Mapping[str, Any]:
        """One mapping for all that name the same."""
        own = bringing(type(resource.spec))
        if not own:
            return {}
        names = tuple(str(resource.declared.get(name)) for name, _, _ in own)
        case = type(resource.spec), *names
        if (known := self._known.get(case)) is not None:
            return known
        found: dict[str, Any] = {}
        for name, (_, ref, (field, key)) in zip(names, own, strict=True):
            target = self._resources.get(f"{ref.kind}/{name}")
            if target is not None and field in target.declared:
                found[key] = target.declared[field]
        self._known[case] = found
        return found


def knowing(resource: Resource, brought: Mapping[str, Any]) -> Resource:
    """The document with what is brought to it: ``replace`` would ask each field of a hundred thousand rows."""
    it = resource
    return Resource(it.manifest, it.spec, it.declared, it.files, brought, it.lent, it.tables)


class Declared:
    """What is declared, by address as text, and what failed to load, which is complained about elsewhere."""

    def __init__(self, resources: Mapping[str, Resource], failed: set[str]) -> None:
        self._resources, self._failed = resources, failed
        self._right: set[tuple[str, str]] = set()

    def dangling(self, resource: Resource) -> Iterator[Finding]:
        """References of a document to names that nobody declares."""
        if resource.manifest.absent:
            return
        for name, ref, value in named(type(resource.spec), resource.declared):
            if (ref.kind, value) in self._right:
                continue
            target = self._resources.get(f"{ref.kind}/{value}")
            if f"{ref.kind}/{value}" in self._failed or (target is not None and not target.manifest.absent):
                self._right.add((ref.kind, value))
                continue
            what = "declared absent" if target else "not declared"
            names = [item.address.name for item in self._resources.values() if item.address.kind == ref.kind]
            yield Finding(
                Severity.ERROR,
                "RC140",
                f"`{name}` names {ref.kind} `{value}`, which is {what}",
                nearest(value, names) or offer(names) or f"declare {ref.kind}/{value}",
                resource.address,
                resource.manifest.locate("spec", name, *_place(resource.declared[name], value)),
            )


def _place(written: Any, name: str) -> tuple[int, ...]:
    """Where in a set of names one of them stands."""
    return () if isinstance(written, str) else (list(written).index(name),)
