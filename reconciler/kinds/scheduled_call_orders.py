"""Declared calls as dispatch takes them: whom, when, with what, and whether they are as armed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from reconciler.diff import alike, diff
from reconciler.fields import digest, policies
from reconciler.kinds.scheduled_call_meaning import config_digest, masked, meaning
from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.resolver import Resolver
from reconciler.schedule.planned_call import PlannedCall

if TYPE_CHECKING:
    from collections.abc import Mapping

    from reconciler.model import Resource

_POLICIES = policies(ScheduledCallSpec)
_OPTIONS = ("variables", "max_hold_seconds", "language", "phi_mode")


def orders(resources: Mapping[str, Resource]) -> dict[str, PlannedCall]:
    """The declared calls by name."""
    return {
        resource.address.name: order(resource, resources)
        for resource in resources.values()
        if isinstance(resource.spec, ScheduledCallSpec) and not resource.manifest.absent
    }


def order(resource: Resource, resources: Mapping[str, Resource]) -> PlannedCall:
    """What the call asks for, with names looked up in the manifests; for one that passed ``check``."""
    spec = resource.spec
    if not isinstance(spec, ScheduledCallSpec):
        raise TypeError(f"{resource.address} is not a ScheduledCall")
    declared = resource.declared
    number = resources.get(f"PhoneNumber/{spec.from_}") if spec.from_ else None
    return PlannedCall.of(
        resource.address,
        {name: _recorded(name, value) for name, value in {**masked(declared), **resource.looked_up}.items()},
        location=resource.manifest.location,
        to_number=spec.to_number,
        from_number=spec.from_number or (str(number.declared["number"]) if number else ""),
        config=declared.get("config"),
        options={name: declared[name] for name in _OPTIONS if declared.get(name) is not None},
    )


def differs(chosen: PlannedCall, armed: Mapping[str, Any], resources: Mapping[str, Resource]) -> bool:
    """Whether a declared call is no longer what was armed."""
    resource = resources[str(chosen.address)]
    expected = {**resource.declared, **resource.looked_up}
    same = alike(meaning(expected), meaning(armed))
    found = diff(resource, expected, armed, policies=_POLICIES, links=Resolver({}), base=None, whole=True, alike=same)
    return bool(found)


def _recorded(name: str, value: Any) -> Any:
    """What the ledger keeps of a field: a digest of what is personal."""
    if not _POLICIES[name].hashed:
        return value
    return config_digest(value) if name == "config" else digest(value)
