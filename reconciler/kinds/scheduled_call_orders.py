"""Declared calls as dispatch takes them: whom, when, with what, and whether they are as armed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from reconciler.contract.diff import alike, diff
from reconciler.contract.equality import digest
from reconciler.contract.fields import policies
from reconciler.contract.resolver import Resolver
from reconciler.kinds.scheduled_call_meaning import config_digest, masked, meaning
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.schedule.planned_call import PlannedCall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from reconciler.contract.account import Account
    from reconciler.model import Resource
    from reconciler.state.digests import Digests

_POLICIES = policies(ScheduledCallSpec)
_HASHED = tuple(name for name, policy in _POLICIES.items() if policy.hashed)
_OPTIONS = ("variables", "max_hold_seconds", "language", "phi_mode")


_ORDERS = "ScheduledCall", "orders"


def orders(resources: Mapping[str, Resource]) -> dict[str, PlannedCall]:
    """The declared calls by name."""
    return {
        resource.address.name: order(resource, resources)
        for resource in resources.values()
        if isinstance(resource.spec, ScheduledCallSpec) and not resource.manifest.absent
    }


def orders_of(account: Account) -> Iterator[PlannedCall]:
    """The declared calls of an account."""
    for resource in account.resources.values():
        if isinstance(resource.spec, ScheduledCallSpec) and not resource.manifest.absent:
            yield order_of(resource, account)


def order_of(resource: Resource, account: Account) -> PlannedCall:
    """As ``order``, made once in a plan: its sentence, its obstacles and the forecast all ask."""
    known: dict[str, PlannedCall] = account.once(_ORDERS, dict)
    name = resource.address.name
    if (made := known.get(name)) is None:
        known[name] = made = order(resource, account.resources)
    return made


def order(resource: Resource, resources: Mapping[str, Resource]) -> PlannedCall:
    """What the call asks for, with names looked up in the manifests; for one that passed ``check``."""
    spec = resource.spec
    if not isinstance(spec, ScheduledCallSpec):
        raise TypeError(f"{resource.address} is not a ScheduledCall")
    declared = masked(resource.declared)
    number = resources.get(f"PhoneNumber/{spec.from_}") if spec.from_ else None
    return PlannedCall.of(
        resource.address,
        declared,
        location=resource.manifest.location,
        to_number=str(declared["to_number"]),
        from_number=spec.from_number or (str(number.declared["number"]) if number else ""),
        config=declared.get("config"),
        options=_Options(declared),
        recorded=Recorded(declared, resource.looked_up),
    )


def differs(chosen: PlannedCall, armed: Mapping[str, Any], resources: Mapping[str, Resource], digests: Digests) -> bool:
    """Whether a declared call is no longer what was armed."""
    resource = resources[str(chosen.address)]
    armed = opened(armed, resource, digests)
    expected = {**resource.declared, **resource.looked_up}
    found = diff(resource, expected, armed, policies=_POLICIES, resolver=Resolver({}), base=None, whole=True)
    if not found:  # nearly always: what is spelled alike need not be understood
        return False
    same = alike(meaning(expected), meaning(armed))
    return not all(it.path in same for it in found)


class Comparisons:
    """Whether declared calls are no longer what was armed, found out once of each record of the ledger."""

    def __init__(self, resources: Mapping[str, Resource], digests: Callable[[], Digests]) -> None:
        """``digests`` is asked each time: it raises where the state turns out to be keyed with another key."""
        self._resources, self._digests = resources, digests
        self._found: dict[str, tuple[Mapping[str, Any], bool]] = {}

    def differs(self, chosen: PlannedCall, armed: Mapping[str, Any]) -> bool:
        """As the function does; a record that was written over is another mapping, and is compared anew."""
        digests = self._digests()
        known = self._found.get(chosen.name)
        if known is None or known[0] is not armed:
            self._found[chosen.name] = known = armed, differs(chosen, armed, self._resources, digests)
        return known[1]


def opened(armed: Mapping[str, Any], resource: Resource | None, digests: Digests) -> Mapping[str, Any]:
    """What was armed, with the plain digest in place of each that was kept of just what is declared.

    A digest that was kept of anything else stays as it is, and is that of nothing that is declared.
    """
    if resource is None or not digests.key:
        return armed  # without a key the digests are kept as they are
    kept = [name for name in _HASHED if isinstance(armed.get(name), str)]
    return {**armed, **{it: digests.opened(armed[it], _candidates(it, resource.declared.get(it))) for it in kept}}


def _candidates(name: str, declared: Any) -> Iterator[str]:
    """The plain digests that a declared value may have been recorded as, by this version or an earlier one."""
    recorded = _recorded(name, declared)
    if recorded is not None:
        yield recorded
    yield digest(declared)
    if name == "variables":
        yield digest({})  # no variables at all, written as an empty mapping


def _recorded(name: str, value: Any) -> Any:
    """What the ledger keeps of a field: a digest of what is personal."""
    if not _POLICIES[name].hashed:
        return value
    return config_digest(value) if name == "config" else digest(value)


class _Options(Mapping[str, Any]):
    """What a request takes from a declaration as it is, looked up when one is made: a plan of many calls makes none."""

    __slots__ = ("_declared",)

    def __init__(self, declared: Mapping[str, Any]) -> None:
        self._declared = declared

    def __getitem__(self, name: str) -> Any:
        if name not in _OPTIONS or (value := self._declared.get(name)) is None:
            raise KeyError(name)
        return value

    def __iter__(self) -> Iterator[str]:
        return (name for name in _OPTIONS if self._declared.get(name) is not None)

    def __len__(self) -> int:
        return sum(1 for _ in self)


class Recorded(Mapping[str, Any]):
    """What the ledger keeps of a declaration: a digest of what is personal, made when it is read.

    A plan asks each call when it rings, and only arming reads what is personal.
    """

    __slots__ = ("_declared", "_looked_up")

    def __init__(self, declared: Mapping[str, Any], looked_up: Mapping[str, Any]) -> None:
        """``looked_up`` is what the documents say that it names: all rows of a list share it."""
        self._declared, self._looked_up = declared, looked_up

    def __getitem__(self, name: str) -> Any:
        found = self._looked_up if name in self._looked_up else self._declared
        return _recorded(name, found[name])

    def __iter__(self) -> Iterator[str]:
        yield from self._declared
        yield from (name for name in self._looked_up if name not in self._declared)

    def __len__(self) -> int:
        return sum(1 for _ in self)
