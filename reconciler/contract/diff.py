"""Differences between a live object and its declaration, and which side moved.

Only what the right side mentions is compared (promise P3). The base of the three-way comparison is the
pair of digests the last apply recorded for each field: of what was declared, and of what was read back.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, overload

from reconciler.contract.equality import digest, digests, equal, same
from reconciler.contract.resolver import UNRESOLVED
from reconciler.contract.shapes import holds_secret, veiled
from reconciler.model import ChangedBy, FieldDiff, Location

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from reconciler.contract.fields import Policy
    from reconciler.contract.resolver import Resolver
    from reconciler.model import Resource
    from reconciler.state.bindings import Binding


AS_EXPORTED = "*"  # in place of the digest of a value that an export could not read


def diff(  # noqa: PLR0913 - three sides, and how to read each
    resource: Resource,
    expected: Mapping[str, Any],
    live: Mapping[str, Any],
    *,
    policies: Mapping[str, Policy],
    resolver: Resolver,
    base: Binding | None,
    whole: bool = False,
    alike: frozenset[str] = frozenset(),
) -> tuple[FieldDiff, ...]:
    """The declared fields whose live value differs, in the order of the manifest.

    With ``whole`` the live side is entirely ours (a call we armed), so a field that is live and no longer
    declared differs too. Fields that are ``alike`` mean the same, however they are spelled.
    """
    found = []
    for name, value in expected.items():
        policy = policies[name]
        if policy.literal and equal(value, live.get(policy.wire)):
            continue  # nearly every field of a large plan
        if policy.local or policy.fixed or (policy.recorded and not policy.told(live)):
            continue
        desired, actual = resolver.to_wire(policy, value), policy.live(live)
        if not _same(policy, desired, actual, base):
            found.append(_difference(resource, policy, value, actual, resolver=resolver, base=base))
    if whole:
        found += [
            FieldDiff(name, value, None, personal=policies[name].hashed)
            for name, value in live.items()
            if name not in expected and name in policies
        ]
    return tuple(it for it in found if it.path not in alike)


def alike(declared: Mapping[str, Any], live: Mapping[str, Any]) -> frozenset[str]:
    """The fields by which two sides, as their kind understands them, mean the same."""
    return frozenset(name for name, meant in declared.items() if name in live and live[name] == meant)


def as_told(policy: Policy, desired: Any, actual: Any) -> bool:
    """Whether a field is as declared, as far as the account tells."""
    return _same(policy, desired, actual, None)


def _same(policy: Policy, desired: Any, actual: Any, base: Binding | None) -> bool:
    """Whether a field is as declared; what the account does not tell is as it was sent last.

    With no ``base`` at all (what was just sent is read back) only what the account tells can be wrong.
    """
    if policy.unread is None:
        return same(policy, desired, actual)
    if not _same_keys(policy.unread.readable, desired, actual):
        return False
    recorded = base.fields.get(policy.name) if base else None
    if recorded is None and actual is not None and not policy.unread.readable and not policy.secret:
        return base is None or same(policy, desired, actual)  # a request of its own told it
    if base is None or recorded is None:
        return base is None
    if policy.hides(actual):
        return _recalls(recorded[0], policy, desired, base)
    moved = not (_recalls(recorded[0], policy, desired, base) and _recalls(recorded[1], policy, actual, base))
    return not moved or same(policy, desired, actual)


def remembered(policy: Policy, desired: Any, base: Binding | None) -> bool:
    """Whether what is declared is what was sent last, as far as that is recorded."""
    recorded = base.fields.get(policy.name) if base else None
    return base is not None and recorded is not None and _recalls(recorded[0], policy, desired, base)


def _recalls(recorded: str, policy: Policy, value: Any, base: Binding) -> bool:
    """Whether a recorded digest is of this value; what cannot be read again counts as sent once it was exported."""
    plain = digests(policy, value)
    if recorded == AS_EXPORTED or recorded in plain:  # as an older version kept those of secrets too
        return True
    return policy.unread is not None and base.digests.recalls(recorded, plain)


def _same_keys(readable: tuple[str, ...], desired: Any, actual: Any) -> bool:
    """Whether the objects of a list say the same in the keys that are told, in any order."""
    if not readable:
        return True
    return _digests_of(readable, desired) == _digests_of(readable, actual)


def _digests_of(readable: tuple[str, ...], value: Any) -> list[str]:
    rows = value if isinstance(value, list | tuple) else [value] if value is not None else []
    told = ([_in_any_case(row.get(key)) for key in readable] for row in rows if isinstance(row, dict))
    return sorted(map(digest, told))


def _in_any_case(value: Any) -> Any:
    """The name of a header means the same in capitals, and servers write it as they like."""
    return value.casefold() if isinstance(value, str) else value


def _difference(  # noqa: PLR0913 - as above
    resource: Resource, policy: Policy, value: Any, actual: Any, *, resolver: Resolver, base: Binding | None
) -> FieldDiff:
    spec = type(resource.spec)
    before, after = (veiled(spec, policy.name, it) for it in (resolver.to_name(policy, actual), value))
    return FieldDiff(
        path=policy.name,
        before=before,
        after=after,
        changed_by=_side(policy, resolver.to_wire(policy, value), actual, base),
        personal=policy.personal or policy.hashed,
        secret=policy.secret or (holds_secret(spec, policy.name) and before == after),
        immutable=policy.immutable or policy.parent,
        location=where(resource, policy.name),
        unremembered=_unremembered(policy, resolver.to_wire(policy, value), actual, base),
    )


def _unremembered(policy: Policy, desired: Any, actual: Any, base: Binding | None) -> bool:
    """Whether nobody can tell if a field is as declared: it is not told, and nothing is recorded of it."""
    if policy.unread is None or base is None or policy.name in base.fields:
        return False
    if actual is not None and not policy.unread.readable and not policy.secret:
        return False
    return _same_keys(policy.unread.readable, desired, actual)


class EveryField(Sequence[FieldDiff]):
    """The fields of a resource that is not there yet, each found when somebody reads them.

    Of the calls of a long list nobody does: a plan sums them up.
    """

    __slots__ = ("_declared", "_made", "_policies", "_resource")

    def __init__(self, resource: Resource, declared: Mapping[str, Any], policies: Mapping[str, Policy]) -> None:
        self._resource, self._declared, self._policies = resource, declared, policies
        self._made: tuple[FieldDiff, ...] | None = None

    @overload
    def __getitem__(self, place: int) -> FieldDiff: ...

    @overload
    def __getitem__(self, place: slice) -> Sequence[FieldDiff]: ...

    def __getitem__(self, place: int | slice) -> FieldDiff | Sequence[FieldDiff]:
        return self._all()[place]

    def __bool__(self) -> bool:
        return any(not self._policies[name].local for name in self._declared)

    def __len__(self) -> int:
        return sum(not self._policies[name].local for name in self._declared)

    def __iter__(self) -> Iterator[FieldDiff]:
        return iter(self._all())

    def _all(self) -> tuple[FieldDiff, ...]:
        if self._made is None:
            spec, own = type(self._resource.spec), self._policies
            self._made = tuple(
                FieldDiff(
                    name,
                    None,
                    veiled(spec, name, value),
                    personal=own[name].personal or own[name].hashed,
                    secret=own[name].secret,
                    location=where(self._resource, name),
                )
                for name, value in self._declared.items()
                if not own[name].local
            )
        return self._made


def where(resource: Resource, name: str) -> Location:
    """Where a declared field was written: in its own file, or in the manifest."""
    if path := resource.files.get(name):
        return Location(path)
    return resource.manifest.locate("spec", name)


def _side(policy: Policy, desired: Any, actual: Any, base: Binding | None) -> ChangedBy:
    """Which side is not as the last apply left it; the manifest, when nothing was applied yet.

    Where neither moved, the server did not keep what was written.
    """
    recorded = base.fields.get(policy.name) if base else None
    if base is None or recorded is None or desired is UNRESOLVED:
        return ChangedBy.MANIFEST
    manifest_moved = not _recalls(recorded[0], policy, desired, base)
    untold = policy.hides(actual) and not (policy.unread and policy.unread.readable)  # nobody can tell whether it moved
    live_moved = not untold and not _recalls(recorded[1], policy, actual, base)
    return _SIDES[manifest_moved, live_moved]


_SIDES = {
    (True, True): ChangedBy.BOTH,
    (True, False): ChangedBy.MANIFEST,
    (False, True): ChangedBy.DASHBOARD,
    (False, False): ChangedBy.SERVER,
}


def released(binding: Binding | None, declared: Mapping[str, Any]) -> tuple[str, ...]:
    """Fields the last apply managed and the manifest no longer mentions: left as they are."""
    return tuple(sorted(binding.fields.keys() - declared.keys())) if binding else ()


def snapshot(
    expected: Mapping[str, Any],
    live: Mapping[str, Any],
    policies: Mapping[str, Policy],
    resolver: Resolver,
    keep: Callable[[str], str] = str,
) -> dict[str, tuple[str, str]]:
    """The base for the next comparison: for each declared field, digests of both sides as they are now.

    ``keep`` makes of the digest of what the account never tells, a secret perhaps, what the state may hold.
    """
    return {
        name: base(policies[name], resolver.to_wire(policies[name], value), policies[name].live(live), keep)
        for name, value in expected.items()
        if not policies[name].local and not policies[name].fixed
    }


def base(policy: Policy, desired: Any, actual: Any, keep: Callable[[str], str] = str) -> tuple[str, str]:
    """The base of one field: the newest digest of what is declared, and of what is there."""
    declared, there = digests(policy, desired)[0], digests(policy, actual)[0]
    return (keep(declared), keep(there)) if policy.unread is not None else (declared, there)


def exported(
    declared: Mapping[str, Any], live: Mapping[str, Any], policies: Mapping[str, Policy], resolver: Resolver
) -> dict[str, tuple[str, str]]:
    """The base of what was just read and written down: what the account does not tell counts as sent."""
    told = snapshot(declared, live, policies, resolver)
    return {name: pair if policies[name].unread is None else (AS_EXPORTED, pair[1]) for name, pair in told.items()}
