"""What an author wrote of a spec, as plain values: the declared side of every comparison."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any

from reconciler.contract.fields import attributes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.contract.fields import Spec

_PLAIN = frozenset({str, int, float, bool, type(None)})


def declared_in(spec: Spec) -> dict[str, Any]:
    """What the author wrote of a spec, by manifest key and in the order of its fields, as plain values."""
    written, values = spec.model_fields_set, spec.__dict__
    if any(values[name].__class__ not in _PLAIN for name in written):
        return spec.model_dump(exclude_unset=True, by_alias=True)
    keys = _keys(type(spec))  # most specs hold a few plain values, and a serializer asks for each field there is
    return {keys[name][1]: values[name] for name in sorted(written, key=keys.__getitem__)}


@cache
def _keys(model: type[Spec]) -> Mapping[str, tuple[int, str]]:
    """By attribute of a spec model, its place among them and its manifest key."""
    return {name: (place, key) for place, (key, name) in enumerate(attributes(model).items())}
