"""Offline checks of a scheduled call: times, choices, placeholders."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from reconciler.kinds.scheduled_call_spec import ScheduledCallSpec
from reconciler.model import Finding, Location, Resource, Severity
from reconciler.schedule import clock
from reconciler.schedule.planned_call import LATE, DeclaredHold

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime, timedelta

    from reconciler.kinds.spoken_placeholders import Scripts


def complaints(resource: Resource, scripts: Scripts, now: datetime) -> Iterator[Finding]:
    """One number, one agent at most, a time that exists and lies ahead, every placeholder filled."""
    written = _written(resource)
    if resource.manifest.was:
        where = resource.manifest.locate("metadata", "was")
        hint = "keep the name for this call; a new call gets a new name"
        message = "the name of a call is permanent: it cannot have had another"
        yield Finding(Severity.ERROR, "RC150", message, hint, resource.address, where)
    yield from _choices(resource, written)
    yield from _time(resource, written, now)
    yield from _hold_end(resource)
    yield from _late(resource)
    yield from _variables(resource, written, scripts)


def lateness(spec: ScheduledCallSpec) -> timedelta:
    """How late the call may still be placed."""
    return LATE if spec.late is None else clock.parse_duration(spec.late)


_EXCLUSIVE = (("from", "from_number"), ("agent", "config"), ("at", "schedule"), ("timezone", "schedule"))


def _written(resource: Resource) -> Mapping[str, Any]:
    """The fields that are there, those included that the schema refused and `declared` does not have."""
    spec = resource.manifest.document.get("spec")
    return {name: value for name, value in spec.items() if value is not None} if isinstance(spec, dict) else {}


def _refused(resource: Resource, written: Mapping[str, Any], *names: str) -> bool:
    """Whether the schema refused one of these fields: what it would have meant is not known then."""
    if resource.manifest.document.get("spec") is resource.declared:
        return False  # a row, of which every cell was read
    return any(name in written and resource.declared.get(name) is None for name in names)


def _choices(resource: Resource, written: Mapping[str, Any]) -> Iterator[Finding]:
    for one, other in _EXCLUSIVE:
        if one in written and other in written:
            yield wrong(
                resource, other, "RC119", f"`{one}` and `{other}` exclude each other", "keep one of the two"
            )  # fmt: skip - one call
    if "from" not in written and "from_number" not in written:
        yield wrong(
            resource, "from", "RC112", "`from` is missing", "name a PhoneNumber, or give `from_number`"
        )  # fmt: skip - one call


def _time(resource: Resource, written: Mapping[str, Any], now: datetime) -> Iterator[Finding]:
    spec = resource.spec
    if not isinstance(spec, ScheduledCallSpec):
        return
    if spec.schedule is not None or _refused(resource, written, "schedule", "at", "timezone"):
        return
    if spec.at is None:
        yield wrong(resource, "at", "RC112", "`at` is missing", "say when to call, or give a `schedule`")
        return
    try:
        local = clock.nominal(spec.at, spec.timezone)
    except clock.NonexistentTime as error:
        yield wrong(resource, "at", "RC144", str(error), "choose a time that exists on that day")
    except ValueError as error:
        yield wrong(resource, "at", "RC145", str(error), "one of the two: an offset, or `timezone: America/New_York`")
    else:
        if local.ambiguous:
            yield wrong(
                resource,
                "at",
                "RC147",
                f"`{spec.at}` occurs twice that day: the first is meant",
                "write an offset to mean the second",
                Severity.NOTE,
            )  # fmt: skip - one call
        if local.instant + lateness(spec) <= now and spec.cancelled is None:
            message, way_out = "its time has passed: it can be armed no more", "set a future time, or remove it"
            past = wrong(resource, "at", "RC146", message, way_out, Severity.WARNING)
            yield replace(past, offline=True)  # a plan knows whether the call was placed


def _hold_end(resource: Resource) -> Iterator[Finding]:
    """A local time that the clocks jump over is no end."""
    try:
        DeclaredHold.of(resource.declared)
    except (ValueError, KeyError) as error:
        yield wrong(resource, "held", "RC145", str(error), "choose another end")


def _late(resource: Resource) -> Iterator[Finding]:
    """A window without length is never open."""
    spec = resource.spec
    if isinstance(spec, ScheduledCallSpec) and spec.late is not None and not lateness(spec):
        yield wrong(
            resource,
            "late",
            "RC159",
            f"`{spec.late}` leaves no time to place the call: it could never ring",
            "late: 10m",
        )  # fmt: skip - one call


def _variables(resource: Resource, written: Mapping[str, Any], scripts: Scripts) -> Iterator[Finding]:
    """Every placeholder of the prompt that will speak must be filled by this call."""
    if _refused(resource, written, "agent", "config", "from"):
        return
    said = scripts.of(resource)
    variables, config = written.get("variables"), resource.declared.get("config") or {}
    given = (variables, config.get("variables"))
    for name in sorted(name for name in said if not any(_fills(it, name) for it in given)):
        found = wrong(
            resource,
            "variables",
            "RC143",
            f"{said[name]} says `{{{{{name}}}}}`, and `variables` {_lacks(name, variables)}",
            f"add `{name}: …` below `variables`",
        )  # fmt: skip - one call
        # Where a column fills it, what lacks is the value of one row.
        yield replace(found, location=resource.manifest.locate("spec", "variables", name))


def _fills(variables: Any, name: str) -> bool:
    """Whether a name has a value: one that is null fills nothing."""
    return isinstance(variables, dict) and variables.get(name) is not None


def _lacks(name: str, written: Any) -> str:
    return f"has no value for `{name}`" if isinstance(written, dict) and name in written else f"has no `{name}`"


def wrong(  # noqa: PLR0913 - a finding has these parts
    resource: Resource, field: str, code: str, message: str, hint: str, severity: Severity = Severity.ERROR
) -> Finding:
    """A finding at one of the call's fields."""
    where: Location = resource.manifest.locate("spec", field)
    return Finding(severity, code, message, hint, resource.address, where)
