"""Fields that the vendor refused, on the lines that declare them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reconciler.contract.fields import policies
from reconciler.model import Location

if TYPE_CHECKING:
    from reconciler.errors import ApiError
    from reconciler.model import Resource


@dataclass(frozen=True, slots=True)
class RefusedField:
    """A field the vendor refused: its key in the manifest, where that stands, and the vendor's words."""

    key: str
    location: Location
    words: str

    def __str__(self) -> str:
        return f"`{self.key}` ({self.location}): {self.words}"


def refused_fields(error: ApiError, resource: Resource | None) -> tuple[RefusedField, ...]:
    """Each complaint of a 400 body (contract 1.5) about a field that the resource declares, in the vendor's order.

    The vendor speaks of wire names with dots (``transfer_destinations.0.number``), the manifest of its own keys.
    """
    if resource is None:
        return ()
    keys = {policy.wire: name for name, policy in policies(type(resource.spec)).items()}
    found = []
    for dotted, complaints in error.fields.items():
        first, *rest = dotted.split(".")
        if (key := keys.get(first, "")) in resource.declared:
            path = [key, *(int(part) if part.isdigit() else part for part in rest)]
            located = (
                Location(resource.files[key]) if key in resource.files else resource.manifest.locate("spec", *path)
            )
            found.append(RefusedField(".".join([key, *rest]), located, " ".join(complaints)))
    return tuple(found)


def sentence(error: ApiError, found: tuple[RefusedField, ...]) -> str:
    """The refusal in one line: what is located, then all the vendor said where that was more."""
    said = "; ".join(map(str, found))
    more = "" if len(found) == len(error.fields) else f"; in its own words: {error.detail}"
    return f"the vendor refuses {said}{more} ({error.method} {error.path} answered {error.status})"
