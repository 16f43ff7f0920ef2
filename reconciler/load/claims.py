"""Claims on live objects: an id, or an earlier name, belongs to one document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.model import Finding, Severity

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from reconciler.model import Resource


def claimed_twice(own: Sequence[Resource]) -> Iterator[Finding]:
    """One live object is one document: an id, or an earlier name, is claimed once."""
    first: dict[tuple[str, str], Resource] = {}
    for resource in own:
        claims = [("id", resource.manifest.id)] if resource.manifest.id else []
        claims += [("was", name) for name in resource.manifest.was]
        for key, value in claims:
            twin = first.setdefault((key, value), resource)
            if twin is not resource:
                yield Finding(
                    Severity.ERROR,
                    "RC117",
                    f"`metadata.{key}: {value}` is also that of `{twin.address}`",
                    "keep it in one of the two documents",
                    resource.address,
                    resource.manifest.locate("metadata", key),
                )
