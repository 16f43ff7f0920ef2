"""Which binding each document continues, as `metadata.was` says.

Pure: bindings move, and nothing is written to the account. A binding remembers the names it had, so a rename that was
carried out is not carried out again while its `was` is still written, and any graph of renames comes out right: chains,
swaps, rotations, applies that were skipped.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from reconciler.model import Address

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from reconciler.model import Manifest
    from reconciler.state.bindings import Binding


@dataclass(frozen=True, slots=True)
class Renaming:
    """The bindings as the documents mean them, and the documents that mean two objects at once, with both ids."""

    bindings: Mapping[Address, Binding]
    contested: Mapping[Address, tuple[str, ...]] = field(default_factory=dict)


def renamed(bindings: Mapping[Address, Binding], manifests: Iterable[Manifest]) -> Renaming:
    """Every binding under the name it has now; what nobody declares keeps its own."""
    declared = {manifest.address: manifest for manifest in manifests}
    known = _without_aliases(bindings, declared)
    chosen = _chosen(known, declared)
    contested: dict[Address, tuple[str, ...]] = {}
    while orphaned := _orphaned(chosen, known):
        contested |= {address: (known[chosen[address]].id, known[address].id) for address in orphaned}
        chosen |= {address: address for address in orphaned}
    taken = set(chosen.values())
    left = {address: binding for address, binding in known.items() if address not in taken}
    return Renaming(left | {new: _under(new, known[old], declared[new]) for new, old in chosen.items()}, contested)


def _orphaned(chosen: Mapping[Address, Address], bindings: Mapping[Address, Binding]) -> list[Address]:
    """The documents that would leave a binding of their own, which none takes over."""
    leaving = [new for new, old in chosen.items() if new is not old and new != old and new in bindings]
    taken = set(chosen.values()) if leaving else set()
    return [new for new in leaving if new not in taken]


def _chosen(bindings: Mapping[Address, Binding], declared: Mapping[Address, Manifest]) -> dict[Address, Address]:
    """For each document that has one, the address whose binding it continues; the surest claims first."""
    if not any(manifest.was for manifest in declared.values()):  # every claim is to the document's own name
        return {address: address for address in declared if address in bindings}
    claims = sorted(claim for manifest in declared.values() for claim in _claims(manifest, bindings))
    chosen: dict[Address, Address] = {}
    taken: set[Address] = set()
    for *_, new, old in claims:
        if new not in chosen and old not in taken:
            chosen[new] = old
            taken.add(old)
    return chosen


def _claims(
    manifest: Manifest, bindings: Mapping[Address, Binding]
) -> Iterator[tuple[int, int, int, Address, Address]]:
    """Each binding that the document may continue: first by the earlier names that it does not account for.

    Of equals, a name that has no binding yet comes before one that keeps its own, and that before one that leaves it.
    """
    new, names = manifest.address, {*manifest.was, manifest.address.name}
    olds = (Address(new.kind, name) for name in manifest.was if name != new.name)
    for place, old in enumerate((new, *olds)):
        binding = bindings.get(old)
        if binding is None or (manifest.id is not None and old != new and binding.id != manifest.id):
            continue
        unexplained = names - {*binding.was, old.name, new.name}
        standing = 1 if old == new else 2 * (new in bindings)
        yield len(unexplained), standing, place, new, old


def _without_aliases(
    bindings: Mapping[Address, Binding], declared: Mapping[Address, Manifest]
) -> dict[Address, Binding]:
    """The bindings without the old names that an earlier version left behind on an object that has a new one."""
    owners: dict[tuple[str, str], list[Address]] = {}
    for address, binding in bindings.items():
        if binding.id:
            owners.setdefault((address.kind, binding.id), []).append(address)
    stale = {address for several in owners.values() if len(several) > 1 for address in _stale(several, declared)}
    return (
        {address: binding for address, binding in bindings.items() if address not in stale} if stale else {**bindings}
    )


def _stale(several: list[Address], declared: Mapping[Address, Manifest]) -> Iterator[Address]:
    """Of the addresses of one object, those that another of them replaced."""
    current = [address for address in several if address in declared]
    earlier = {name for address in current for name in declared[address].was}
    for address in several:
        if current and (address not in declared or address.name in earlier):
            yield address


def _under(new: Address, binding: Binding, manifest: Manifest) -> Binding:
    """A binding under the name it has now, with every name it had before."""
    if not binding.was and not manifest.was and binding.address == new:
        return binding
    names = (*binding.was, binding.address.name, *manifest.was)
    was = tuple(name for name in dict.fromkeys(names) if name != new.name)
    if binding.address != new and binding.protect and not manifest.protect:
        binding = replace(binding, kept_protected=True)
    if (binding.address, binding.was) == (new, was):
        return binding
    return replace(binding, address=new, was=was)
